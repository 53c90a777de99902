"""Dates in the spellings that people, feeds and programs use."""

from datetime import UTC, datetime, timedelta

import pytest

from detectors.model.dates import read_date, zone_named

NINE = datetime(2025, 11, 3, 9, tzinfo=UTC)
DAY = datetime(2025, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *("2025-11-03T09:00:00Z", "2025-11-03 09:00:00", "2025-11-03T09:00:00", "2025-11-03T09:00Z", "2025-11-03 09:00"),
        *("2025-11-03T09:00:00+0000", "2025-11-03T09:00+00", "20251103T090000Z", "20251103T0900", "20251103090000"),
        *("2025-11-03T09:00:00.000+0000", "2025-11-03 09:00:00.000 UTC", "2025-11-03 09:00:00 +0000 UTC"),
        *("2025/11/03 09:00", "11/3/2025 9:00:00 AM", "03.11.2025 09:00", "Mon, 11/03/2025 - 09:00", "202511030900"),
        *("Mon, 03 Nov 2025 09:00:00 GMT", "Mon, 03 Nov 2025 09:00:00", "Monday, 03-Nov-25 09:00:00 UTC"),
        *("Mon, 3 Nov 2025 9:0:0 Z", "Mon Nov  3 09:00:00 UTC 2025", "Mon Nov 03 09:00:00 2025"),
        *("Mon, 03 Nov 2025 12:00:00 +03", "Mon, 03 Nov 2025 12:00:00 MSK", "Mon, 03 Nov 2025 12:00:00 GMT+3"),
        *("Mon, 03 Nov 2025 04:00:00 -0500", "Mon, 03 Nov 2025 04:00:00 AM EST", "2025-11-03 04:00 -05:00"),
        *("Mon Nov 03 2025 12:00:00 GMT+0300 (Moscow Standard Time)", "November 3, 2025 | 4:00 AM ET"),
        *("2025-11-03 10:00 Europe/Brussels", "2025-11-03T14:30:00+05:30[Asia/Kolkata]", "Mon, 03 Nov 2025 06:00:00 BRT"),
        *("Nov. 3, 2025 at 9:00 a.m.", "Published: 3 November 2025, 09:00", "3 Nov 2025 09:00 UTC"),
        *("1762160400", "1762160400.0", "1762160400000", "1762160400000000", "/Date(1762160400000)/"),
        *("Пн, 03 ноя 2025 12:00:00 +0300", "3 ноября 2025 г., 09:00", "lundi 3 novembre 2025 à 09:00"),
        *("lun, 03 nov 2025 10:00:00 +0100", "3. November 2025 um 09:00 Uhr", "Mo, 03 Nov 2025 10:00:00 +0100"),
        *("Pzt, 03 Kas 2025 12:00:00 +0300", "3 Kasım 2025 Pazartesi 09:00", "seg, 03 nov 2025 06:00:00 -0300"),
        *("3. listopadu 2025 9:00", "2025年11月3日 09:00", "2025년 11월 3일 오전 9:00", "٣ نوفمبر ٢٠٢٥ 09:00"),
    ],
)  # fmt: skip
def test_a_time_is_read(written: str) -> None:
    assert read_date(written) == NINE


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2025-11-03",
            "20251103",
            "2025/11/03",
            "3 November 2025",
            "Nov 3, 2025",
            "3rd of November 2025",
            "11/03/2025",
        ),
        *("03-11-2025", "03-Nov-25", "2025. 11. 3.", "lunes, 3 de noviembre de 2025", "3 листопада 2025", "2025-W45-1"),
    ],
)
def test_a_date_is_its_midnight(written: str) -> None:
    assert read_date(written) == DAY


@pytest.mark.parametrize(
    "written",
    [
        *(
            "",
            " ",
            "N/A",
            "yesterday",
            "Today at 9:00",
            "Monday",
            "08:28:28 PM",
            "1:55 PM EST",
            "2025",
            "November 2025",
        ),
        *("0000-00-00 00:00:00", "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "2025-13-45", "25-11-03"),
        *("Thu, 30 Feb 2025 09:00:00 GMT", "12345", "9" * 30, "Mon, 03 Nov 2025 09:00:00 XYZ", "\ud83d", "1" * 5000),
        *("2025-11-03 09:00 Mars/Olympus", "a\0b 1", "٣" * 200),
    ],
)
def test_what_is_no_whole_date_is_not_guessed(written: str) -> None:
    assert read_date(written) is None


def test_midnight_may_be_the_end_of_a_day() -> None:
    assert read_date("Mon, 03 Nov 2025 24:00:00 GMT") == DAY + timedelta(days=1)


def test_a_date_without_a_zone_is_in_the_given_one() -> None:
    kyiv = zone_named("Europe/Kyiv")
    assert kyiv is not None
    for written in ("2025-11-03 11:00", "3 November 2025 11:00", "03.11.2025 11:00"):
        assert read_date(written, kyiv) == NINE
    assert read_date("2025-11-03", kyiv) == DAY - timedelta(hours=2)
    assert read_date("2025-11-03T09:00:00Z", kyiv) == read_date("1762160400", kyiv) == NINE


def test_zones_have_names_and_offsets() -> None:
    assert zone_named("UTC") is UTC
    for name in ("MSK", "+03:00"):
        zone = zone_named(name)
        assert zone is not None
        assert zone.utcoffset(None) == timedelta(hours=3)
    for name in ("Mars/Olympus", "+99:00", "", "../../etc/passwd"):
        assert zone_named(name) is None
