"""Conditions on events: which one of an article's events meets all keys, and what they reject."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from detectors.conditions.lexicon import Lexicon
from detectors.conditions.nodes import Condition
from detectors.conditions.reader import CONDITION
from detectors.conditions.view import ArticleView
from detectors.model.article import EnrichedArticle, Event, Official, Organisation, Party, Sentence, Span
from detectors.reading.context import Context, Entry, ListDefinition, Place
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problems, Wrong
from detectors.vocabulary import shipped_vocabulary

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
TEXT = "Lavrov met Nurtleu in Astana. The USA imposed sanctions on Kazakhstan. Islamic State attacked."
LISTS = {
    "central_asia": ["KAZ", "KGZ | Kirghizia"],
    "watched": ["Islamic State | Daesh", "Uzbekistan"],
    "hostile": ["sanction", "threat"],
}
MACROS = {
    "minister": "{class: foreign_minister}",
    "ours": "{country: {in: central_asia}}",
    "called_off": "{status: cancelled}",
    "quoted": "sanction",
}
LAVROV = Party("RUS", "Sergei Lavrov", "Q1", "foreign_minister")
NURTLEU = Party("KAZ", "Murat Nurtleu", "Q2", "foreign_minister")


def span(text: str) -> Span:
    start = TEXT.index(text)
    return Span("text", start, start + len(text), text)


MEETING = Event("meeting", actors=(LAVROV, NURTLEU), targets=(NURTLEU,), place="KAZ", trigger=span("met"))
SANCTION = Event(
    "sanction",
    actors=(Party("USA"),),
    targets=(Party("KAZ"), Party("RUS", "Rosneft")),
    confidence=0.7,
    trigger=span("sanctions"),
)
ATTACK = Event("attack", actors=(Party(name="Islamic State"),), trigger=span("attacked"))
RECALLED = Event("coup", background=True, targets=(Party("KGZ"),))
THREAT = Event("sanction", "possible", actors=(Party("USA"),), targets=(Party("KGZ"),))
VISIT = Event("visit", "cancelled", actors=(Party("KAZ", "Kassym-Jomart Tokayev", role_class="head_of_state"),))
SEPARATE = Event("aid", actors=(Party("CHN"),), targets=(Party("KAZ"),))


def article(*events: Event) -> EnrichedArticle:
    ends = [number + 1 for number, letter in enumerate(TEXT) if letter == "."]
    return EnrichedArticle(
        id="a1",
        text=TEXT,
        received_at=NOON,
        event_time=NOON,
        events=events,
        officials=(
            Official("Q1", "Sergei Lavrov", (Span("text", 0, 6, "Lavrov"),), "minister", "foreign_minister", "RUS"),
            Official("Q2", "Murat Nurtleu", (), "minister", "foreign_minister", "KAZ"),
        ),
        organisations=(Organisation("Islamic State", ("Daesh", "ISIS")),),
        sentences=tuple(
            Sentence("text", start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)
        ),
    )


def read(source: Any) -> Condition:
    """The condition from its source; fails with the problems found."""
    problems = Problems()
    lists = {
        name: ListDefinition(
            name, tuple(Entry(e.split(" | ")[0], tuple(e.split(" | ")), "x", 1, 1) for e in entries), "x", 1, 1
        )
        for name, entries in LISTS.items()
    }
    macros = {name: parse_yaml(body, "m", problems) for name, body in MACROS.items()}
    node = parse_yaml(source if isinstance(source, str) else json.dumps(source), "c", problems)
    assert node is not None
    try:
        return CONDITION.read(node, Place(Context(problems, shipped_vocabulary(), lists, macros)))  # type: ignore[arg-type]
    except Wrong:
        raise AssertionError([str(one) for one in problems.errors]) from None


def met(source: Any, *events: Event) -> bool:
    condition = read(source)
    view = ArticleView(article(*events), Lexicon(condition.phrases()))
    return condition.holds(view.whole)


@pytest.mark.parametrize(
    ("source", "events", "wanted"),
    [
        ("event: sanction", [SANCTION], True),
        ("event: [coup, sanction]", [SANCTION], True),
        ("event: coup", [SANCTION], False),
        ("event: {type: Sanction}", [SANCTION], True),
        ("event: {in: hostile}", [SANCTION], True),
        ("event: {not_in: hostile}", [SANCTION], False),
        ("event: {type: {not_in: [coup]}}", [SANCTION], True),
        # status and background have defaults
        ("event: sanction", [THREAT], False),
        ("event: {type: sanction, status: possible}", [THREAT], True),
        ("event: {type: sanction, status: [happened, possible]}", [THREAT], True),
        ("event: {type: sanction, status: any}", [THREAT], True),
        ("event: {type: sanction, status: {not_in: [denied]}}", [THREAT], True),
        ("event: {type: sanction, not: {status: denied}}", [THREAT], True),
        ("event: {type: sanction, any: [{status: possible}, {target: KAZ}]}", [THREAT], True),
        ("event: coup", [RECALLED], False),
        ("event: {type: coup, background: any}", [RECALLED], True),
        ("event: {type: coup, background: true}", [RECALLED], True),
        ("event: {type: coup, background: false}", [RECALLED], False),
        ("event: {exists: true}", [RECALLED], False),
        ("event: {exists: false}", [RECALLED], True),
        ("event: {exists: true}", [THREAT], True),
        ("event: {exists: false}", [], True),
        ("event: {exists: true, type: sanction}", [THREAT], False),
        # parties: countries, names, keys of one party
        ("event: {target: KAZ}", [SANCTION], True),
        ("event: {target: Kazakhstan}", [SANCTION], True),
        ("event: {target: [KGZ, KAZ]}", [SANCTION], True),
        ("event: {target: USA}", [SANCTION], False),
        ("event: {participant: USA}", [SANCTION], True),
        ("event: {participant: KAZ}", [SANCTION], True),
        ("event: {actor: Islamic State}", [ATTACK], True),
        ("event: {actor: islamic}", [ATTACK], True),
        ("event: {actor: {is: islamic}}", [ATTACK], False),
        ("event: {actor: {is: daesh}}", [ATTACK], True),
        ("event: {actor: 'ISI*'}", [ATTACK], True),
        ("event: {actor: {startswith: Isla}}", [ATTACK], True),
        ("event: {actor: {matches: '^Islam'}}", [ATTACK], True),
        ("event: {actor: {in: watched}}", [ATTACK], True),
        ("event: {actor: {not_in: watched}}", [ATTACK], False),
        ("event: {actor: {not_in: central_asia}}", [ATTACK], True),
        ("event: {actor: {name: Daesh}}", [ATTACK], True),
        ("event: {actor: {country: {exists: false}}}", [ATTACK], True),
        ("event: {actor: lavrov}", [MEETING], True),
        ("event: {actor: {name: {any: [lavrov], cased: true}}}", [MEETING], False),
        ("event: {target: {in: central_asia}}", [SANCTION], True),
        ("event: {target: {in: [Kirghizia]}}", [THREAT], False),
        ("event: {target: {country: {in: central_asia}}}", [SANCTION], True),
        ("event: {target: {country: RUS, name: Rosneft}}", [SANCTION], True),
        ("event: {target: {country: KAZ, name: Rosneft}}", [SANCTION], False),
        ("event: {target: {name: Rosneft, country: {not_in: central_asia}}}", [SANCTION], True),
        ("event: {actor: {class: foreign_minister, country: RUS}}", [MEETING], True),
        ("event: {actor: {official: Q1}}", [MEETING], True),
        ("event: {actor: {official: Sergei Lavrov}}", [MEETING], True),
        ("event: {actor: {official: Q3}}", [MEETING], False),
        ("event: {actor: {macro: minister, country: RUS}}", [MEETING], True),
        ("event: {actor: {macro: ours}}", [MEETING], True),
        ("event: {macro: called_off, type: visit}", [VISIT], True),
        ("event: {type: {macro: quoted}}", [SANCTION], True),
        ("event: {actor: {exists: false}}", [RECALLED, ATTACK], False),
        ("event: {background: any, actor: {exists: false}}", [RECALLED], True),
        ("event: {actor: {exists: true}}", [ATTACK], True),
        ("event: {target: {any: [{country: KGZ}, {name: Rosneft}]}}", [SANCTION], True),
        ("event: {target: {any: [KGZ, Rosneft]}}", [SANCTION], True),
        ("event: {target: {not: KAZ}}", [SANCTION], True),
        ("event: {target: {none: [KAZ, {name: Rosneft}]}}", [SANCTION], False),
        ("event: {not: {target: KAZ}}", [SANCTION], False),
        ("event: {not: {target: KGZ}}", [SANCTION], True),
        ("event: {type: sanction, none: [{target: KGZ}, {actor: RUS}]}", [SANCTION], True),
        # one event, not two
        ("event: {type: sanction, actor: CHN}", [SANCTION, SEPARATE], False),
        ("event: {type: [sanction, aid], actor: CHN, target: KAZ}", [SANCTION, SEPARATE], True),
        ("{all: [{event: sanction}, {event: {actor: CHN}}]}", [SANCTION, SEPARATE], True),
        ("event: {all: [sanction, {actor: CHN}]}", [SANCTION, SEPARATE], True),
        ("event: {all: [sanction, {actor: USA}]}", [SANCTION, SEPARATE], False),
        ("event: {all: [sanction, aid], target: KAZ}", [SANCTION, SEPARATE], True),
        ("event: {all: [sanction, aid], target: RUS}", [SANCTION, SEPARATE], False),
        ("not: {event: {target: KGZ}}", [SANCTION], True),
        ("none: [{event: aid}, {event: {type: sanction, status: possible}}]", [SANCTION, THREAT], False),
        # different parties
        ("event: {participant: {all: [RUS, KAZ]}}", [MEETING], True),
        ("event: {participant: {all: [RUS, lavrov]}}", [MEETING], False),
        ("event: {participant: {all: [{class: foreign_minister}, {class: foreign_minister}]}}", [MEETING], True),
        ("event: {participant: {all: [{macro: minister}, {macro: minister}, {macro: minister}]}}", [MEETING], False),
        ("event: {participant: {all: [{macro: ours}, {country: {not_in: central_asia}}]}}", [MEETING], True),
        ("event: {participant: {all: [{macro: ours}, {macro: ours}]}}", [MEETING], False),
        ("event: {participant: {all: [RUS, KAZ], class: foreign_minister}}", [MEETING], True),
        ("event: {participant: {all: [RUS, KAZ], class: minister}}", [MEETING], False),
        ("event: {target: {all: [KAZ, Rosneft]}}", [SANCTION], True),
        ("event: {actor: {all: [USA]}}", [SANCTION], True),
        # place, confidence
        ("event: {place: Kazakhstan}", [MEETING], True),
        ("event: {place: {in: central_asia}}", [MEETING], True),
        ("event: {place: {exists: false}}", [MEETING], False),
        ("event: {confidence: {gte: 0.8}}", [SANCTION], False),
        ("event: {confidence: {gte: 0.7}}", [SANCTION], True),
        # the trigger decides in which sentence an event is
        ("sentence: {event: sanction, text: Kazakhstan}", [SANCTION], True),
        ("sentence: {event: sanction, text: Astana}", [SANCTION], False),
        ("near: {event: sanction, text: Astana}", [SANCTION], True),
        ("sentence: {event: meeting, none: [{text: Astana}]}", [MEETING], False),
        ("sentence: {event: aid, text: Astana}", [SEPARATE], True),
    ],
)  # fmt: skip
def test_event(source: str, events: list[Event], wanted: bool) -> None:
    assert met(source if source.startswith("{") else f"{{{source}}}", *events) is wanted


def test_a_state_beside_its_own_official_is_no_second_participant() -> None:
    actors = (Party("KAZ"), Party("KAZ", "Kassym-Jomart Tokayev"), Party("UZB"))
    event = Event("meeting", actors=actors, targets=actors[1:])
    assert not met("{event: {participant: {all: [KAZ, KAZ]}}}", event)
    assert met("{event: {participant: {all: [KAZ, UZB]}}}", event)
    assert met("{event: {actor: {country: KAZ, name: {exists: false}}}}", event)


def test_a_state_and_a_person_of_it_on_the_other_side_are_two_participants() -> None:
    arrest = Event("arrest", actors=(Party("RUS"),), targets=(Party("RUS", "Alexei Navalny"),))
    assert met("{event: {participant: {all: [RUS, Navalny]}}}", arrest)


def test_a_party_takes_what_it_lacks_from_the_official() -> None:
    event = Event("meeting", actors=(Party(official="Q1"),))
    assert met("{event: {actor: {country: RUS, class: foreign_minister, name: Sergei Lavrov}}}", event)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("official: {all: [{class: foreign_minister}, {country: KAZ}]}", True),
        ("official: {all: [{country: KAZ}, {name: Nurtleu}]}", False),
        ("official: {all: [Lavrov, {country: KAZ}]}", True),
        ("official: {all: [Lavrov, Sergei]}", False),
        ("official: {all: [Lavrov, Nurtleu], class: foreign_minister}", True),
        ("official: {all: [Lavrov, Nurtleu], country: RUS}", False),
        ("official: {all: [Lavrov], country: RUS}", True),
        ("official: {all: [{macro: minister}, {macro: minister}]}", True),
        ("official: {all: [{macro: minister}, {macro: minister}, {macro: minister}]}", False),
        ("sentence: {official: {all: [Lavrov, Nurtleu]}}", True),
    ],
)
def test_all_of_official_are_different_persons(source: str, wanted: bool) -> None:
    assert met(f"{{{source}}}") is wanted


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("event: {type: sanktion}", "unknown event type 'sanktion'"),
        ("event: {type: sanktion}", "did you mean 'sanction'?"),
        ("event: {status: canceled}", "unknown event status 'canceled'"),
        ("event: {status: canceled}", "did you mean 'cancelled'?"),
        ("event: {status: threatened}", "did you mean 'possible'?"),
        ("event: {status: Called off}", "did you mean 'cancelled'?"),
        (
            "event: {country: KAZ}",
            "unknown key 'country' of 'event'; a party has it: write it under actor, target or participant",
        ),
        ("event: {status: [happened, any]}", "unknown event status 'any'"),
        ("event: {actors: USA}", "unknown key 'actors' of 'event'; did you mean 'actor'?"),
        ("event: {actor: {contry: USA}}", "unknown key 'contry' of 'actor'; did you mean 'country'?"),
        ("event: {actor: {country: Atlantis}}", "English name of a country, found 'Atlantis'"),
        ("event: {actor: {class: foreign}}", "unknown role class"),
        ("event: {actor: {gt: 1}}", "'actor' has no operator 'gt'"),
        ("event: {}", "found an empty mapping"),
        ("event: {actor: {}}", "found an empty mapping"),
        ("event: {exists: false, type: coup}", "'exists: false' allows no other keys"),
        ("event: {actor: {exists: false, country: USA}}", "'exists: false' allows no other keys"),
        ("event: {not: {actor: {all: [USA, KAZ]}, all: [coup]}}", "'all' asks for several values of 'event'"),
        ("event: {participant: {all: []}}", "expected values, found an empty list"),
        ("event: {participant: {any: [{all: [USA]}]}}", "'all' asks for several values of 'participant'"),
        ("event: {background: perhaps}", "expected true or false"),
        ("event: {sentence: {text: a}}", "unknown key 'sentence' of 'event'"),
        ("official: {all: [{clas: minister}, {country: USA}]}", "unknown key 'clas' of 'official'"),
        ("official: {all: [{}]}", "expected the keys of one official"),
        ("country: {all: [{code: USA}]}", "expected a value or a list of values"),
    ],
)
def test_what_is_rejected(source: str, said: str) -> None:
    with pytest.raises(AssertionError) as raised:
        read(f"{{{source}}}")
    assert said in str(raised.value).replace('"', "").replace("\\", "")


def test_the_name_of_class_in_the_record() -> None:
    """As in RULES: `class`, which is no name in Python."""
    assert msgspec.json.decode(msgspec.json.encode(LAVROV))["class"] == "foreign_minister"
