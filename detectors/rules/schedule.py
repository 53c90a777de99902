"""When alerts of a rule may be sent, by event time: days and hours in a time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node, Scalar
from detectors.reading.problems import nearest, shown
from detectors.reading.readers import Choice, JsonSchema, ListOf, Reader, read_keys

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
HOURS_PATTERN = r"^([01]\d|2[0-4]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$"
_MINUTES_A_DAY = 24 * 60
_SOME_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_CLOCKS = timedelta(hours=2)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of a valid name."""
    return ZoneInfo(name)


class Opening(msgspec.Struct, frozen=True):
    """Days of the week (0 is Monday) and minutes of the day, start inclusive, end exclusive.

    Hours that end before they start run into the next day and belong to the day on which they start.
    """

    timezone: str
    days: tuple[int, ...]
    start: int
    end: int

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies within this opening."""
        local = moment.astimezone(zone(self.timezone))
        minute = local.hour * 60 + local.minute
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= minute < self.end
        if minute >= self.start:
            return local.weekday() in self.days
        return minute < self.end and (local.weekday() - 1) % 7 in self.days

    def edges(self, after: datetime) -> list[datetime]:
        """The moments within nine days after ``after`` at which it may open, in UTC."""
        local = zone(self.timezone)
        first = after.astimezone(local).date()
        found = []
        for number in range(-1, 10):
            day = first + timedelta(days=number)
            if day.weekday() in self.days:
                opens = datetime.combine(day, time(self.start // 60, self.start % 60), tzinfo=local)
                found.append(opens.astimezone(after.tzinfo))
        return [moment for moment in found if moment > after]


class Schedule(msgspec.Struct, frozen=True):
    """Open when one of its openings is open; always open without openings."""

    openings: tuple[Opening, ...] = ()

    def open(self, moment: datetime) -> bool:
        """Whether alerts may be sent at this event time."""
        return not self.openings or any(opening.holds(moment) for opening in self.openings)

    def next_opening(self, after: datetime) -> datetime | None:
        """The first moment after ``after`` at which a closed schedule opens; None if it never does."""
        edges = sorted(moment for opening in self.openings for moment in opening.edges(after))
        return next((moment for moment in edges if self.open(moment)), None)

    def longest_closed(self) -> timedelta:
        """The longest time that it stays closed; zero if it never closes or never opens."""
        return _longest_closed(self)


@lru_cache(maxsize=1024)
def _longest_closed(schedule: Schedule) -> timedelta:
    """Check every minute of two weeks, and allow for daylight saving changes."""
    minutes = (_SOME_MONDAY + timedelta(minutes=number) for number in range(2 * 7 * _MINUTES_A_DAY))
    runs = [len(list(run)) for is_open, run in groupby(minutes, key=schedule.open) if not is_open]
    longest = max(runs, default=0)
    return timedelta(minutes=longest) + _CLOCKS if 0 < longest < 2 * 7 * _MINUTES_A_DAY else timedelta()


class TimezoneReader(Reader[str]):
    """Read the name of a time zone."""

    def read(self, node: Node, place: Place) -> str:
        if not isinstance(node, Scalar) or node.text not in available_timezones():
            near = nearest(node.text, available_timezones()) if isinstance(node, Scalar) else ""
            found = shown(node.text) if isinstance(node, Scalar) else node.what
            place.fail(node, f"expected a time zone such as Asia/Dushanbe, found {found}{near}")
        return node.text

    def schema(self) -> JsonSchema:
        return {"type": "string"}


class _Hours(Reader[tuple[int, int]]):
    def read(self, node: Node, place: Place) -> tuple[int, int]:
        match = _HOURS.fullmatch(node.text) if isinstance(node, Scalar) else None
        if match is None:
            place.fail(node, f"expected hours such as '08:00-20:00', found {node.what}")
        first, second, third, fourth = (int(part) for part in match.groups())
        start, end = first * 60 + second, third * 60 + fourth
        if start >= _MINUTES_A_DAY or end > _MINUTES_A_DAY or start == end:
            place.fail(node, f"expected hours such as '08:00-20:00', found {node.what}")
        return start, end

    def schema(self) -> JsonSchema:
        return {"type": "string", "pattern": HOURS_PATTERN}


class _OpeningReader(Reader[Opening]):
    _READERS: ClassVar[dict[str, Reader[Any]]] = {
        "timezone": TimezoneReader(),
        "days": ListOf(Choice(DAYS, "day"), one=True, least=1),
        "hours": _Hours(),
    }

    def read(self, node: Node, place: Place) -> Opening:
        if not isinstance(node, Mapping):
            place.fail(node, f"expected a schedule such as {{days: [mon], hours: '08:00-20:00'}}, found {node.what}")
        if not node.pairs:
            place.fail(
                node, "expected timezone, days or hours, found an empty mapping; omit 'schedule' to be always open"
            )
        given = read_keys(node, place, self._READERS, frozenset())
        start, end = given.get("hours", (0, _MINUTES_A_DAY))
        days = tuple(sorted({DAYS.index(day) for day in given.get("days", DAYS)}))
        return Opening(given.get("timezone", "UTC"), days, start, end)

    def schema(self) -> JsonSchema:
        properties = {key: reader.schema() for key, reader in self._READERS.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


class ScheduleReader(Reader[Schedule]):
    """Read one opening or a list of them. ``timezone`` defaults to UTC, ``days`` to every day."""

    def read(self, node: Node, place: Place) -> Schedule:
        return Schedule(ListOf(_OpeningReader(), one=True, least=1).read(node, place))

    def schema(self) -> JsonSchema:
        return ListOf(_OpeningReader(), one=True, least=1).schema()
