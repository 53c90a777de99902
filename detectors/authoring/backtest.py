"""Backtest: how many alerts the rules give over an archive, by week, and whether that is what was expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from detectors.engine.firing import Firing
from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSet
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle
from detectors.reading.problems import RuleSetError, nearest
from detectors.reading.typed import read_yaml_file


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many alerts a rule is to give over the whole archive."""

    rule: str
    at_least: int | None = None
    at_most: int | None = None
    exactly: int | None = None

    def said(self) -> str:
        """The expectation in words, such as ``at least 2 and at most 5``."""
        bounds = (("exactly", self.exactly), ("at least", self.at_least), ("at most", self.at_most))
        return " and ".join(f"{word} {number}" for word, number in bounds if number is not None)

    def met_by(self, number: int) -> bool:
        """Whether so many alerts are as expected."""
        return (
            (self.exactly is None or number == self.exactly)
            and (self.at_least is None or number >= self.at_least)
            and (self.at_most is None or number <= self.at_most)
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    expectations: tuple[Expectation, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One expectation and the number of alerts found; ``problem`` is empty if they agree."""

    rule: str
    expected: str
    found: int
    problem: str = ""


def read_expectations(file: Path) -> tuple[Expectation, ...]:
    """The expectations of a file: ``expectations: [{rule: NAME, at_least: 1, at_most: 5}]``.

    Raises:
        RuleSetError: the file is not YAML or not a file of expectations; names all problems with file, line and field.
    """
    return read_yaml_file(file, _File, RuleSetError).expectations


class Backtest:
    """Runs a rule set over articles in their order, and keeps the alerts that go to a topic, each id once."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._scan = Scan(Engine(rules))
        self._alerts: dict[str, Alert] = {}

    def feed(self, article: EnrichedArticle) -> None:
        """Take the next article."""
        self._take(self._scan.feed(article))

    def until(self, time: datetime) -> None:
        """Advance event time to ``time`` without further articles."""
        self._take(self._scan.until(time))

    def _take(self, firings: Iterable[Firing]) -> None:
        for firing in firings:
            if firing.topics:
                self._alerts.setdefault(firing.alert.id, firing.alert)

    def by_week(self) -> dict[str, Counter[date]]:
        """The number of alerts of each rule that gave any, by the Monday of the week in which they began."""
        found: dict[str, Counter[date]] = {}
        for alert in self._alerts.values():
            day = alert.starts_at.date()
            found.setdefault(alert.rule, Counter())[day - timedelta(days=day.weekday())] += 1
        return dict(sorted(found.items()))

    def results(self, expectations: Iterable[Expectation]) -> Iterator[Result]:
        """Each expectation, and whether it is met; a rule that does not exist meets none."""
        numbers = Counter(alert.rule for alert in self._alerts.values())
        names = {rule.name for rule in self.rules.rules}
        for one in expectations:
            number = numbers[one.rule]
            problem = ""
            if one.rule not in names:
                problem = f"unknown rule {one.rule!r}{nearest(one.rule, names)}"
            elif not one.said():
                problem = "expected at_least, at_most or exactly"
            elif not one.met_by(number):
                problem = f"expected {one.said()}, found {number}"
            yield Result(rule=one.rule, expected=one.said(), found=number, problem=problem)


def junit(results: Sequence[Result]) -> bytes:
    """The results as JUnit XML."""
    failures = str(sum(bool(one.problem) for one in results))
    suites = Element("testsuites", tests=str(len(results)), failures=failures)
    suite = SubElement(suites, "testsuite", name="backtest", tests=str(len(results)), failures=failures)
    for one in results:
        case = SubElement(suite, "testcase", classname="backtest", name=f"{one.rule}: {one.expected}")
        if one.problem:
            SubElement(case, "failure", message=one.problem).text = one.problem
    indent(suites)
    written: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return written
