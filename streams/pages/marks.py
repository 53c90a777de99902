"""An article's findings as marks on its title and text, and the text split where marks begin and end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from detectors.model.article import EnrichedArticle, Event, Part, Party, Sentence, Span


class Mark(NamedTuple):
    """A span of a text and its finding: ``kind`` is a CSS class, ``label`` is shown on hover."""

    start: int
    end: int
    kind: str
    label: str


class Piece(NamedTuple):
    """A span of a text that the same marks cover from end to end."""

    text: str
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def marks_of(article: EnrichedArticle) -> dict[Part, list[Mark]]:
    """Return all marks on the title and on the text."""
    marks: dict[Part, list[Mark]] = defaultdict(list)

    def add(spans: tuple[Span, ...], kind: str, label: str) -> None:
        for span in spans:
            marks[span.in_].append(Mark(span.start, span.end, kind, label))

    for country in article.countries:
        for mention in country.mentions:
            marks[mention.in_].append(Mark(mention.start, mention.end, "country", f"{country.alpha3} ({mention.via})"))
    for official in article.officials:
        add(official.mentions, "official", " · ".join(filter(None, (official.name, official.role, official.country))))
    for organisation in article.organisations:
        add(organisation.mentions, "organisation", organisation.name)
    for theme in article.themes:
        add(theme.evidence, "theme", theme.theme.replace("_", " "))
    names = _names(article)
    for event in article.events:
        label = told(event)
        found = sentence_of(article, event)
        if found is not None:
            marks[found.in_].append(Mark(found.start, found.end, "background" if event.background else "event", label))
        add((event.trigger,) if event.trigger is not None else (), "what", label)
        for span in event.evidence:
            for kind, parties in (("who", event.actors), ("whom", event.targets)):
                if any(not names[span.in_, span.start].isdisjoint(_keys(party)) for party in parties):
                    add((span,), kind, kind)
    return marks


def told(event: Event) -> str:
    """Who did what to whom: "visit, planned: Sergei Lavrov (RUS) → KAZ, in KAZ"."""
    parties = " → ".join(filter(None, (", ".join(map(_named, side)) for side in (event.actors, event.targets))))
    what = f"{event.type.replace('_', ' ')}, {event.status}{', background' if event.background else ''}"
    return f"{what}{f': {parties}' if parties else ''}{f', in {event.place}' if event.place else ''}"


def sentence_of(article: EnrichedArticle, event: Event) -> Sentence | None:
    """The sentence that holds the event's trigger."""
    at = event.trigger
    if at is None:
        return None
    holding = (one for one in article.sentences if one.in_ == at.in_ and one.start <= at.start < one.end)
    return next(holding, None)


def _names(article: EnrichedArticle) -> dict[tuple[Part, int], set[str]]:
    """By where a mention begins: the ids, codes and names of what is mentioned there."""
    names: dict[tuple[Part, int], set[str]] = defaultdict(set)
    for country in article.countries:
        for mention in country.mentions:
            names[mention.in_, mention.start].add(country.alpha3)
    for official in article.officials:
        for span in official.mentions:
            names[span.in_, span.start].update(filter(None, (official.id, official.country)))
    for organisation in article.organisations:
        for span in organisation.mentions:
            names[span.in_, span.start].update(filter(None, (organisation.name, organisation.country)))
    return names


def _named(party: Party) -> str:
    return f"{party.name} ({party.country})" if party.name and party.country else party.name or party.country or ""


def _keys(party: Party) -> set[str]:
    return set(filter(None, (party.official or party.country, party.organisation, party.name)))


def pieces(text: str, marks: Sequence[Mark]) -> Iterator[Piece]:
    """Split ``text`` at the edges of the marks; the joined pieces are the text."""
    edges = sorted({0, len(text), *(edge for mark in marks for edge in (mark.start, mark.end))})
    opening: dict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        opening[mark.start].append(mark)
    covering: list[Mark] = []
    for start, end in pairwise(edges):
        covering = [mark for mark in (*covering, *opening[start]) if mark.end > start]
        kinds = tuple(dict.fromkeys(mark.kind for mark in covering))
        yield Piece(text[start:end], kinds, tuple(dict.fromkeys(mark.label for mark in covering)))
