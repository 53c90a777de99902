"""What met a rule's conditions in one article, for its templates; and which event is that of a group."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import product

import msgspec

from detectors.conditions.bindings import TERM
from detectors.conditions.event_values import EventValue
from detectors.conditions.fields import EVENT
from detectors.conditions.values import Value
from detectors.conditions.view import ArticleView
from detectors.model.alert import GroupValue
from detectors.model.article import Span
from detectors.model.sightings import NOBODY, Seen, SeenCountry, SeenEvent, SeenOfficial, SeenParty
from detectors.rules.event_groups import PREFIX
from detectors.rules.groups import Found

MOST_SEEN = 32
"""Limit on the values of a field that an observation carries for templates."""
LONGEST_SENTENCE = 400
"""Limit on the characters of an event's sentence."""


def seen(found: Found, fields: tuple[str, ...] = ()) -> Seen:
    """What met the conditions in one article; all values of a field that has no condition.

    Events only if a condition or a group field, one of ``fields``, asks for them.
    """
    events = any(EVENT in asked for _, asked in found.layers) or any(field.startswith(PREFIX) for field in fields)
    return Seen(
        officials=tuple(
            SeenOfficial(
                id=str(value.code),
                name=value.name,
                role=_text(value, "role"),
                class_=_text(value, "class"),
                country=_text(value, "country"),
                organisation=_text(value, "organisation"),
                former=value.attributes["former"] is True,
            )
            for value in found.values("official")[:MOST_SEEN]
        ),
        countries=tuple(SeenCountry(str(value.code), value.name) for value in found.values("country")[:MOST_SEEN]),
        themes=tuple(str(value.code) for value in found.values("theme")[:MOST_SEEN]),
        organisations=tuple(str(value.code) for value in found.values("organisation")[:MOST_SEEN]),
        terms=tuple(str(value.code) for value in found.values(TERM)[:MOST_SEEN]),
        events=tuple(_events(found)) if events else (),
    )


def _text(value: Value, attribute: str) -> str | None:
    given = value.attributes[attribute]
    return str(given[0]) if isinstance(given, tuple) else None


def _events(found: Found) -> Iterator[SeenEvent]:
    for value in found.values(EVENT)[:MOST_SEEN]:
        assert isinstance(value, EventValue)
        place = value.attributes["place"]
        yield SeenEvent(
            type=value.event.type,
            status=value.event.status,
            actors=_parties(found, value, "actor"),
            targets=_parties(found, value, "target"),
            place=SeenCountry(*place) if isinstance(place, tuple) else SeenCountry(),
            sentence=_sentence(found.view, value.event.trigger),
        )


def _parties(found: Found, event: EventValue, side: str) -> tuple[SeenParty, ...]:
    """The parties of a side; those that met a condition come first."""
    parties = dict.fromkeys((*found.parties(event, side), *event.parties[side]))
    return tuple(
        SeenParty(
            country=_text(party, "country") or "",
            name=party.name,
            official=_text(party, "official") or "",
            class_=_text(party, "class") or "",
            organisation=_text(party, "organisation") or "",
        )
        for party in list(parties)[:MOST_SEEN]
    )


def _sentence(view: ArticleView, trigger: Span | None) -> str:
    """The text of the sentence that holds a trigger; runs of white space are one blank."""
    if trigger is None:
        return ""
    title, body = view.bounds
    sentences = title if trigger.in_ == "title" else body
    at = bisect_right([sentence.start for sentence in sentences], trigger.start) - 1
    if at < 0:
        return ""
    whole = view.article.title if trigger.in_ == "title" else view.article.text
    text = " ".join(whole[sentences[at].start : sentences[at].end].split())
    return text if len(text) <= LONGEST_SENTENCE else f"{text[: LONGEST_SENTENCE - 1].rstrip()}…"


def event_of_group(group: Mapping[str, GroupValue], events: tuple[SeenEvent, ...]) -> SeenEvent | None:
    """The first event of which all values in the group are, with the group's parties first; else the first of all."""
    asked = {field: value for field, value in group.items() if field.startswith(PREFIX)}
    for event in events if asked else ():
        for actor, target in product(event.actors or (NOBODY,), event.targets or (NOBODY,)):
            if all(_is_of(event, actor, target, field, value) for field, value in asked.items()):
                actors = tuple(dict.fromkeys((actor, *event.actors))) if event.actors else ()
                targets = tuple(dict.fromkeys((target, *event.targets))) if event.targets else ()
                return msgspec.structs.replace(event, actors=actors, targets=targets)
    return events[0] if events else None


def _is_of(event: SeenEvent, actor: SeenParty, target: SeenParty, field: str, value: GroupValue) -> bool:
    match field:
        case "event.type":
            return event.type == value
        case "event.place":
            return event.place.code == value
        case "event.actor":
            return actor.group == value
        case "event.target":
            return target.group == value
        case "event.actor.official":
            return actor.official == value
        case "event.target.official":
            return target.official == value
        case "event.participant":
            return value in {party.group for party in (*event.actors, *event.targets)}
    countries = {actor.country, target.country}
    return isinstance(value, tuple | list) and countries == set(value)
