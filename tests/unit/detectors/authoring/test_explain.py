"""Explanations: where each clause was met, and what came nearest if it was not."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from detectors.authoring import nearest
from detectors.authoring.explain import Clause, Explainer, Explanation
from detectors.authoring.wording import words_of
from detectors.loading.ruleset import load_rules
from detectors.model.article import Country, CountryMention, EnrichedArticle, Official, Sentence, Span, Theme

TEXT = "In Bishkek the minister spoke of sanctions. Later the embargo was lifted by the council."
NOW = datetime(2020, 1, 1, tzinfo=UTC)


def article(**changes: Any) -> EnrichedArticle:
    given: dict[str, Any] = {
        "id": "a1",
        "text": TEXT,
        "title": "Talks",
        "source": "wire.example",
        "sentences": (Sentence("title", 0, 5), Sentence("text", 0, 43), Sentence("text", 44, len(TEXT))),
        "received_at": NOW,
        "event_time": NOW,
        "countries": (Country("KGZ", "main", (CountryMention("text", 3, 10, "Bishkek", "capital"),)), Country("USA")),
        "themes": (Theme("sanctions", 0.42, (Span("text", 33, 42, "sanctions"),)),),
        "officials": (Official("anna-one", "Anna One", role="minister", role_class="minister", country="KGZ"),),
    }
    return EnrichedArticle(**{**given, **changes})


def explained(tmp_path: Path, where: str, more: str = "kind: match", **changes: Any) -> Explanation:
    (tmp_path / "desk.yaml").write_text(f"rules:\n  - {{name: one, {more}, where: {where}}}\n", encoding="utf-8")
    (explanation,) = Explainer(load_rules(tmp_path)).explain(article(**changes))
    return explanation


def leaf(clause: Clause) -> Clause:
    return leaf(clause.clauses[-1]) if clause.clauses else clause


def test_met_clause_shows_where(tmp_path: Path) -> None:
    found = explained(tmp_path, "{country: {in: [KGZ, KAZ]}, text: 'sanction*'}")
    assert found.met
    country, text = found.where.clauses
    assert (country.values, [(one.start, one.text) for one in country.places]) == (("KGZ",), [(3, "Bishkek")])
    assert (text.values, [(one.start, one.text) for one in text.places]) == (("sanction*",), [(33, "sanctions")])


@pytest.mark.parametrize(
    ("where", "nearest"),
    [
        ("{theme: {is: sanctions, score: {gte: 0.5}}}", "sanctions: score 0.42, wanted at least 0.5"),
        ("{theme: energy}", "sanctions: wanted energy"),
        ("{country: {in: [KAZ, KGZ], salience: mentioned}}", "Kyrgyzstan: salience 'main', wanted mentioned"),
        ("{official: {in: [Anne One, Ben Two]}}", "Anna One: nearest 'Anne One'"),
        ("{official: {class: [foreign_minister, diplomat]}}", "Anna One: class 'minister', nearest 'foreign_minister'"),
        ("{official: {class: minister, country: USA}}", "Anna One: country 'KGZ', wanted USA"),
        ("{official: {organisation: UN}}", "Anna One: it has no organisation"),
        ("{organisation: UN}", "no organisation in the article"),
        ("{source: wire.test}", "wire.example: wanted wire.test"),
        ("{meta.tone: {gt: 1}}", "no meta.tone in the article"),
        ("{text: human rights}", "'human rights': missing 'human', 'rights'"),
        ("{text: [peace treaty, lifted sanctions now]}", "'lifted sanctions now': missing 'now'"),
        ("{text: sanction}", "'sanction': missing 'sanction'; found 'sanctions'"),
        ("{text: embargo lifted}", "'embargo lifted': its words are there, but not as one phrase"),
        ("{text: {not_in: [embargo]}}", "found embargo"),
        ("{country: {exists: false}}", "found Kyrgyzstan, United States"),
    ],
)
def test_unmet_clause_shows_what_came_nearest(tmp_path: Path, where: str, nearest: str) -> None:
    found = explained(tmp_path, where)
    assert not found.met
    assert found.why == "the article does not meet 'where'"
    assert leaf(found.where).nearest == nearest


def test_nearest_sentence_meets_most_clauses(tmp_path: Path) -> None:
    found = explained(tmp_path, "{sentence: {all: [{text: embargo}, {text: council}, {country: KGZ}]}}")
    assert found.where.clause == "sentence"
    assert "embargo was lifted" in found.where.stretch
    assert [clause.met for clause in found.where.clauses[0].clauses] == [True, True, False]
    assert found.where.clauses[0].clauses[2].nearest


def test_forbidden_text_shows_where_it_is(tmp_path: Path) -> None:
    found = explained(tmp_path, "{country: KGZ, none: [{text: embargo}]}")
    none = found.where.clauses[1]
    assert (none.clause, none.met) == ("none", False)
    assert none.clauses[0].places[0].text == "embargo"


def test_exceptions_are_named(tmp_path: Path) -> None:
    found = explained(tmp_path, "{country: KGZ}", "kind: match, exceptions: [{name: lifted, where: {text: embargo}}]")
    assert not found.met
    assert found.excepted == ("lifted",)
    assert found.why == "the article meets the exception 'lifted'"
    assert found.exceptions[0].clause.places[0].text == "embargo"


def test_groups_are_the_values_that_met_the_condition(tmp_path: Path) -> None:
    frequency = "kind: frequency, window: 1d, at_least: 2, group_by: [country, source]"
    found = explained(tmp_path, "{country: {in: [KGZ, KAZ]}}", frequency)
    assert found.met
    assert found.groups == ({"country": "KGZ", "source": "wire.example"},)
    without = explained(tmp_path, "{country: KGZ}", frequency, source=None)
    assert not without.met
    assert "no value for country, source" in without.why


def test_steps_are_named_by_their_keys(tmp_path: Path) -> None:
    absence = "kind: absence, within: 1d, after: {text: sanctions}, without: {text: peace}"
    found = explained(tmp_path, "{country: KGZ}", absence)
    assert [(step.name, step.clause.met) for step in found.steps] == [("after", True), ("without", False)]
    sequence = "kind: sequence, window: 1d, steps: [{text: peace}, {text: war}]"
    found = explained(tmp_path, "{country: KGZ}", sequence)
    assert [(step.name, step.clause.met) for step in found.steps] == [("step 1", False), ("step 2", False)]
    assert not found.met
    assert found.why == "the article meets 'where', but none of the steps"


@pytest.mark.alone
def test_long_list_is_searched_in_bounded_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = 100_000
    names = "\n".join(f"Person Number{n} | P. Number{n}" for n in range(number))
    (tmp_path / "names.txt").write_text(names, encoding="utf-8")
    (tmp_path / "desk.yaml").write_text(
        "lists: {watched: {file: names.txt}}\n"
        "rules: [{name: one, kind: match, where: {sentence: {text: {in: watched}, official: {in: watched}}}}]"
    )
    explainer = Explainer(load_rules(tmp_path))
    steps: Counter[str] = Counter()

    class Counted(difflib.SequenceMatcher[str]):
        def set_seq1(self, a: Sequence[str]) -> None:
            steps["similarities"] += 1
            super().set_seq1(a)

    def counted(text: str) -> list[str]:
        steps["words"] += 1
        return words_of(text)

    monkeypatch.setattr(nearest.difflib, "SequenceMatcher", Counted)
    monkeypatch.setattr(nearest, "words_of", counted)
    (explanation,) = explainer.explain(article(text=TEXT * 20))
    assert not explanation.met
    assert nearest.LOOKED_AT <= steps["similarities"] < nearest.LOOKED_AT + 100
    assert 2 * number <= steps["words"] < 2 * number + 100  # each phrase is looked at once
