"""Conditions on what was not looked for in an article are neither met nor unmet."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detectors.authoring.explain import Explainer, Explanation
from detectors.loading.ruleset import load_rules
from detectors.model.article import EnrichedArticle, Sentence, Theme

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALL = ("countries", "officials", "organisations", "themes", "events")


def explained(folder: Path, where: str, **given: Any) -> Explanation:
    (folder / "desk.yaml").write_text(f"rules:\n  - {{name: one, kind: match, where: {where}}}\n", encoding="utf-8")
    article = EnrichedArticle(
        id="a1", text="Words.", sentences=(Sentence("text", 0, 6),), received_at=NOW, event_time=NOW, **given
    )
    (explanation,) = Explainer(load_rules(folder)).explain(article)
    return explanation


@pytest.mark.parametrize(
    ("where", "english", "other"),
    [
        ("{theme: energy}", False, False),
        ("{not: {theme: energy}}", True, False),
        ("{not: {not: {theme: energy}}}", False, False),
        ("{theme: {exists: false}}", True, False),
        ("{official: {exists: false}}", True, False),
        ("{none: [{theme: energy}, {text: absent}]}", True, False),
        ("{none: [{theme: energy}, {text: words}]}", False, False),
        ("{not: {all: [{theme: energy}, {text: absent}]}}", True, True),
        ("{not: {sentence: {theme: energy}}}", True, False),
        ("{sentence: {text: words, none: [{theme: energy}]}}", True, False),
        ("{not: {event: coup}}", True, False),
        ("{not: {official: {all: [a, b]}}}", True, False),
        ("{not: {country: KAZ}}", True, True),
        ("{any: [{not: {theme: energy}}, {text: words}]}", True, True),
    ],
)
def test_what_was_not_looked_for_is_neither_there_nor_absent(
    tmp_path: Path, where: str, english: bool, other: bool
) -> None:
    assert explained(tmp_path, where, language="en", extracted=ALL).met is english
    assert explained(tmp_path, where, language="ru", extracted=("countries",)).met is other


def test_a_record_that_does_not_say_was_looked_through(tmp_path: Path) -> None:
    assert explained(tmp_path, "{not: {theme: energy}}").met


def test_a_value_that_is_there_was_looked_for(tmp_path: Path) -> None:
    given = {"extracted": ("countries",), "themes": (Theme("energy"),)}
    assert explained(tmp_path, "{not: {theme: sanctions}}", **given).met
    assert not explained(tmp_path, "{not: {theme: energy}}", **given).met


def test_explain_says_what_was_not_looked_for(tmp_path: Path) -> None:
    where = explained(tmp_path, "{theme: {exists: false}}", extracted=("countries",)).where
    while where.clauses:
        where = where.clauses[-1]
    assert where.nearest == "theme was not looked for in an article in this language"
