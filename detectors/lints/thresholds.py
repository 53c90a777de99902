"""Thresholds that nothing can reach, and severities that can never be the highest reached."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.facts.facts import MOST_FACTS
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
