"""Thresholds that nothing can reach, and severities that can never be the highest reached."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.conditions.fields import field_named
from detectors.conditions.nodes import Condition, Has
from detectors.conditions.predicates import Whole
from detectors.facts.facts import MOST_FACTS
from detectors.lints.conjuncts import conjuncts
from detectors.lints.registry import of_rule
from detectors.rules.rule import Rule
from detectors.rules.thresholds import Thresholds


def _thresholds(rule: Rule, key: str) -> Thresholds | None:
    found = getattr(rule.kind, key, None)
    return found if isinstance(found, Thresholds) else None


@of_rule
def out_of_range(rule: Rule) -> Iterator[tuple[str, str]]:
    """A threshold beyond the range of the kind's number."""
    at_least, at_most = _thresholds(rule, "at_least"), _thresholds(rule, "at_most")
    low, high = rule.kind.number_range()
    if at_least is not None and at_least.least > high:
        yield "at_least", f"the rule can never fire: the value is at most {high:g}, found {at_least.least:g}"
    if at_most is not None and at_most.most < low:
        yield "at_most", f"the rule can never fire: the value is at least {low:g}, found {at_most.most:g}"
    minimum = getattr(rule.kind, "minimum", None)
    if isinstance(minimum, int) and minimum > MOST_FACTS:
        yield "minimum", f"the rule can never fire: a group holds at most {MOST_FACTS} articles, found {minimum}"
    below = _thresholds(rule, "below")
    if below is not None and below.most <= 0:
        yield "below", f"the rule can never fire: there are never fewer than {below.most:g} articles"


@of_rule
def more_than_the_condition_leaves(rule: Rule) -> Iterator[tuple[str, str]]:
    """``cardinality of: language, at_least: 5`` under ``language: en``; ``corroborated`` over one source."""
    at_least = _thresholds(rule, "at_least")
    counted = rule.kind.value_field() if rule.kind.NAME == "cardinality" else rule.kind.count_unit()
    if at_least is None or counted is None:
        return
    known = field_named(counted)
    names = _values_left(rule.where, counted, known.main.name if known is not None else counted)
    fields = {field for field in rule.kind.group_fields() if field == counted}
    if fields and rule.kind.NAME in {"cardinality", "frequency", "corroborated"}:
        names = 1
    if names is not None and at_least.least > names:
        left = "a group" if fields else "'where'"
        yield "at_least", f"the rule can never fire: {left} leaves {names} {counted}, but it needs {at_least.least:g}"


def _values_left(where: Condition, field: str, attribute: str) -> int | None:
    """How many values of a field with one value an article the condition leaves; None if any."""
    left: frozenset[object] | None = None
    for part in conjuncts(where):
        if isinstance(part, Has) and part.field == field:
            for name, predicate in part.tests:
                if name == attribute and isinstance(predicate, Whole) and not predicate.negated:
                    names = frozenset[object](predicate.names)
                    left = names if left is None else left & names
    return None if left is None else len(left)


@of_rule
def always_met(rule: Rule) -> Iterator[tuple[str, str]]:
    """A threshold that every window with an article meets."""
    at_least, at_most = _thresholds(rule, "at_least"), _thresholds(rule, "at_most")
    low, high = rule.kind.number_range()
    factor = _thresholds(rule, "factor")
    if factor is not None and factor.least <= 1:
        yield "factor", f"a factor of {factor.least:g} is met by the usual count: expected more than 1"
    if rule.kind.NAME in {"ratio", "metric"}:
        if at_least is not None and at_least.least <= low:
            yield "at_least", f"this is always met: the value is never below {low:g}"
        if at_most is not None and at_most.most >= high:
            yield "at_most", f"this is always met: the value is never above {high:g}"
    if rule.kind.NAME == "corroborated" and at_least is not None and at_least.least < 2:
        yield "at_least", "one article corroborates nothing: expected 2 or more"


@of_rule
def hidden_severities(rule: Rule) -> Iterator[tuple[str, str]]:
    """``{warning: 20, critical: 5}``: a value that reaches 20 also reaches 5, and the highest severity counts."""
    for key, rising in (("at_least", True), ("factor", True), ("at_most", False), ("below", False)):
        found = _thresholds(rule, key)
        if found is None:
            continue
        for lower, higher in zip(found.levels, found.levels[1:], strict=False):
            if lower.number >= higher.number if rising else lower.number <= higher.number:
                beaten = f"{higher.severity} is at {higher.number:g}"
                yield key, f"{lower.severity} ({lower.number:g}) is never the highest reached: {beaten}"
