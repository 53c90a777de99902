"""The day of an article, from the dates that feeds, archives and clients write."""

import pytest

from streams.extraction.extractor import Extractor
from streams.extraction.text.article_day import article_day


@pytest.mark.parametrize(
    "written",
    [
        "2016-11-23T16:58:00Z",
        "2016-11-23T16:58:00.123456+06:00",
        "2016-11-23 16:58",
        " 2016-11-23 ",
        "2016/11/23",
        "20161123",
        "20161123165800",
        "20161123T165800Z",
        "Wed, 23 Nov 2016 16:58:00 EST",
        "Wed Nov 23, 2016 | 4:58pm EST",
        "Wed Nov 23 16:58:00 EST 2016",
        "Published: November 23rd, 2016",
        "23 November 2016",
        "23-NOV-2016 15:01:01.79",
        "23.11.2016",
        "11/23/2016",
        "1479920280",
        "1479920280000",
        "1479920280.5",
    ],
)
def test_the_day_of_a_publication_date(written: str) -> None:
    assert article_day(written, "") == "2016-11-23"


@pytest.mark.parametrize("written", ["yesterday", "", "2016", "2016-13-45", "31 Feb 2016", "9" * 30, None])
def test_no_day(written: str | None) -> None:
    assert article_day(written, "") == ""


def test_an_unreadable_date_leaves_the_first_lines_to_decide() -> None:
    assert article_day("soon", "ASTANA, 3 March 2014 (Wire) - Talks began.") == "2014-03-03"


def test_a_date_of_any_form_says_who_was_president() -> None:
    (trump,) = Extractor().extract("", "Donald Trump spoke.", "en", "Sat, 25 Feb 2023 10:00:00 GMT").officials
    assert (trump.role, trump.former) == ("presidential candidate", False)
