"""Marks on a text, and the pieces that they split it into."""

from datetime import UTC, datetime

from detectors.model.article import (
    Country,
    CountryMention,
    EnrichedArticle,
    Event,
    Official,
    Party,
    Sentence,
    Span,
)
from streams.pages.marks import Mark, marks_of, pieces

TEXT = "Kerry met Lavrov in Oslo. In 2014 he quit."


def span(text: str) -> Span:
    return Span("text", TEXT.index(text), TEXT.index(text) + len(text), text)


def marked(*events: Event) -> set[tuple[str, str, str]]:
    """Kind, text and label of the marks of events in ``TEXT``."""
    oslo = span("Oslo")
    article = EnrichedArticle(
        id="1",
        text=TEXT,
        received_at=datetime(2025, 1, 1, tzinfo=UTC),
        event_time=datetime(2025, 1, 1, tzinfo=UTC),
        countries=(Country("NOR", mentions=(CountryMention("text", oslo.start, oslo.end, "Oslo", "city"),)),),
        officials=(
            Official("Q1", "John Kerry", (span("Kerry"),), country="USA"),
            Official("Q2", "Sergei Lavrov", (span("Lavrov"),), country="RUS"),
        ),
        events=events,
        sentences=(Sentence("text", 0, 25), Sentence("text", 26, len(TEXT))),
    )
    return {
        (mark.kind, TEXT[mark.start : mark.end], mark.label)
        for mark in marks_of(article)["text"]
        if mark.kind not in {"official", "country"}
    }


def test_an_event_marks_its_sentence_its_word_and_its_parties() -> None:
    kerry, lavrov = Party("USA", "John Kerry", "Q1"), Party("RUS", "Sergei Lavrov", "Q2")
    met = Event(
        "meeting",
        actors=(kerry, lavrov),
        targets=(lavrov,),
        place="NOR",
        trigger=span("met"),
        evidence=(span("Kerry"), span("Lavrov")),
    )
    told = "meeting, happened: John Kerry (USA), Sergei Lavrov (RUS) → Sergei Lavrov (RUS), in NOR"
    assert marked(met) == {
        ("event", "Kerry met Lavrov in Oslo.", told),
        ("what", "met", told),
        ("who", "Kerry", "who"),
        ("who", "Lavrov", "who"),
        ("whom", "Lavrov", "whom"),
    }


def test_what_is_recalled_is_marked_apart_and_a_state_is_a_party() -> None:
    quit_ = Event("departure", background=True, targets=(Party("NOR"),), trigger=span("quit"), evidence=(span("Oslo"),))
    told = "departure, happened, background: NOR"
    assert marked(quit_) == {
        ("background", "In 2014 he quit.", told),
        ("what", "quit", told),
        ("whom", "Oslo", "whom"),
    }


def test_an_event_given_without_its_words_marks_nothing() -> None:
    assert marked(Event("coup")) == set()


def test_the_pieces_join_to_the_text() -> None:
    marks = [Mark(3, 9, "country", "a"), Mark(0, 5, "theme", "b"), Mark(5, 9, "theme", "b"), Mark(12, 12, "theme", "c")]
    text = "0123456789abcdef"
    found = list(pieces(text, marks))
    assert "".join(piece.text for piece in found) == text
    assert [(piece.text, piece.kinds) for piece in found if piece.kinds] == [
        ("012", ("theme",)),
        ("34", ("theme", "country")),
        ("5678", ("country", "theme")),
    ]
