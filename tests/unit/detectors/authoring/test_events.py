"""Explanations of conditions on events: which event met, which came nearest, and what it lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from detectors.authoring.explain import Clause, Explainer
from detectors.authoring.rule_test_files import RuleTestArticle
from detectors.loading.ruleset import load_rules

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
THREAT = {"type": "sanction", "status": "possible", "actors": ["USA"], "targets": ["KAZ"]}
RECALLED = {"type": "coup", "background": True, "targets": ["NER"], "place": "NER"}
MEETING = {"type": "meeting", "actors": ["KAZ", "RUS", "CHN", "USA", "IRN", "IND"], "targets": ["RUS"]}
ATTACK = {"type": "attack", "actors": ["Islamic State"], "targets": ["TJK"]}


def clause(folder: Path, where: str, *events: Any) -> Clause:
    (folder / "rules.yaml").write_text(f"rules: [{{name: one, kind: match, where: {{{where}}}}}]")
    article = msgspec.convert({"events": list(events)}, RuleTestArticle).enriched(0, NOON, lambda read: read)
    (explanation,) = Explainer(load_rules(folder)).explain(article)
    return explanation.where


@pytest.mark.parametrize(
    ("where", "asks"),
    [
        ("event: coup", "coup, status happened, background false"),
        ("event: {type: sanction, status: any, background: any, actor: [USA, NATO]}", "sanction, actor USA or NATO"),
        (
            "event: {status: any, background: any, target: {country: KAZ, class: minister}}",
            "target country KAZ, class minister",
        ),
        (
            "event: {status: any, background: any, participant: {all: [KAZ, {not_in: [RUS]}]}}",
            "participant KAZ and another other than RUS",
        ),
        ("event: {status: any, background: any, not: {target: RUS}}", "not target RUS"),
        ("event: {status: any, background: any, any: [{target: RUS}, coup]}", "target RUS or coup"),
        ("event: {status: any, background: any, actor: {exists: false}}", "actor none"),
    ],
)
def test_what_is_asked(tmp_path: Path, where: str, asks: str) -> None:
    assert clause(tmp_path, where).asks == asks


@pytest.mark.parametrize(
    ("where", "event", "said"),
    [
        ("event: {status: any}", THREAT, "sanction (possible): United States -> Kazakhstan"),
        ("event: {background: any}", RECALLED, "coup (happened, background): ? -> Niger in NER"),
        (
            "event: meeting",
            MEETING,
            "meeting (happened): Kazakhstan, Russia, China, United States and 2 more -> Russia",
        ),
        ("event: weapons_test", "weapons_test", "weapons_test (happened)"),
    ],
)
def test_the_event_that_met(tmp_path: Path, where: str, event: Any, said: str) -> None:
    found = clause(tmp_path, where, event)
    assert found.met
    assert found.values == (said,)


@pytest.mark.parametrize(
    ("where", "events", "said"),
    [
        ("event: coup", [], "no event in the article"),
        ("event: sanction", [THREAT], "sanction (possible): United States -> Kazakhstan; status possible, wanted happened"),
        ("event: coup", [RECALLED], "coup (happened, background): ? -> Niger in NER; the article only recalls it"),
        ("event: {background: true}", [ATTACK], "attack (happened): Islamic State -> Tajikistan; the article reports it as news"),
        ("event: {type: attack, target: {country: [KAZ, UZB]}}", [ATTACK], "attack (happened): Islamic State -> Tajikistan; target Tajikistan, wanted country KAZ or UZB"),
        ("event: {type: attack, actor: Taliban}", [ATTACK], "attack (happened): Islamic State -> Tajikistan; actor Islamic State, wanted Taliban"),
        ("event: {type: coup, background: any, actor: NER}", [RECALLED], "coup (happened, background): ? -> Niger in NER; actor unknown, wanted NER"),
        ("event: {type: attack, place: TJK}", [ATTACK], "attack (happened): Islamic State -> Tajikistan; place unknown, wanted TJK"),
        ("event: {type: attack, confidence: {lt: 0.5}}", [ATTACK], "attack (happened): Islamic State -> Tajikistan; confidence 1, wanted less than 0.5"),
        ("event: {type: attack, not: {target: TJK}}", [ATTACK], "attack (happened): Islamic State -> Tajikistan; it is target TJK, which is excluded"),
        ("event: {type: attack, any: [{target: UZB}, {target: KAZ}]}", [ATTACK], "attack (happened): Islamic State -> Tajikistan; wanted target UZB or target KAZ"),
        # the type counts most: another status and another target are nearer than another type
        ("event: {type: sanction, target: RUS}", [ATTACK, THREAT], "sanction (possible): United States -> Kazakhstan; target Kazakhstan, wanted RUS; status possible, wanted happened"),
        ("event: coup", [ATTACK], "attack (happened): Islamic State -> Tajikistan; type attack, wanted coup"),
    ],
)  # fmt: skip
def test_the_event_that_came_nearest(tmp_path: Path, where: str, events: list[Any], said: str) -> None:
    found = clause(tmp_path, where, *events)
    assert not found.met
    assert found.nearest == said
