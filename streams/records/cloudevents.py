"""CloudEvents 1.0 on Kafka in binary mode: the attributes are headers, the value is the data.

Source: the Kafka protocol binding of CloudEvents, section 3.2 (binary content mode).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from detectors.model.event_time import rfc3339

Kind = Literal["article", "enriched-article", "observation", "progress", "alert"]
Headers = list[tuple[str, bytes | None]]
"""Names and values in order; a name may come twice, and a value may be null, which is not the same as empty."""

SOURCE = "/newswatch"
CONTENT_TYPE = "application/json"
#: The version of each record's data, part of ``ce_type``; raised when a field changes its meaning or is removed.
VERSIONS: dict[Kind, int] = {"article": 1, "enriched-article": 1, "observation": 1, "progress": 1, "alert": 1}


def event_type(kind: Kind) -> str:
    """The CloudEvents type of a kind of record, such as ``newswatch.alert.v1``."""
    return f"newswatch.{kind}.v{VERSIONS[kind]}"


def headers(kind: Kind, id: str, *, time: datetime | None = None, subject: str | None = None) -> Headers:  # noqa: A002 - the attribute's name
    """The headers of one record; ``id`` is unique within the source, ``time`` is event time."""
    found: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", id.encode("utf-8", "replace")),
        ("ce_source", SOURCE.encode()),
        ("ce_type", event_type(kind).encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]
    if time is not None:
        found.append(("ce_time", rfc3339(time).encode()))
    if subject is not None:
        found.append(("ce_subject", subject.encode("utf-8", "replace")))
    return found


def type_of(record_headers: Headers | None) -> str | None:
    """The ``ce_type`` among a record's headers, None if there is none."""
    for name, value in record_headers or ():
        if name == "ce_type":
            return (value or b"").decode("utf-8", "replace")
    return None
