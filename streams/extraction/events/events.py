"""The events of an article: candidates from trigger words, weighed by linear models, one event for all its mentions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import cast

from detectors.model.article import Event, EventStatus, Party
from detectors.vocabulary import event_types
from streams.extraction.events.features import Features, Reading
from streams.extraction.events.parties import PartyMention, short_name
from streams.extraction.events.reading import Mention
from streams.extraction.events.weights import EventWeights, load_weights, score

# Log-odds from which something is reported; chosen by cross-validation.
NEWS = -0.35
BACKGROUND = -2.0
PART = -0.5
PLACE = -1.0
_TOLD, _WORDING, _BIAS = 0.6, 0.65, 0.95  # how the two models of the type are mixed; fitted by cross-validation
_FEW, _MANY = 20, 80  # words that the model of wording knows; below, the triggers decide, above, both do
_TOLD_BRIEFLY, _WORDING_BRIEFLY, _BIAS_BRIEFLY = 1.0, 0.1, 0.4
_UNKNOWN = -5.0  # log-odds of a type of which the model of wording knows nothing
_MOST = 5  # events per article, and as many of the background
_SIDES_WITHOUT = {kind: facts.without for kind, facts in event_types().items()}
_MUTUAL = frozenset({"visit", "meeting"})  # nobody visits or meets itself
_RECALLED = frozenset({"ago", "year", "last year", "perfect:had"})


def events(reading: Reading, weights: EventWeights | None = None) -> tuple[Event, ...]:
    """The events that an article reports, the surest first, then those that it only recalls."""
    models = weights or load_weights()
    scored = sorted(scores(reading, models), reverse=True)
    news = [(log_odds, kind) for log_odds, kind in scored if log_odds >= NEWS][:_MOST]
    recalled = [
        (log_odds, kind)
        for log_odds, kind in scored
        if BACKGROUND <= log_odds < NEWS and not _RECALLED.isdisjoint(reading.best(kind).marks)
    ][:_MOST]
    return tuple(
        _event(reading, models, kind, log_odds, background=background)
        for found, background in ((news, False), (recalled, True))
        for log_odds, kind in found
    )


def scores(reading: Reading, models: EventWeights) -> Iterator[tuple[float, str]]:
    """The log-odds of each type of which the article has a trigger: what its mentions and all its words say."""
    if not reading.mentions:
        return
    said = models.wording.scores(reading.word_counts)
    share = min(1.0, max(0.0, (models.wording.known(reading.word_counts) - _FEW) / (_MANY - _FEW)))
    of_told = share * _TOLD + (1 - share) * _TOLD_BRIEFLY
    of_said = share * _WORDING + (1 - share) * _WORDING_BRIEFLY
    bias = share * _BIAS + (1 - share) * _BIAS_BRIEFLY
    for kind in reading.mentions:
        told = score(models.type, reading.type_features(kind))
        yield of_told * told + of_said * said.get(kind, _UNKNOWN) + bias, kind


def _event(reading: Reading, models: EventWeights, kind: str, log_odds: float, *, background: bool) -> Event:
    best = reading.best(kind)
    features = reading.party_features(kind)
    document = reading.page.document
    without = _SIDES_WITHOUT.get(kind)
    acting = [] if without == "actors" else parts(features, models.actor)
    hit = [] if without == "targets" else parts(features, models.target)
    if acting == hit and len(hit) == 1 and kind in _MUTUAL:
        hit = []
    actors = [_named(reading, best, key, before=True) for key in acting]
    targets = [_named(reading, best, key, before=False) for key in hit]
    mentions = dict.fromkeys((mention.start, mention.end) for mention in (*actors, *targets))
    return Event(
        type=kind,
        status=status(reading, models, kind),
        actors=tuple(map(_party, actors)),
        targets=tuple(map(_party, targets)),
        place=place(features, models.place),
        background=background,
        confidence=round(1 / (1 + math.exp(-log_odds)), 3),
        trigger=document.span(best.start, best.end),
        evidence=tuple(document.span(start, end) for start, end in mentions),
    )


def status(reading: Reading, models: EventWeights, kind: str) -> EventStatus:
    """The likeliest status of the events of a type."""
    features = reading.status_features(kind)
    return cast("EventStatus", max(models.status, key=lambda name: score(models.status[name], features)))


def parts(features: dict[str, Features], weights: dict[str, float]) -> list[str]:
    """The keys of the parties that have a part, the likeliest first."""
    scored = sorted(((score(weights, found), key) for key, found in features.items()), reverse=True)
    return [key for log_odds, key in scored if log_odds >= PART]


def place(features: dict[str, Features], weights: dict[str, float]) -> str | None:
    """The state in which it happens, if the article says so."""
    states = ((score(weights, found), key) for key, found in features.items() if len(key) == 3 and key.isupper())
    log_odds, key = max(states, default=(PLACE - 1, None))
    return key if log_odds >= PLACE else None


def _named(reading: Reading, best: Mention, key: str, *, before: bool) -> PartyMention:
    """The mention that names a party best: in the sentence of the event, an official rather than a state."""
    here = [party for party in reading.parties.by_sentence.get(best.sentence, ()) if party.key == key]
    if here:
        return min(here, key=lambda party: _rank(party, best, before=before))
    elsewhere = min(_mentions(reading, key), key=lambda party: _rank(party, best, before=before))
    return elsewhere if elsewhere.key_is_name else elsewhere._replace(official=None)


def _party(mention: PartyMention) -> Party:
    """A party as its mention names it: by an official if it can, else by a body, else by the state."""
    official, organisation = mention.official, mention.organisation
    if official is not None:
        return Party(
            country=official.country,
            name=official.name,
            official=official.id,
            role_class=official.role_class,
            organisation=official.organisation,
        )
    if organisation is not None and organisation.country is None:
        return Party(name=short_name(organisation), organisation=organisation.name)
    return Party(country=mention.key, organisation=organisation.name if organisation is not None else None)


def _mentions(reading: Reading, key: str) -> Iterator[PartyMention]:
    return (party for parties in reading.parties.by_sentence.values() for party in parties if party.key == key)


def _rank(party: PartyMention, best: Mention, *, before: bool) -> tuple[bool, bool, int]:
    """Officials on the expected side of the trigger come first, then what is near."""
    on_side = (party.start < best.start) == before
    return (not on_side, party.kind != "official", abs(party.start - best.start))
