"""The registry of lints: what is valid in a rule set but probably a mistake. Each lint is one registered function.

A lint checks a phrase, pattern or list entry (``@of_text``), a condition (``@of_condition``), one rule (``@of_rule``)
or all rules (``@of_set``). The modules of :mod:`detectors.lints` contain them; there is no other list.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from detectors.conditions.nodes import Condition
    from detectors.rules.rule import Rule

TextForm = Literal["phrase", "pattern", "entry"]
TextLint = Callable[[str], Iterator[str]]
ConditionLint = Callable[["Condition"], Iterator[str]]
RuleLint = Callable[["Rule"], Iterator[tuple[str, str]]]
SetLint = Callable[[Sequence["Rule"]], Iterator[tuple["Rule", str, str]]]

_TEXT_LINTS: dict[str, list[TextLint]] = {"phrase": [], "pattern": [], "entry": []}
_CONDITION_LINTS: list[ConditionLint] = []
_RULE_LINTS: list[RuleLint] = []
_SET_LINTS: list[SetLint] = []


def of_text(form: TextForm) -> Callable[[TextLint], TextLint]:
    """Register a lint that yields messages about the text of a phrase, a pattern, or a list's entry as written."""

    def register(lint: TextLint) -> TextLint:
        _TEXT_LINTS[form].append(lint)
        return lint

    return register


def of_condition(lint: ConditionLint) -> ConditionLint:
    """Register a lint that yields messages about a condition, but not about its parts, which are checked separately."""
    _CONDITION_LINTS.append(lint)
    return lint


def of_rule(lint: RuleLint) -> RuleLint:
    """Register a lint that yields, for one rule, the key to point at and the message."""
    _RULE_LINTS.append(lint)
    return lint


def of_set(lint: SetLint) -> SetLint:
    """Register a lint that yields, for all rules of a set, the rule, the key and the message."""
    _SET_LINTS.append(lint)
    return lint


@cache
def _load() -> None:
    package = importlib.import_module("detectors.lints")
    for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"detectors.lints.{module}")


def about_text(text: str, form: TextForm) -> Iterator[str]:
    """The messages of the lints about a text as written."""
    _load()
    for lint in _TEXT_LINTS[form]:
        yield from lint(text)


def about_condition(condition: Condition) -> Iterator[str]:
    """The messages of the lints about a condition."""
    _load()
    for lint in _CONDITION_LINTS:
        yield from lint(condition)


def about_rule(rule: Rule) -> Iterator[tuple[str, str]]:
    """The findings of the lints about a rule: the key to point at, and the message."""
    _load()
    for lint in _RULE_LINTS:
        yield from lint(rule)


def about_set(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str, str]]:
    """The findings of the lints about a set of rules: the rule, the key to point at, and the message."""
    _load()
    for lint in _SET_LINTS:
        yield from lint(rules)
