"""Unit tests of rules: ``NAME.test.yaml`` beside ``NAME.yaml``, with article texts or their extracted values.

Pure: the caller supplies the extraction. Values that a test gives (officials, countries, themes) are used as they are;
only the rest is extracted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from detectors.authoring.rule_test_differences import differences
from detectors.authoring.rule_test_files import Extract, RuleTest, lines_of, names_in, read_tests
from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSet
from detectors.model.alert import Alert
from detectors.model.event_time import parse_time
from detectors.reading.problems import nearest

FIRST_TIME = datetime(2020, 1, 1, tzinfo=UTC)
NEXT = timedelta(minutes=1)
SUFFIX = ".test.yaml"


class TestResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one test at a line of its file; ``problems``, each with a line, is empty if it passed."""

    __test__ = False

    file: str
    name: str
    line: int = 1
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the test produced every expected alert and no other."""
        return not self.problems


def test_files(folder: Path) -> list[Path]:
    """The unit test files in a rules folder and its subfolders, by name; beside a rule file, the one of that name."""
    if not folder.is_dir():
        beside = folder.with_name(folder.name.removesuffix(".yaml") + SUFFIX)
        return [beside] if beside.is_file() else []
    found = (path.relative_to(folder) for path in folder.rglob(f"*{SUFFIX}"))
    return sorted(folder / path for path in found if not any(part.startswith(".") for part in path.parts))


test_files.__test__ = False  # type: ignore[attr-defined]


def overlooked(folder: Path) -> list[Path]:
    """Files that look like tests, but have another ending."""
    return sorted(path for path in folder.rglob("*.test.yml")) if folder.is_dir() else []


def run_file(file: Path, rules: RuleSet, extract: Extract) -> Iterator[TestResult]:
    """Run the tests of one file against a rule set.

    Raises:
        RuleSetError: the file is not YAML or not a test file; the message names file, line and field.
    """
    engine = Engine(rules)
    beside = file.with_name(file.name.removesuffix(SUFFIX) + ".yaml")
    own = names_in(beside)
    lines = lines_of(file)
    for number, test in enumerate(read_tests(file)):
        line, alert_lines = lines[number]
        result = TestResult(file=str(file), name=test.name, line=line)
        said = _unusable(test, beside, own, engine)
        if said is not None:
            yield msgspec.structs.replace(result, problems=(f"{line}: {test.name}: {said}",))
            continue
        names = test.rules or own
        alerts = _alerts(test, engine, extract, set(names))
        yield msgspec.structs.replace(
            result,
            problems=tuple(
                f"{alert_lines[place] if place is not None else line}: {test.name}: {problem}"
                for place, problem in differences(test.alerts, alerts)
            ),
            warnings=tuple(_warnings(test, engine, names)),
        )


def _unusable(test: RuleTest, beside: Path, own: Iterable[str], engine: Engine) -> str | None:
    """Why a test cannot run, or None."""
    if not test.rules and not beside.is_file():
        return (
            f"there is no {beside.name} beside this file: it tests nothing; rename it with its rules, or name `rules`"
        )
    unknown = [name for name in test.rules if name not in engine.rules]
    if unknown:
        return "; ".join(f"no enabled rule is named {name!r}{nearest(name, engine.rules)}" for name in unknown)
    if not any(name in engine.rules for name in (*test.rules, *own)):
        return f"{beside.name} has no enabled rule: it tests nothing"
    if test.until is not None and parse_time(test.until) is None:
        return f"until: expected an RFC 3339 time, found {test.until!r}"
    return None


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
    until = parse_time(test.until or "")
    times = [time for article in test.articles if (time := parse_time(article.published_at or "")) is not None]
    if until is not None and times and until < max(times):
        yield f"`until` {test.until} is before the last article: nothing after it is judged"
    if waiting and test.until is None:
        yield f"{', '.join(waiting)} waits for event time to advance: set `until`"
