"""Which of the states that an article refers to it is mainly about: by where it names them and whose officials act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from detectors.model.article import CountryMention, Official, Span

# Chosen on annotated articles; the neighbouring values do equally well.
_TITLE = 3.0
_LEAD = 1.5
_FIRST = 0.5  # added to a mention at the beginning of the text, less and less to later ones
_SHARE = 0.45  # of the weight of the state most referred to
_SHARE_IN_LEAD = 0.3
_SHARE_IN_TITLE = 0.25
_MOST = 4


def weights(
    mentions: Mapping[str, Iterable[CountryMention]], officials: Iterable[Official], lead_end: int, length: int
) -> dict[str, float]:
    """The weight of each state: its mentions, and those of the officials who serve it.

    ``lead_end`` and ``length`` are offsets into the original text.
    """
    spans: dict[str, list[Span]] = {alpha3: list(own) for alpha3, own in mentions.items()}
    for official in officials:
        if official.country in spans:
            spans[official.country] += official.mentions
    return {alpha3: sum(_weight(span, lead_end, length) for span in own) for alpha3, own in spans.items()}


def _weight(span: Span, lead_end: int, length: int) -> float:
    if span.in_ == "title":
        return _TITLE
    return _LEAD if span.start < lead_end else 1 + _FIRST * (1 - span.start / max(1, length))


def main_states(
    weight: Mapping[str, float],
    mentions: Mapping[str, Iterable[CountryMention]],
    officials: Iterable[Official],
    lead_end: int,
) -> set[str]:
    """At most four: the heaviest, lighter ones in title or lead, and states whose officials are named there."""
    if not weight:
        return set()
    parts: dict[str, set[str]] = defaultdict(set)
    for alpha3, own in mentions.items():
        parts[alpha3] = {_part(span, lead_end) for span in own}
    acting = {official.country for official in officials for span in official.mentions if _part(span, lead_end)}
    top = max(weight.values())
    main = {
        alpha3
        for alpha3, own_weight in weight.items()
        if own_weight >= _SHARE * top
        or ("lead" in parts[alpha3] and own_weight >= _SHARE_IN_LEAD * top)
        or ("title" in parts[alpha3] and own_weight >= _SHARE_IN_TITLE * top)
        or alpha3 in acting
    }
    return set(sorted(main, key=lambda alpha3: (-weight[alpha3], alpha3))[:_MOST])


def _part(span: Span, lead_end: int) -> str:
    if span.in_ == "title":
        return "title"
    return "lead" if span.start < lead_end else ""
