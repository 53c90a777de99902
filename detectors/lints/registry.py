"""Lints: what is allowed in a rule set and probably not meant. Each is one function; registering it is all it takes.

Three sorts, by what they look at: a condition (``@of_condition``), one rule (``@of_rule``), all rules (``@of_set``).
Modules of :mod:`detectors.lints` hold them; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detectors.conditions.nodes import Condition
    from detectors.rules.rule import Rule

ConditionLint = Callable[["Condition"], Iterator[str]]
RuleLint = Callable[["Rule"], Iterator[tuple[str, str]]]
SetLint = Callable[[Sequence["Rule"]], Iterator[tuple["Rule", str, str]]]

_CONDITION_LINTS: list[ConditionLint] = []
_RULE_LINTS: list[RuleLint] = []
_SET_LINTS: list[SetLint] = []


def of_condition(lint: ConditionLint) -> ConditionLint:
    """Register what yields messages about a condition (not about those within it: they are asked about themselves)."""
    _CONDITION_LINTS.append(lint)
    return lint


def of_rule(lint: RuleLint) -> RuleLint:
    """Register what yields, for one rule, the key to point at and the message."""
    _RULE_LINTS.append(lint)
    return lint


def of_set(lint: SetLint) -> SetLint:
    """Register what yields, for all rules of a set, the rule, the key and the message."""
    _SET_LINTS.append(lint)
    return lint


@cache
def _load() -> None:
    package = importlib.import_module("detectors.lints")
    for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"detectors.lints.{module}")


def about_condition(condition: Condition) -> Iterator[str]:
    """What the lints say of a condition."""
    _load()
    for lint in _CONDITION_LINTS:
        yield from lint(condition)


def about_rule(rule: Rule) -> Iterator[tuple[str, str]]:
    """What the lints say of a rule: the key to point at, and the message."""
    _load()
    for lint in _RULE_LINTS:
        yield from lint(rule)


def about_set(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str, str]]:
    """What the lints say of rules together: the rule, the key to point at, and the message."""
    _load()
    for lint in _SET_LINTS:
        yield from lint(rules)
