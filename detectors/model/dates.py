"""Dates as people, feeds and programs write them, read with dateutil; names of months in thirty languages from CLDR.

RFC 3339 is read first and strictly (:func:`detectors.model.event_time.parse_time`). Nothing here asks a clock: a text
that needs one ("yesterday", a time of day without a date, a month without a day) is no date.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from detectors.model.date_names import english_names
from detectors.model.event_time import parse_time

#: A longer text is no date (characters).
LONGEST = 100
#: Numbers since 1970 are in the largest unit that gives a year from 1973 on.
_UNITS = ((10**18, 10**9), (10**15, 10**6), (10**11, 10**3), (10**8, 1))
_NUMBER = re.compile(r"\d{9,20}(?:\.\d+)?")
_DIGITS = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])?(?:[0-5]\d){0,2}")
_DOT_NET = re.compile(r"/?Date\((-?\d+)(?:[+-]\d{4})?\)/?")
_LABEL = re.compile(
    r"(?:first |last )?(?:published|updated|posted|modified|date)(?: on| at)?(?:[:\s]+|\Z)", re.IGNORECASE
)
_BRACKETED = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_SEPARATORS = re.compile(r"\s+-\s+(?=\d)|[|·•–—@،]|\bat\b", re.IGNORECASE)
_NAMED_TWICE = re.compile(r"(?:(?<=[+-]\d{4})|(?<=[+-]\d\d:\d\d))\s+[A-Z]{3,5}\Z")
_FROM_UTC = re.compile(r"\b(?:UTC|GMT|Z)\s?(?=[+-]\d)", re.IGNORECASE)
_PLACE = re.compile(r"\s*\b([A-Z][A-Za-z]+(?:/[A-Za-z_]+){1,2})\Z")
_MIDNIGHT = re.compile(r"\b24:00(?::00)?\b")
_YEAR_LAST = re.compile(r"\b\d{1,2}([.-])\s?\d{1,2}\1\s?\d{2,4}\b")
_UNCERTAIN = re.compile(r"\b\d\d-\d\d-\d\d\b(?!-)")
_EAST_ASIAN = str.maketrans({"年": "-", "月": "-", "日": " ", "时": ":", "時": ":", "点": ":", "分": ":", "秒": " "})
_EAST_ASIAN |= str.maketrans({"년": "-", "월": "-", "일": " ", "시": ":", "분": ":", "초": " "})
_HALVES = {"上午": "AM", "午前": "AM", "오전": "AM", "下午": "PM", "午後": "PM", "오후": "PM"}
#: Two dates that share no field: what differs between the readings was not written.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))
_ERRORS = (ValueError, OverflowError, TypeError, ArithmeticError, LookupError, AttributeError)

#: Hours from UTC of the zone names in use. Of two zones with one name, news mean these: IST India, BST Britain.
_HOURS: dict[float, str] = {
    -10: "HST", -9: "AKST", -8: "PST AKDT", -7: "MST PDT", -6: "CST MDT", -5: "EST CDT COT PET ECT",
    -4: "EDT AST CLT VET BOT", -3.5: "NST", -3: "ADT BRT ART CLST UYT PYST", -2.5: "NDT", 0: "GMT UTC UT Z WET",
    1: "CET BST WEST WAT MEZ", 2: "CEST EET SAST CAT MESZ", 3: "MSK EEST EAT TRT", 3.5: "IRST", 4: "GST AZT GET SAMT",
    4.5: "AFT", 5: "PKT UZT YEKT TJT TMT", 5.5: "IST", 5.75: "NPT", 6: "KGT OMST", 6.5: "MMT",
    7: "ICT WIB KRAT NOVT", 8: "SGT HKT AWST PHT MYT WITA IRKT", 9: "JST KST WIT YAKT", 9.5: "ACST", 10: "AEST VLAT",
    10.5: "ACDT", 11: "AEDT MAGT", 12: "NZST PETT", 13: "NZDT",
}  # fmt: skip
_OFFSETS = {name: timezone(timedelta(hours=hours)) for hours, names in _HOURS.items() for name in names.split()}
_AREAS = {"ET": "New_York", "CT": "Chicago", "MT": "Denver", "PT": "Los_Angeles"}


def read_date(written: str, zone: tzinfo = UTC) -> datetime | None:
    """The UTC time of a written date; None if it cannot be read. A date without a time is its midnight.

    Read are RFC 3339, RFC 822 and 850, ISO 8601, what databases and spreadsheets write, names of months in thirty
    languages, zones by name or offset, and seconds, milliseconds, microseconds or nanoseconds since 1970. With slashes
    the month comes first (``11/03/2025``), unless it cannot; with dots or dashes the day (``03.11.2025``).

    Args:
        zone: where the clock stands whose time is written without a zone.
    """
    time = parse_time(written)
    if time is None:
        return _read(written, zone)
    if zone is not UTC and _is_bare(written):
        return _in_utc(time.replace(tzinfo=None), zone)
    return time


def zone_named(name: str) -> tzinfo | None:
    """The zone with an IANA name (``Europe/Kyiv``), an abbreviation (``MSK``) or an offset (``+03:00``), else None."""
    if name in _OFFSETS:
        return UTC if not _OFFSETS[name].utcoffset(None) else _OFFSETS[name]
    if re.fullmatch(r"[+-]\d\d:\d\d", name):
        time = parse_time(f"2000-01-02T00:00:00{name}")
        return None if time is None else timezone(datetime(2000, 1, 2, tzinfo=UTC) - time)
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


def _is_bare(written: str) -> bool:
    return len(written.strip()) == len("2025-11-03")


@lru_cache(maxsize=1024)
def _read(written: str, zone: tzinfo) -> datetime | None:
    text = _plain(written)
    if not text or len(text) > LONGEST or not any(map(str.isdecimal, text)):
        return None
    if (number := _NUMBER.fullmatch(text)) is not None and not _DIGITS.fullmatch(text):
        return _since_1970(number[0])
    if (number := _DOT_NET.fullmatch(text)) is not None:
        return _since_1970(number[1])
    try:
        return _in_utc(datetime.fromisoformat(text), zone)
    except _ERRORS:
        pass
    if (packed := _DIGITS.fullmatch(text)) is not None:
        text = packed[0].ljust(14, "0")
    if _UNCERTAIN.search(text):
        return None
    found = _dated(text, zone)
    if found is None and (translated := english_names(text)) is not None:
        found = _dated(translated, zone)
    return found


def _plain(written: str) -> str:
    """The text with digits, blanks and hyphens of ASCII, without marks, labels and remarks in brackets."""
    if len(written) > 2 * LONGEST:
        return ""
    text = unicodedata.normalize("NFKC", written)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)
        text = "".join(
            letter for letter in text if unicodedata.category(letter) not in ("Cf", "Cc") or letter.isspace()
        )
        for half, english in _HALVES.items():
            if half in text:
                text = text.replace(half, " ") + f" {english}"
        text = re.sub(r":\s*(?=\Z|[AP]M)", " ", text.translate(_EAST_ASIAN).replace("−", "-")).replace("- ", " ")
    return " ".join(_LABEL.sub("", text, count=1).strip(" .,;\"'").split()) if text else ""


def _since_1970(digits: str) -> datetime | None:
    number = float(digits)
    for least, unit in _UNITS:
        if number >= least:
            try:
                return datetime.fromtimestamp(number / unit, UTC)
            except _ERRORS:
                return None
    return None


def _dated(text: str, zone: tzinfo) -> datetime | None:
    """The time of a text in English, if year, month and day are written."""
    text = _NAMED_TWICE.sub("", text)  # "+0000 UTC", as Go prints it
    text = _FROM_UTC.sub(" ", _SEPARATORS.sub(" ", _BRACKETED.sub("", text)))
    text, midnights = _MIDNIGHT.subn("00:00", text)
    if (place := _PLACE.search(text)) is not None:
        named = zone_named(place[1])
        if named is None:
            return None
        text, zone = text[: place.start()], named
    day_first = _YEAR_LAST.search(text) is not None
    try:
        first, second = (_parsed(text, default, day_first) for default in _DEFAULTS)
        if first != second:
            return None
        return _in_utc(first + timedelta(days=midnights), zone)
    except _ERRORS:
        return None


def _parsed(text: str, default: datetime, day_first: bool) -> datetime:
    from dateutil import parser

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parsed: datetime = parser.parse(text, default=default, dayfirst=day_first, tzinfos=_zone)
    return parsed


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    """The zone that dateutil found: seconds from UTC if it has them, else by its name; None if none is written."""
    if name is None and offset is None:
        return None
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    upper = (name or "").upper()
    if upper in _AREAS:
        return _area(upper)
    if upper not in _OFFSETS:
        raise ValueError(name)
    return _OFFSETS[upper]


@cache
def _area(name: str) -> tzinfo:
    return ZoneInfo(f"America/{_AREAS[name]}")


def _in_utc(time: datetime, zone: tzinfo) -> datetime | None:
    try:
        return (time if time.tzinfo is not None else time.replace(tzinfo=zone)).astimezone(UTC)
    except _ERRORS:
        return None
