"""Conditions, groups and templates of events that can have no value."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.conditions.events import HasEvent
from detectors.conditions.fields import EVENT
from detectors.conditions.nodes import Condition, Not
from detectors.conditions.parties import DifferentParties, NoneOf, SomeParty, Tests
from detectors.conditions.predicates import Exists, Predicate, Whole
from detectors.lints.contradictions import of_one_value
from detectors.lints.registry import of_condition, of_rule
from detectors.rules.event_groups import EVENT_PAIR, PREFIX
from detectors.rules.rule import Rule
from detectors.rules.templates import names_in
from detectors.vocabulary import event_types

_SIDES = {"actors": "actor", "targets": "target"}


@of_condition
def sides_that_a_type_lacks(condition: Condition) -> Iterator[str]:
    """A target of a weapons test, an actor of a disaster: no event of the type has one."""
    if isinstance(condition, HasEvent):
        types = _types(condition.tests)
        for side, named in _without(types):
            if any(attribute == side and _needs_party(one) for attribute, one in condition.tests):
                yield f"can never be met: {named} has no {side}"


@of_condition
def parties_that_cannot_be(condition: Condition) -> Iterator[str]:
    """Tests of one party, or of alternatives, that exclude each other."""
    if isinstance(condition, HasEvent):
        for side, predicate in condition.tests:
            for tests in _of_parties(predicate):
                yield from of_one_value(f"{EVENT}.{side}", tests)


@of_condition
def excluded_altogether(condition: Condition) -> Iterator[str]:
    """``status`` and ``none: [{status}]`` of the same event: what must hold is excluded."""
    if isinstance(condition, HasEvent):
        for _, predicate in condition.tests:
            if isinstance(predicate, NoneOf) and any(
                choice and all(test in condition.tests for test in choice) for choice in predicate.choices
            ):
                yield "can never be met: the event must be what it must not be"


@of_rule
def groups_that_a_type_lacks(rule: Rule) -> Iterator[tuple[str, str]]:
    """A group by the target of a weapons test."""
    if any(isinstance(one, HasEvent) for step in rule.kind.conditions() for one in _asked(step)):
        return  # a step has events of its own
    types: set[str] = set()
    for condition in _asked(rule.where):
        if isinstance(condition, HasEvent):
            known = _types(condition.tests)
            if not known:
                return
            types |= known
    fields = dict.fromkeys(rule.kind.group_fields(), rule.kind.GROUP_KEY)
    of = rule.kind.value_field()
    if of is not None:
        fields[of] = "of"
    for field, key in fields.items():
        for side, named in _without(types):
            if field.startswith(f"{PREFIX}{side}") or field == EVENT_PAIR:
                yield key, f"the rule can never fire: {named} has no {side}, so no {field}"


@of_rule
def events_of_no_condition(rule: Rule) -> Iterator[tuple[str, str]]:
    """A template that shows an event in a rule that asks for none."""
    conditions = (rule.where, *rule.kind.conditions())
    fields = (*rule.kind.group_fields(), rule.kind.value_field() or "")
    if not rule.kind.READS_ARTICLES or any(field.startswith(PREFIX) for field in fields):
        return
    if any(isinstance(one, HasEvent) for condition in conditions for one in _asked(condition)):
        return
    for name, source in rule.annotations.items():
        if not names_in(source).isdisjoint({EVENT, "events"}):
            yield (
                "annotations",
                f"{name!r} shows an event, but the rule asks for none: it prints as nothing",
            )


def _asked(condition: Condition) -> Iterator[Condition]:
    """A condition and those below it, except what must not be met."""
    yield condition
    if not isinstance(condition, Not):
        for part in condition.parts():
            yield from _asked(part)


def _of_parties(predicate: Predicate) -> tuple[Tests, ...]:
    """The tests of each party that the predicate asks for."""
    if isinstance(predicate, SomeParty):
        return (predicate.tests,)
    return predicate.each if isinstance(predicate, DifferentParties) else ()


def _needs_party(predicate: Predicate) -> bool:
    return isinstance(predicate, SomeParty | DifferentParties) or (isinstance(predicate, Exists) and predicate.wanted)


def _types(tests: Tests) -> set[str]:
    """The types that the tests allow; empty if any."""
    for attribute, predicate in tests:
        if attribute == "type" and isinstance(predicate, Whole) and not predicate.negated:
            return {str(name) for name in predicate.names}
    return set()


def _without(types: set[str]) -> Iterator[tuple[str, str]]:
    """The sides that none of the types has, and the types in words."""
    lacking = {event_types()[name].without for name in types if name in event_types()}
    if len(lacking) == 1:
        (side,) = lacking
        if side is not None:
            yield _SIDES[side], " or ".join(sorted(types))
