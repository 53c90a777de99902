"""Unit tests of rules: ``NAME.test.yaml`` beside ``NAME.yaml``, with article texts or their extracted values.

Pure: the caller supplies the extraction. Values that a test gives (officials, countries, themes) are used as they are;
only the rest is extracted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from detectors.authoring.rule_test_files import Extract, RuleTest, names_in, read_tests
from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSet
from detectors.model.alert import Alert
from detectors.model.event_time import parse_time

FIRST_TIME = datetime(2020, 1, 1, tzinfo=UTC)
NEXT = timedelta(minutes=1)
SUFFIX = ".test.yaml"


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one test; ``problems`` is empty if it passed."""

    __test__ = False

    file: str
    name: str
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the test produced every expected alert and no other."""
        return not self.problems


def test_files(folder: Path) -> list[Path]:
    """The unit test files in a rules folder and its subfolders, by name."""
    found = (path.relative_to(folder) for path in folder.rglob(f"*{SUFFIX}"))
    return sorted(folder / path for path in found if not any(part.startswith(".") for part in path.parts))


test_files.__test__ = False  # type: ignore[attr-defined]


def run_file(file: Path, rules: RuleSet, extract: Extract) -> Iterator[TestResult]:
    """Run the tests of one file against a rule set.

    Raises:
        RuleSetError: the file is not YAML or not a test file; the message names file, line and field.
    """
    engine = Engine(rules)
    own = names_in(file.with_name(file.name.removesuffix(SUFFIX) + ".yaml"))
    for test in read_tests(file):
        names = test.rules or own
        unknown = [name for name in names if name not in engine.rules and test.rules]
        if unknown:
            said = tuple(f"no enabled rule is named {name!r}" for name in unknown)
            yield TestResult(file=str(file), name=test.name, problems=said)
            continue
        if test.until is not None and parse_time(test.until) is None:
            said = (f"until: expected an RFC 3339 time, found {test.until!r}",)
            yield TestResult(file=str(file), name=test.name, problems=said)
            continue
        alerts = _alerts(test, engine, extract, set(names))
        yield TestResult(
            file=str(file),
            name=test.name,
            problems=tuple(_differences(test.alerts, alerts)),
            warnings=tuple(_warnings(test, engine, names)),
        )


def junit(results: Sequence[TestResult]) -> bytes:
    """The results as JUnit XML."""
    suites = Element("testsuites", tests=str(len(results)), failures=str(sum(not one.passed for one in results)))
    for file in dict.fromkeys(result.file for result in results):
        cases = [result for result in results if result.file == file]
        failures = str(sum(not case.passed for case in cases))
        suite = SubElement(suites, "testsuite", name=file, tests=str(len(cases)), failures=failures)
        for case in cases:
            element = SubElement(suite, "testcase", classname=file, name=case.name)
            if not case.passed:
                SubElement(element, "failure", message=case.problems[0]).text = "\n".join(case.problems)
    indent(suites)
    written: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return written


def _alerts(test: RuleTest, engine: Engine, extract: Extract, names: set[str]) -> list[Alert]:
    """The alerts of the named rules, each id in its last state, in order of first appearance."""
    scan = Scan(engine)
    firings = []
    last = newest = FIRST_TIME
    for number, given in enumerate(test.articles):
        article = given.enriched(number, last if number == 0 else last + NEXT, extract)
        last = article.event_time
        newest = last if number == 0 else max(newest, last)
        firings += scan.feed(article)
    firings += scan.settle(parse_time(test.until or "") or newest)
    alerts = {firing.alert.id: firing.alert for firing in firings if firing.alert.rule in names}
    return list(alerts.values())


def _warnings(test: RuleTest, engine: Engine, names: Iterable[str]) -> Iterator[str]:
    for number, article in enumerate(test.articles, 1):
        for said in article.unknown():
            yield f"article {number}: {said}"
    waiting = [name for name in names if name in engine.rules and engine.rules[name].kind.waits_for_watermark()]
    if waiting and test.until is None:
        yield f"{', '.join(waiting)} waits for event time to advance: set `until`"


def _differences(expected: Sequence[Mapping[str, Any]], alerts: Sequence[Alert]) -> Iterator[str]:
    """Missing and unexpected alerts, after as many expectations as possible are matched with an alert each."""
    shown = [msgspec.to_builtins(alert) for alert in alerts]
    owner: dict[int, int] = {}
    missing = [number for number in range(len(expected)) if not _assign(number, expected, shown, owner, set())]
    for number in missing:
        yield f"missing alert: {dict(expected[number])}"
    for number, alert in enumerate(alerts):
        if number not in owner:
            yield f"unexpected alert: {_summary(alert)}"


def _assign(
    number: int,
    expected: Sequence[Mapping[str, Any]],
    shown: Sequence[Mapping[str, Any]],
    owner: dict[int, int],
    tried: set[int],
) -> bool:
    """One step of Kuhn's algorithm for bipartite matching."""
    for place, alert in enumerate(shown):
        if place in tried or not _fits(expected[number], alert):
            continue
        tried.add(place)
        if place not in owner or _assign(owner[place], expected, shown, owner, tried):
            owner[place] = number
            return True
    return False


def _fits(expected: Any, found: Any) -> bool:
    """Whether every named field has the expected value; times are compared as moments."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return False
        return all(key in found and _fits(value, found[key]) for key, value in expected.items())
    if isinstance(expected, list | tuple):
        same_length = isinstance(found, list | tuple) and len(expected) == len(found)
        return same_length and all(_fits(one, other) for one, other in zip(expected, found, strict=True))
    if isinstance(expected, str) and isinstance(found, str) and expected != found:
        moment = parse_time(expected)
        return moment is not None and moment == parse_time(found)
    if isinstance(expected, float) and isinstance(found, int | float):
        return math.isclose(expected, found, rel_tol=1e-9)
    if isinstance(found, str) and isinstance(expected, int | float) and not isinstance(expected, bool):
        return str(expected) == found  # an annotation that is a number
    return bool(expected == found)


def _summary(alert: Alert) -> dict[str, Any]:
    fields = ("rule", "state", "severity", "group", "count", "annotations")
    return {name: msgspec.to_builtins(getattr(alert, name)) for name in fields}
