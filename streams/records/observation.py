"""The two kinds of record on the topic ``observations``: observations and progress reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from detectors.model.event_time import LATEST, OLDEST, is_plausible, parse_time
from detectors.model.observation import Observation
from detectors.timeline.watermark import ProgressReport
from streams.records.cloudevents import Headers, event_type, headers, type_of

PARTITION = "newswatch_partition"
OFFSET = "newswatch_offset"
ARRIVAL = "newswatch_arrival"
LOG = "newswatch_log"


class Origin(msgspec.Struct, frozen=True):
    """The record of ``articles`` that an observation comes from, and when that article arrived.

    ``log`` is the topic id of ``articles`` at that time, empty if the broker gives none.
    """

    partition: int
    offset: int
    arrival: datetime
    log: str = ""


class Observed(msgspec.Struct, frozen=True):
    """A decoded observation; ``origin`` is None if it comes from an alert (for a chain)."""

    observation: Observation
    origin: Origin | None


_observations = msgspec.json.Decoder(Observation)
_reports = msgspec.json.Decoder(ProgressReport)


def observation_headers(observation: Observation, origin: Origin | None) -> Headers:
    """The headers of an observation; an observation of an alert (for a chain) has no origin."""
    id_ = f"{observation.key} {observation.article_id} {observation.content_hash}"
    found = headers("observation", id_, time=observation.time, subject=observation.rule)
    if origin is not None:
        found += [
            (PARTITION, str(origin.partition).encode()),
            (OFFSET, str(origin.offset).encode()),
            (ARRIVAL, origin.arrival.isoformat().encode()),
        ]
        if origin.log:
            found.append((LOG, origin.log.encode()))
    return found


def encode_observation(observation: Observation) -> bytes:
    """The value of an observation's record."""
    return msgspec.json.encode(observation)


def decode(value: bytes | None, record_headers: Headers) -> ProgressReport | Observed:
    """Decode a record of ``observations`` according to its ``ce_type``.

    Raises:
        msgspec.MsgspecError: the value does not match the headers, or contains a time that no article can have.
        RecursionError: the value is nested too deeply.
    """
    try:
        if is_report(record_headers):
            report = _reports.decode(value or b"")
            _check(times_of(report))
            return report
        observation = _observations.decode(value or b"")
        _check((observation.time,))
        return Observed(observation, _origin(record_headers))
    except UnicodeDecodeError as error:  # msgspec does not convert it to a MsgspecError
        raise msgspec.DecodeError(str(error)) from None


def _check(times: Iterable[datetime]) -> None:
    for time in times:
        if time.tzinfo is None or not is_plausible(time):
            raise msgspec.ValidationError(
                f"the time {time.isoformat()}; expected {OLDEST.year} to {LATEST.year - 1}, UTC"
            )


def is_report(record_headers: Headers) -> bool:
    """Whether the headers are those of a progress report."""
    return type_of(record_headers) == event_type("progress")


def reporter(record_headers: Headers) -> str:
    """The ``app_id`` of the worker that sent a progress report; empty if its headers do not say."""
    for name, value in record_headers:
        if name == "ce_id":
            return (value or b"").decode("utf-8", "replace").rpartition("-")[0]
    return ""


def times_of(record: ProgressReport | Observed) -> Iterator[datetime]:
    """The event times in a record."""
    if isinstance(record, Observed):
        yield record.observation.time
        return
    yield from record.newest.values()
    yield from record.pulses
    for times in record.judged.values():
        yield from times.values()
    if record.horizon is not None:
        yield record.horizon


def _origin(record_headers: Headers) -> Origin | None:
    found = {name: (value or b"").decode("ascii", "replace") for name, value in record_headers}
    arrival = parse_time(found.get(ARRIVAL, ""))
    if arrival is None or not found.get(PARTITION, "").isdigit() or not found.get(OFFSET, "").isdigit():
        return None
    return Origin(int(found[PARTITION]), int(found[OFFSET]), arrival, found.get(LOG, ""))
