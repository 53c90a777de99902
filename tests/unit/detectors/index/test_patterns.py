"""A set finds the same patterns as one pattern at a time, with and without enough memory."""

from datetime import UTC, datetime

import pytest

from detectors.conditions.lexicon import Lexicon
from detectors.conditions.predicates import compiled
from detectors.conditions.view import ArticleView
from detectors.index import patterns as index
from detectors.model.article import EnrichedArticle, Sentence

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
TEXT = (
    "The minister of foreign affairs met the president in Bishkek on 3 March. They spoke of güvenlik and "
    "безопасность.\nA joint statement followed. Nothing was signed, nobody resigned."
)
#: More patterns than one set holds, of every sort of expression; some match and some do not.
PATTERNS = [
    *(rf"(?i)\b{word}(s|ed)?\b" for word in ("MINISTER", "sign", "treaty", "Bishkek", "osh", "statement")),
    r"\A", r"\z", r"^A joint", r"(?m)^A joint", r"March\.$", r"signed, nobody resigned\.$", "güven", "безопасн.сть",
    r"\p{Cyrillic}{5}", r"\d{2}", r"\d March", r"(?s)The.*resigned", r"x*", r"minister.{0,20}affairs", "",
    *(rf"p{number}.*[a-z]{{3}}{number}" for number in range(50)),
    *(rf"(?i)pres(ident|{number})\W+(?:\w+\W+){{0,5}}bishkek" for number in range(50)),
]  # fmt: skip


@pytest.fixture
def view() -> ArticleView:
    end = TEXT.index("\n")
    article = EnrichedArticle(
        id="a1", title="Ministers meet", text=TEXT, received_at=NOON, event_time=NOON,
        sentences=(Sentence("text", 0, end), Sentence("text", end + 1, len(TEXT))),
    )  # fmt: skip
    return ArticleView(article, Lexicon(()))


def found(view: ArticleView, field: str) -> set[int]:
    met: set[int | str] = set()
    index.PatternIndex((number, field, pattern) for number, pattern in enumerate(PATTERNS)).met(view, met)
    return {number for number in met if isinstance(number, int)}


def one_by_one(texts: list[str]) -> set[int]:
    return {
        number
        for number, pattern in enumerate(PATTERNS)
        if any(compiled(pattern).search(text) is not None for text in texts)
    }


@pytest.mark.parametrize("memory", [8 << 20, 100_000, 40_000, 1_000])
def test_set_finds_the_same_as_one_by_one(view: ArticleView, memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST", memory)
    monkeypatch.setattr(index, "MOST", memory)
    expected = one_by_one(["Ministers meet", TEXT])
    assert 20 < len(expected) < len(PATTERNS) - 20
    assert found(view, "text") == expected
    assert found(view, "title") == one_by_one(["Ministers meet"])


def test_set_that_runs_out_of_memory_is_not_trusted(view: ArticleView, monkeypatch: pytest.MonkeyPatch) -> None:
    """RE2 then reports no pattern at all."""

    class Exhausted:
        def Match(self, text: bytes) -> None:  # noqa: N802
            return None

    monkeypatch.setattr(index, "_compiled", lambda patterns, memory: Exhausted())
    assert found(view, "text") == one_by_one(["Ministers meet", TEXT])
