"""Who may act or be acted upon: the officials, states and organisations found in an article, by sentence."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from detectors.model.article import Country, Official, Organisation, Span
from streams.extraction.places.mention import Mention
from streams.extraction.text.document import Document
from streams.extraction.text.folding import fold

_MOST = 2000  # mentions of parties read per article; an adversarial text has more


class PartyMention(NamedTuple):
    """A mention of a party: clean offsets, the ``key`` under which its mentions meet, and the kind of mention.

    ``key`` is a country's alpha-3 code, or the folded name of a party without a country.
    """

    start: int
    end: int
    key: str
    kind: str
    official: Official | None = None
    organisation: Organisation | None = None

    @property
    def key_is_name(self) -> bool:
        """Whether the party has no country."""
        return not (len(self.key) == 3 and self.key.isupper())


class Parties:
    """The mentions of parties of one article by sentence, and what the article as a whole says of each."""

    def __init__(
        self,
        document: Document,
        bounds: Sequence[tuple[int, int]],
        mentions: Iterable[Mention],
        countries: Sequence[Country],
        officials: Sequence[Official],
        organisations: Sequence[Organisation],
    ) -> None:
        self.main = [country.alpha3 for country in countries if country.salience == "main"]
        known = {country.alpha3 for country in countries}
        found: list[PartyMention] = []
        for official in officials:
            key = official.country or fold(official.name)
            kind = "former" if official.former else "official"
            found += [_at(document, span, key, kind, official=official) for span in official.mentions]
        for organisation in organisations:
            key = organisation.country or fold(short_name(organisation))
            kind = organisation.kind or "body"
            found += [_at(document, span, key, kind, organisation=organisation) for span in organisation.mentions]
        found.sort(key=lambda mention: mention[:3])
        covered = bytearray(len(document.clean) + 1)
        for mention in found:
            covered[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
        found += [
            PartyMention(place.start, place.end, place.alpha3, place.via)
            for place in mentions
            if place.alpha3 in known and not covered[place.start]
        ]
        found.sort(key=lambda mention: mention[:3])
        del found[_MOST:]
        starts = [start for start, _ in bounds]
        self.by_sentence: dict[int, list[PartyMention]] = {}
        self.counts: Counter[str] = Counter()
        self.first: dict[str, int] = {}
        for mention in found:
            sentence = max(0, bisect_right(starts, mention.start) - 1)
            self.by_sentence.setdefault(sentence, []).append(mention)
            self.counts[mention.key] += 1
            self.first.setdefault(mention.key, sentence)


def short_name(organisation: Organisation) -> str:
    """The name by which news calls an organisation: UN, NATO, EU; else its name."""
    return next((name for name in organisation.aliases if name.isupper() and name.isalpha()), organisation.name)


def _at(
    document: Document,
    span: Span,
    key: str,
    kind: str,
    official: Official | None = None,
    organisation: Organisation | None = None,
) -> PartyMention:
    start, end = document.clean_offset(span.in_, span.start), document.clean_offset(span.in_, span.end)
    return PartyMention(start, end, key, kind, official, organisation)
