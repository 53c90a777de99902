"""The sample articles are what their README says they are: enough, dated, in order, and broken where it says so."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

SAMPLES = Path(__file__).parents[4] / "streams" / "data" / "samples"
LINES = (SAMPLES / "articles.jsonl").read_bytes().split(b"\n")[:-1]
FIELDS = {"id", "title", "text", "url", "source", "published_at", "language", "meta"}


def stated() -> dict[int, tuple[str, str]]:
    """The README's table of dirty lines: number -> (what is wrong, what becomes of it)."""
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", readme, flags=re.MULTILINE)
    return {int(number): (wrong, fate) for number, wrong, fate in rows}


STATED = stated()
DEAD = {number for number, (_, fate) in STATED.items() if fate == "dead letter"}


def article(number: int) -> dict[str, Any]:
    record = json.loads(LINES[number - 1].decode("utf-8"))
    assert isinstance(record, dict)
    return record


GOOD = {number: article(number) for number in range(1, len(LINES) + 1) if number not in DEAD}


def line_of(wrong: str) -> int:
    (number,) = [number for number, (text, _) in STATED.items() if text.startswith(wrong)]
    return number


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def test_there_are_enough_articles_to_read() -> None:
    assert len(GOOD) >= 48
    assert len(LINES) == len(GOOD) + len(DEAD)


@pytest.mark.parametrize("number", GOOD)
def test_a_good_line_has_the_fields_of_an_article_and_no_others(number: int) -> None:
    record = GOOD[number]
    assert record.keys() <= FIELDS
    assert all(isinstance(record[key], str) for key in record if key != "meta")
    assert record["title"]
    assert all(isinstance(value, str | int | float | bool) for value in record.get("meta", {}).values())
    assert urlsplit(record["url"]).hostname == record["source"]
    assert record["source"].endswith(".example")


def test_articles_are_as_long_as_wire_copy() -> None:
    lengths = sorted(len(words(record["text"])) for record in GOOD.values())
    assert lengths[0] >= 110
    assert lengths[-1] > 350


def test_ids_and_addresses_are_unique_and_a_few_articles_have_no_id() -> None:
    ids = [record["id"] for record in GOOD.values() if "id" in record]
    assert len(ids) == len(set(ids))
    assert 2 <= len(GOOD) - len(ids) <= 5
    assert len({record["url"] for record in GOOD.values()}) == len(GOOD)


def test_several_outlets_and_languages_deliver() -> None:
    assert len({record["source"] for record in GOOD.values()}) >= 6
    assert {record["language"] for record in GOOD.values()} == {"en", "fr"}


def test_times_are_in_order_but_for_a_few_within_the_hour() -> None:
    times = [datetime.fromisoformat(record["published_at"]) for record in GOOD.values()]
    assert all(time.tzinfo is not None for time in times)
    late = [max(times[: i + 1]) - time for i, time in enumerate(times) if time < max(times[: i + 1])]
    assert len(late) == 4
    assert max(late) < timedelta(hours=1)


def test_the_empty_text() -> None:
    assert article(line_of("empty text"))["text"] == ""


def test_the_line_that_is_not_json() -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(LINES[line_of("not JSON") - 1])


def test_the_wrong_types() -> None:
    record = article(line_of("wrong types"))
    assert not isinstance(record["text"], str)
    assert not isinstance(record["title"], str)


def test_the_invalid_bytes() -> None:
    with pytest.raises(UnicodeDecodeError):
        LINES[line_of("bytes that are not UTF-8") - 1].decode("utf-8")


def test_the_french_article() -> None:
    assert GOOD[line_of("in French")]["language"] == "fr"


def test_the_truncated_text_ends_without_a_full_stop() -> None:
    assert GOOD[line_of("cut off")]["text"][-1].isalpha()


def test_the_mojibake_is_valid_text_that_was_decoded_wrongly() -> None:
    assert "AntÃ³nio Guterres" in GOOD[line_of("mojibake")]["text"]
    assert sum("Ã³" in record["text"] for record in GOOD.values()) == 1


@pytest.mark.parametrize("copy", [number for number, (wrong, _) in STATED.items() if wrong.startswith("near-copy")])
def test_a_near_copy_shares_most_of_its_words_but_not_headline_or_outlet(copy: int) -> None:
    named = re.search(r"of line (\d+)", STATED[copy][0])
    assert named
    original, taken = GOOD[int(named[1])], GOOD[copy]

    def shingles(text: str) -> set[tuple[str, ...]]:
        found = words(text)
        return {tuple(found[i : i + 3]) for i in range(len(found) - 2)}

    first, second = shingles(original["text"]), shingles(taken["text"])
    assert len(first & second) / len(second) > 0.85
    assert taken["text"] != original["text"]
    assert taken["title"] != original["title"]
    assert taken["source"] != original["source"]


@pytest.mark.parametrize(
    "dirt", ["Advertisement", "Share", "Read more", "The U.S.is", "Kazakhstan.Rubio", "“", '"', "Rakhmon"]
)
def test_the_dirt_that_the_readme_names_is_there(dirt: str) -> None:
    assert any(dirt in record["text"] for record in GOOD.values())


def test_one_outlet_escapes_what_is_not_ascii() -> None:
    assert any(rb"\u2014" in line for line in LINES)
