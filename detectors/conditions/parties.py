"""Predicates on the parties of an event, and predicates made of several tests of one value."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from detectors.conditions.event_values import EventValue
from detectors.conditions.predicates import Predicate, Whole, Words
from detectors.conditions.values import Value

Tests = tuple[tuple[str, Predicate], ...]
"""Tests of one value, each of an attribute."""
C = TypeVar("C")


def meets(value: Value, tests: Tests) -> bool:
    """Whether one value meets all of the tests."""
    return all(predicate.holds(value, attribute) for attribute, predicate in tests)


class Named(Predicate, frozen=True, tag="Named"):
    """A party's country is one of ``countries``, or one of its names meets ``names``; ``negated``: neither."""

    countries: Whole
    names: Whole | Words
    negated: bool = False

    def holds(self, value: Value, attribute: str) -> bool:  # noqa: ARG002 - it looks at two attributes
        found = self.countries.holds(value, "country") or self.names.holds(value, "name")
        return found != self.negated


class AnyOf(Predicate, frozen=True, tag="AnyOf"):
    """The value meets one of several sets of tests."""

    choices: tuple[Tests, ...]

    def holds(self, value: Value, attribute: str) -> bool:  # noqa: ARG002 - the tests name their attributes
        return any(meets(value, tests) for tests in self.choices)


class NoneOf(Predicate, frozen=True, tag="NoneOf"):
    """The value meets none of several sets of tests."""

    choices: tuple[Tests, ...]

    def holds(self, value: Value, attribute: str) -> bool:  # noqa: ARG002 - the tests name their attributes
        return not any(meets(value, tests) for tests in self.choices)


class SomeParty(Predicate, frozen=True, tag="SomeParty"):
    """One party of the side (the attribute) meets all of the tests."""

    tests: Tests

    def holds(self, value: Value, attribute: str) -> bool:
        return any(meets(party, self.tests) for party in sides(value, attribute))

    def met_by(self, value: Value, side: str) -> Iterator[Value]:
        """The parties that meet the tests."""
        return (party for party in sides(value, side) if meets(party, self.tests))


class DifferentParties(Predicate, frozen=True, tag="DifferentParties"):
    """Each set of tests is met by another party of the side (the attribute)."""

    each: tuple[Tests, ...]

    def holds(self, value: Value, attribute: str) -> bool:
        return all_different(self.each, sides(value, attribute), meets)

    def met_by(self, value: Value, side: str) -> Iterator[Value]:
        """The parties that meet one of the sets of tests."""
        return (party for party in sides(value, side) if any(meets(party, tests) for tests in self.each))


def sides(value: Value, side: str) -> tuple[Value, ...]:
    """The parties of one side of an event."""
    return value.parties[side] if isinstance(value, EventValue) else ()


def bound_parties(value: Value, tests: Tests) -> Iterator[tuple[str, Value]]:
    """The sides that the tests ask about, with the parties that met them; called for values that meet the tests."""
    for attribute, predicate in tests:
        if isinstance(predicate, SomeParty | DifferentParties):
            for party in predicate.met_by(value, attribute):
                yield attribute, party
        elif isinstance(predicate, AnyOf):
            for choice in predicate.choices:
                if meets(value, choice):
                    yield from bound_parties(value, choice)


def all_different(wanted: Sequence[C], values: Sequence[Value], met: Callable[[Value, C], bool]) -> bool:
    """Whether each of the wanted can be given a value of its own that meets it (Kuhn's algorithm)."""
    fitting = [[number for number, value in enumerate(values) if met(value, one)] for one in wanted]
    if len(wanted) > len(values) or not all(fitting):
        return False
    owner: dict[int, int] = {}
    return all(_given_one(one, fitting, owner) for one in range(len(wanted)))


def _given_one(one: int, fitting: list[list[int]], owner: dict[int, int]) -> bool:
    """Find a value for one of the wanted; those that it takes a value from get another."""
    reached: dict[int, int] = {}
    held = {wanted: value for value, wanted in owner.items()}
    waiting = deque((one,))
    while waiting:
        wanted = waiting.popleft()
        for value in fitting[wanted]:
            if value in reached:
                continue
            reached[value] = wanted
            if value in owner:
                waiting.append(owner[value])
                continue
            free = value
            while (taker := reached[free]) != one:
                owner[free] = taker
                free = held[taker]
            owner[free] = one
            return True
    return False
