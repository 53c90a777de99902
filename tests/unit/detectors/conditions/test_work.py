"""The budget of work for one article: counted in steps, so that the same article always ends the same way."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.conditions.work import MOST_STEPS, Work, WorkLimitError
from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
from detectors.model.article import Country, CountryMention, EnrichedArticle, Event, Organisation, Party, Sentence, Span

START = datetime(2020, 1, 1, tzinfo=UTC)
RULES = """
rules:
  - {name: one, kind: match, where: {sentence: {country: RUS, text: coup}, near: {country: RUS, text: 'cou*'}}}
  - {name: two, kind: frequency, window: 1h, at_least: 1, group_by: [country_pair, organisation]}
  - {name: three, kind: match, where: {sentence: {text: {matches: 'c.up'}, organisation: {exists: true}}}}
"""


def engine(folder: Path, rules: str = RULES) -> Engine:
    (folder / "desk.yaml").write_text(rules, encoding="utf-8")
    return Engine(load_rules(folder))


def article(sentences: int, countries: int = 1, organisations: int = 1) -> EnrichedArticle:
    unit = "Russia coup. "
    starts = range(0, sentences * len(unit), len(unit))
    codes = ["RUS", *(f"C{n:02}" for n in range(countries - 1))]
    return EnrichedArticle(
        id="a",
        text=unit * sentences,
        received_at=START,
        event_time=START + timedelta(hours=1),
        sentences=tuple(Sentence("text", start, start + len(unit)) for start in starts),
        countries=tuple(
            Country(
                code, mentions=tuple(CountryMention("text", start, start + 6, "Russia", "name") for start in starts)
            )
            for code in codes
        ),
        organisations=tuple(
            Organisation(f"b{n:04}", mentions=(Span("text", 0, 6, "Russia"),)) for n in range(organisations)
        ),
    )


def steps(engine: Engine, article: EnrichedArticle) -> int:
    work = Work()
    engine.read(article, work)
    return work.steps


def test_an_article_that_costs_too_much_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.engine.matching.MOST_STEPS", 10_000)
    rules = engine(tmp_path)
    with pytest.raises(WorkLimitError) as raised:
        rules.read(article(1000))
    assert raised.value.reason == "too_much_work"
    assert str(raised.value) == (
        "matching the article against the rules takes more than 10,000 steps: "
        "it has too many sentences, mentions or groups"
    )
    with pytest.raises(WorkLimitError):
        rules.matching(article(1000))
    assert rules.read(article(10)).firings


def test_the_budget_is_some_thousand_times_an_ordinary_article(tmp_path: Path) -> None:
    assert 1000 * steps(engine(tmp_path), article(30)) < MOST_STEPS


@pytest.mark.parametrize(("sentences", "countries", "organisations"), [(300, 1, 1), (1, 90, 1), (3, 2, 2000)])
def test_the_budget_is_kept_to_the_step(tmp_path: Path, sentences: int, countries: int, organisations: int) -> None:
    rules, one = engine(tmp_path), article(sentences, countries, organisations)
    least = steps(rules, one)
    assert rules.read(one, Work(least)) == rules.read(one)
    with pytest.raises(WorkLimitError):
        rules.read(one, Work(least - 1))


def test_sentences_mentions_and_groups_cost_steps(tmp_path: Path) -> None:
    rules = engine(tmp_path)
    usual = steps(rules, article(10))
    assert usual < 1000
    assert 5 * usual < steps(rules, article(100)) < 15 * usual
    assert steps(rules, article(1, countries=80)) > 80 * 79
    assert steps(rules, article(1, countries=2, organisations=3000)) > 3000


def test_steps_are_the_same_in_every_process() -> None:
    """No order of a set, which differs by process, may decide how far a search goes before it stops."""
    script = (
        "from pathlib import Path; from tempfile import mkdtemp; from tests.unit.detectors.conditions.test_work import *\n"
        'rules = \'{rules: [{name: one, kind: match, where: {lead: [russia, coup, "ru*", "russia coup"], '
        'sentence: {text: [coup, "co*", "russia coup", russia]}}}]}\'\n'
        "print(steps(engine(Path(mkdtemp()), rules), article(40)))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            cwd=Path(__file__).parents[4],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(found) == 1


def test_events_with_many_parties_count_all_of_them(tmp_path: Path) -> None:
    rules = engine(
        tmp_path,
        "rules: [{name: one, kind: frequency, window: 1h, at_least: 1, where: {event: {participant: {all: [x, y]}}}, group_by: [event.pair]}]",
    )

    def of(parties: int) -> EnrichedArticle:
        named = tuple(Party(name=f"x y {n}") for n in range(parties))
        return EnrichedArticle(
            id="a",
            text="",
            received_at=START,
            event_time=START,
            events=(Event("meeting", actors=named, targets=named),),
        )

    assert steps(rules, of(10)) >= 2 * (10 + 10 + 10)
    assert steps(rules, of(300)) >= 50_000  # the pairs of one event are limited
