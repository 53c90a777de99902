"""Explanations and lints agree with the engine: a clause is met if it says so, never if a lint says it cannot be."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from detectors.authoring.explain import Clause, Explainer
from detectors.engine.matching import Engine
from detectors.lints.registry import about_condition
from detectors.loading.ruleset import RuleSet, load_rules
from detectors.model.article import Country, EnrichedArticle, Official, Sentence, Span, Theme
from detectors.reading.problems import RuleSetError
from tests.property.detectors.conditions.plain_events import some_events
from tests.property.detectors.written import SOUND
from tests.rigs.examples import examples

NOW = datetime(2020, 1, 2, tzinfo=UTC)
SENTENCES = ["A coup in Kazakhstan. ", "Rahmon cancelled it. ", "Human rights, no. ", "It was 2020. "]


@st.composite
def articles(draw: st.DrawFn) -> EnrichedArticle:
    parts = draw(st.lists(st.sampled_from(SENTENCES), max_size=5))
    text = "".join(parts)
    starts = [sum(map(len, parts[:n])) for n in range(len(parts))]

    def spans() -> tuple[Span, ...]:
        chosen = draw(st.lists(st.sampled_from(starts), max_size=2, unique=True)) if starts else []
        return tuple(Span("text", start, start + 4, text[start : start + 4]) for start in chosen)

    officials = draw(st.lists(st.sampled_from([
        ("a", "Emomali Rahmon", "president", "minister", "TJK"), ("b", "No One", None, None, None),
    ]), max_size=2, unique=True))  # fmt: skip
    return EnrichedArticle(
        id="a1",
        text=text,
        title=draw(st.sampled_from(["", "A coup", "Human rights"])),
        source=draw(st.sampled_from([None, "Rahmon", "coup"])),
        published_at=draw(st.sampled_from([None, "2019-12-25", "2020-01-01T23:58:30Z"])),
        received_at=NOW,
        event_time=NOW,
        meta=draw(st.dictionaries(st.just("tone"), st.sampled_from([0.5, 3, True, "coup"]))),
        countries=tuple(map(Country, draw(st.lists(st.sampled_from(["KAZ", "USA", "KGZ"]), unique=True)))),
        themes=tuple(
            Theme(label, draw(st.sampled_from([0.3, 0.5, 1.0])), spans())
            for label in draw(st.lists(st.sampled_from(["energy", "cyber"]), unique=True))
        ),
        officials=tuple(
            Official(id_, name, spans(), role, role_class, country, former=draw(st.booleans()))
            for id_, name, role, role_class, country in officials
        ),
        events=some_events(
            Random(draw(st.integers(0, 2**32))), [Span("text", s, s + 4, text[s : s + 4]) for s in starts]
        ),
        sentences=tuple(
            Sentence("text", start, start + len(part.rstrip())) for start, part in zip(starts, parts, strict=True)
        ),
    )


def loaded(rule: dict[str, Any]) -> RuleSet | None:
    with tempfile.TemporaryDirectory() as folder:
        lists = {"asia": ["KAZ"], "KAZ": ["KAZ"]}
        (Path(folder) / "desk.yaml").write_text(json.dumps({"lists": lists, "rules": [rule]}), encoding="utf-8")
        try:
            return load_rules(Path(folder))
        except RuleSetError:
            return None


def agree(clause: Clause) -> None:
    """Check that a clause agrees with the clauses below it."""
    below = [one.met for one in clause.clauses]
    if clause.clause in {"all", "sentence", "near"} and below:
        assert clause.met == all(below)
    elif clause.clause == "all different":
        assert clause.met <= all(below)
    elif clause.clause == "any":
        assert clause.met == any(below)
    elif clause.clause in {"none", "not"} and (below or clause.clause == "none"):
        assert clause.met != any(below)
    for one in clause.clauses:
        agree(one)


@settings(max_examples=examples(300), deadline=3000, suppress_health_check=list(HealthCheck))
@given(SOUND, SOUND, articles())
def test_explanations_agree_with_the_engine(
    where: dict[str, Any], exception: dict[str, Any], article: EnrichedArticle
) -> None:
    rules = loaded(
        {"name": "one", "kind": "match", "where": where, "exceptions": [{"name": "but", "where": exception}]}
    )
    assume(rules is not None)
    assert rules is not None
    (explanation,) = Explainer(rules).explain(article)
    assert explanation.met == (Engine(rules).matching(article) == ["one"])
    assert (explanation.excepted == ("but",)) == explanation.exceptions[0].clause.met
    agree(explanation.where)
    assert json.loads(json.dumps({"why": explanation.why}))["why"]


@settings(max_examples=examples(400), deadline=3000, suppress_health_check=list(HealthCheck))
@given(st.lists(SOUND, min_size=1, max_size=3), articles())
def test_condition_that_a_lint_calls_impossible_is_never_met(
    conditions: list[dict[str, Any]], article: EnrichedArticle
) -> None:
    rules = loaded({"name": "one", "kind": "match", "where": {"all": conditions}})
    assume(rules is not None)
    assert rules is not None
    said = list(about_condition(rules.rules[0].where))
    if said:
        assert Engine(rules).matching(article) == [], said
