"""Conditions that no article can meet: values that exclude each other, bounds with nothing between them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeGuard

from detectors.conditions.fields import FIELDS, META, SIDES
from detectors.conditions.nodes import Condition, Every, Has, Lacks, Not, Reads, Says, Some
from detectors.conditions.predicates import Compare, Each, Exists, Flag, Predicate, Whole
from detectors.lints.conjuncts import conjuncts
from detectors.lints.registry import of_condition, of_rule
from detectors.rules.kind import keys_of
from detectors.rules.rule import Rule

_SINGLE = frozenset({"source", "language", "id", "url", "age"})
"""Fields of which an article has at most one value."""
_SEVERAL = frozenset({
    ("official", "name"), ("organisation", "name"),
    *((f"event.{side}", attribute) for side in SIDES for attribute in ("name", "official")),
})  # fmt: skip
"""Attributes whose value has several spellings, so that it may match two different names."""
_FROM_0_TO_1 = frozenset({("theme", "score"), ("official", "confidence"), ("event", "confidence")})


@of_condition
def contradictions(condition: Condition) -> Iterator[str]:
    """Contradictions between the parts of a condition; each part reports its own contradictions."""
    own = {said for part in condition.parts() for said in _said(part)} if isinstance(condition, Every) else set()
    yield from (said for said in dict.fromkeys(_said(condition)) if said not in own)


@of_rule
def contradictory_steps(rule: Rule) -> Iterator[tuple[str, str]]:
    """Contradictions between a step, or ``after``, and ``where``."""
    own = {said for part in (rule.where, *rule.kind.conditions()) for said in _said(part)}
    for key, spec in keys_of(type(rule.kind)).items():
        value = getattr(rule.kind, spec.attribute)
        for step in value if isinstance(value, tuple) else (value,):
            if isinstance(step, Condition):
                together = Every((rule.where, step))
                yield from ((key, said) for said in dict.fromkeys(_said(together)) if said not in own)


def _said(condition: Condition) -> Iterator[str]:
    if isinstance(condition, Has):
        yield from of_one_value(condition.field, condition.tests)
    elif isinstance(condition, Every):
        parts = conjuncts(condition)
        yield from _single_values(parts)
        yield from _present_and_absent(parts)
        yield from _other_languages(parts, condition.bound_fields())


def _single_values(parts: tuple[Condition, ...]) -> Iterator[str]:
    """Contradictions about a field of which an article has only one value."""
    asked: dict[str, list[tuple[str, Predicate]]] = {}
    for part in parts:
        if isinstance(part, Has) and _is_single(part.field) and not any(of_one_value(part.field, part.tests)):
            asked.setdefault(part.field, []).extend(part.tests)
    for field, tests in asked.items():
        yield from of_one_value(field, tuple(tests))


def _present_and_absent(parts: tuple[Condition, ...]) -> Iterator[str]:
    """A field that must have a value and none; a condition that must hold and not hold."""
    lacking = {part.field for part in parts if _is_absent(part)}
    for part in parts:
        if isinstance(part, Has | Says | Reads) and part.field in lacking and not _is_absent(part):
            yield f"can never be met: {part.field} must have a value and have none"
    denied = [part.condition for part in parts if isinstance(part, Not)]
    if any(part == one or (isinstance(one, Some) and part in one.conditions) for one in denied for part in parts):
        yield "can never be met: one of its conditions must hold and not hold"


def _other_languages(parts: tuple[Condition, ...], asked: frozenset[str]) -> Iterator[str]:
    """Officials, organisations, themes and events are found in English articles only."""
    blind = sorted({"event", "official", "organisation", "theme"} & asked)
    for part in parts:
        if blind and isinstance(part, Has) and part.field == "language":
            for _, one in part.tests:
                if isinstance(one, Whole) and not one.negated and one.names and "en" not in one.names:
                    yield f"can never be met: {', '.join(blind)} is only found in English articles"


def _is_single(field: str) -> bool:
    return field in _SINGLE or field.startswith(META)


def _is_absent(part: Condition) -> TypeGuard[Lacks | Reads]:
    if isinstance(part, Reads):
        return isinstance(part.test, Exists) and not part.test.wanted
    return isinstance(part, Lacks)


def of_one_value(field: str, tests: tuple[tuple[str, Predicate], ...]) -> Iterator[str]:
    """Contradictions between the tests of one and the same value."""
    by_attribute: dict[str, list[Predicate]] = {}
    for attribute, predicate in tests:
        flat = predicate.predicates if isinstance(predicate, Each) else (predicate,)
        by_attribute.setdefault(attribute, []).extend(flat)
    for attribute, predicates in by_attribute.items():
        known = FIELDS.get(field)
        said = field if attribute == (known.main.name if known is not None else field) else f"{field}.{attribute}"
        yield from _numbers(field, attribute, said, predicates)
        yield from _words(field, attribute, said, predicates)
        if len({one.wanted for one in predicates if isinstance(one, Flag)}) > 1:
            yield f"can never be met: {said} must be true and false"
        absent = any(isinstance(one, Exists) and not one.wanted for one in predicates)
        if absent and any(not isinstance(one, Exists) or one.wanted for one in predicates):
            yield f"can never be met: {said} must have a value and have none"


def _numbers(field: str, attribute: str, said: str, predicates: list[Predicate]) -> Iterator[str]:
    low, high = (0.0, 1.0) if (field, attribute) in _FROM_0_TO_1 else (-math.inf, math.inf)
    bounded = math.isfinite(low)
    open_low = open_high = False
    written = []
    for one in predicates:
        if not isinstance(one, Compare):
            continue
        written.append(f"{one.how} {one.bound:g}")
        if one.how in {"gt", "gte", "is"} and (one.bound, one.how == "gt") > (low, open_low):
            low, open_low = one.bound, one.how == "gt"
        if one.how in {"lt", "lte", "is"} and (-one.bound, one.how == "lt") > (-high, open_high):
            high, open_high = one.bound, one.how == "lt"
    if written and (low > high or (low == high and (open_low or open_high))):
        span = "; it is from 0 to 1" if bounded else ""
        yield f"can never be met: no {said} is {' and '.join(written)}{span}"
    for one in predicates:
        if bounded and isinstance(one, Whole) and not one.negated and one.names:
            given = [name for name in one.names if not isinstance(name, str) and not 0 <= name <= 1]
            if len(given) == len(one.names):
                yield f"can never be met: {said} is from 0 to 1"


def _words(field: str, attribute: str, said: str, predicates: list[Predicate]) -> Iterator[str]:
    if (field, attribute) in _SEVERAL:
        return
    whole = [one for one in predicates if isinstance(one, Whole) and one.names]
    wanted = [one for one in whole if not one.negated]
    if not wanted or len(whole) < 2 or len({one.cased for one in whole}) > 1:
        return
    left = set(wanted[0].names)
    for one in wanted[1:]:
        left &= set(one.names)
    for one in whole:
        if one.negated:
            left -= set(one.names)
    if not left:
        first, second = (_shown(one) for one in whole[:2])
        yield f"can never be met: no {said} is {first} and {second}"


def _shown(whole: Whole) -> str:
    names = list(whole.names.values())
    said = " or ".join(repr(name) for name in names[:3]) + (" or ..." if len(names) > 3 else "")
    return f"not {said}" if whole.negated else said
