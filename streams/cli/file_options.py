"""Options of the commands that read article files, and what they say of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from detectors.reading.problems import nearest
from detectors.user_error import UserError
from streams.sources.field_names import NAMES
from streams.sources.reading import DateFrom, Reading

#: What the commands say of their files.
FILES = (
    "Articles: JSON (lines, array, object), CSV, TSV, .txt, .md, .html, .eml, WARC, NITF, NewsML-G2, packed or not, "
    "and folders of them; - is standard input."
)


@dataclass(frozen=True)
class FileOptions:
    """How article files are read."""

    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="The column or field that holds an article's field, such as text=corps. Repeatable.",
        ),
    ] = None
    date_from: Annotated[
        DateFrom,
        typer.Option(help="Date articles without a date by the day in the file's name, or by the file's last change."),
    ] = "none"
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Zone of dates without one, such as Europe/Kyiv. Default: UTC."),
    ] = None

    def reading(self, since: datetime | None = None, until: datetime | None = None) -> Reading:
        """How to read the files.

        Raises:
            UserError: a field or a zone is not known.
        """
        from detectors.model.dates import zone_named

        zone = UTC if self.zone is None else zone_named(self.zone)
        if zone is None:
            raise UserError(f"--zone {self.zone}: expected a zone such as Europe/Kyiv, MSK or +03:00")
        columns = dict(map(_column, self.columns or ()))
        return Reading(columns=columns, zone=zone, date_from=self.date_from, since=since, until=until)


def _column(given: str) -> tuple[str, str]:
    field, sign, column = given.partition("=")
    if not sign or not column or field not in NAMES:
        raise UserError(f"--map {given}: expected FIELD=COLUMN, FIELD one of {', '.join(NAMES)}{nearest(field, NAMES)}")
    return field, column


def by_reason(refused: Mapping[str, int]) -> str:
    """Refused records by reason: `no_text 2, not_json 1`."""
    return ", ".join(f"{reason} {number}" for reason, number in sorted(refused.items()))
