"""Thresholds that nothing can reach, and severities that can never be the highest reached."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.conditions.nodes import EVERY_ARTICLE
from detectors.facts.facts import MOST_FACTS
from detectors.lints.registry import of_rule
from detectors.rules.rule import Rule
from detectors.rules.thresholds import Thresholds
from detectors.vocabulary import shipped_vocabulary

_SHARES = frozenset({"theme.score", "official.confidence"})


def _thresholds(rule: Rule, key: str) -> Thresholds | None:
    found = getattr(rule.kind, key, None)
    return found if isinstance(found, Thresholds) else None


@of_rule
def out_of_range(rule: Rule) -> Iterator[tuple[str, str]]:
    """A number that the kind can never come to."""
    kind = rule.kind
    at_least, at_most = _thresholds(rule, "at_least"), _thresholds(rule, "at_most")
    low, high = _range(rule)
    if at_least is not None and at_least.least > high:
        yield "at_least", f"the rule can never fire: it comes to at most {high:g}, found {at_least.least:g}"
    if at_most is not None and at_most.most < low:
        yield "at_most", f"the rule can never fire: it comes to at least {low:g}, found {at_most.most:g}"
    minimum = getattr(kind, "minimum", None)
    if isinstance(minimum, int) and minimum > MOST_FACTS:
        yield "minimum", f"the rule can never fire: a group holds at most {MOST_FACTS} articles, found {minimum}"
    below = _thresholds(rule, "below")
    if below is not None and below.most <= 0:
        yield "below", f"the rule can never fire: there are never fewer than {below.most:g} articles"


def _range(rule: Rule) -> tuple[float, float]:
    """The least and the most that the number of a rule comes to."""
    kind = rule.kind
    name = kind.NAME
    if name == "ratio":
        return 0, (1 if getattr(kind, "to", EVERY_ARTICLE) == EVERY_ARTICLE else MOST_FACTS)
    if name == "metric":
        share = getattr(kind, "value", "") in _SHARES and getattr(kind, "function", "") != "sum"
        return (0, 1) if share else (float("-inf"), float("inf"))
    if name == "cardinality":
        return 0, min(MOST_FACTS, _most_values(getattr(kind, "of", "")))
    if name == "spike":
        return 0, MOST_FACTS
    return 0, MOST_FACTS


def _most_values(field: str) -> float:
    vocabulary = shipped_vocabulary()
    closed = {
        "theme": len(vocabulary.themes) - ("none" in vocabulary.themes),
        "official.class": len(vocabulary.role_classes),
    }
    return closed.get(field, float("inf"))


@of_rule
def hidden_severities(rule: Rule) -> Iterator[tuple[str, str]]:
    """``{warning: 20, critical: 5}``: who reaches 20 has reached 5, and the highest reached counts."""
    for key, rising in (("at_least", True), ("factor", True), ("at_most", False), ("below", False)):
        found = _thresholds(rule, key)
        if found is None:
            continue
        for lower, higher in zip(found.levels, found.levels[1:], strict=False):
            if lower.number >= higher.number if rising else lower.number <= higher.number:
                beaten = f"{higher.severity} is at {higher.number:g}"
                yield key, f"{lower.severity} ({lower.number:g}) is never the highest reached: {beaten}"
