"""Stories: the most articles that can be chosen so that no two of them are in conflict (copies, or of one source).

Of the versions of an article at most one is chosen, so that a further version never makes fewer stories of what was
counted: a count that fired an alert stays true.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detectors.counting.conflicts import Conflicts, Key
from detectors.counting.copies import Copies, slots_of
from detectors.counting.earliest_first import InOrder
from detectors.counting.upper_bound import Ceiling
from detectors.facts.fact import Bound, Fact
from detectors.facts.tallies import Tally

MOST_LINKED = 32
"""Linked articles of which the most are chosen exactly; of more, in order of event time, each that fits.

That this may have been fewer than the most is counted as a bound that was reached, unless it cannot have been."""

ASKED_AGAIN = 2
"""Whether it may have been fewer is asked when one in so many of them has changed, and not at every article."""


class _Circle:
    """A few facts that conflicts link, or once linked (``broken``: some left, which may have been the links).

    ``picked`` are the most without a conflict, None: to be found.
    """

    __slots__ = ("broken", "members", "picked")

    def __init__(self, members: dict[Any, Fact]) -> None:
        self.members = members
        self.picked: list[Fact] | None = None
        self.broken = False


class _Many:
    """What is known to be linked with more than MOST_LINKED: facts by their order, and slots of fingerprints."""

    __slots__ = ("orders", "slots")

    def __init__(self) -> None:
        self.orders: set[Any] = set()
        self.slots = 0


class Stories(Tally):
    """The stories of a window. With ``once_each`` articles of one value of ``distinct`` are in conflict, too.

    Linked facts are a circle, or, where they are too many, of the crowd. ``copies`` has the fingerprints of the group,
    ``linked`` hears when a number may be too low, since more than MOST_LINKED articles were chosen from.
    """

    __slots__ = (
        "_bound",
        "_ceiling",
        "_changes",
        "_circles",
        "_conflicts",
        "_crowd",
        "_crowd_ceiling",
        "_crowd_slots",
        "_loose",
        "_loose_slots",
        "_number",
        "_stale",
    )

    def __init__(self, copies: Copies, linked: Bound, *, once_each: bool = False) -> None:
        self._bound = linked
        self._conflicts = Conflicts(copies, once_each=once_each)
        self._circles: dict[Any, _Circle] = {}
        self._stale: dict[int, _Circle] = {}
        self._number = 0  # of what was picked from circles
        self._ceiling = Ceiling(self._conflicts)
        self._crowd = InOrder(self._conflicts)
        self._crowd_ceiling = Ceiling(self._conflicts)
        self._crowd_slots = 0  # of its fingerprints
        self._loose: dict[Any, Fact] = {}  # of the crowd, were linked with one that left: perhaps with few now
        self._loose_slots = 0  # likewise, as its copies
        self._changes = 0  # of the crowd since it was asked whether more could be chosen

    def enter(self, fact: Fact) -> None:
        self._ceiling.add(fact)
        self._conflicts.add(fact)
        circles, many = self._linked_with(fact)
        if many and any(circle.broken for circle in circles):
            self._conflicts.remove(fact)
            self._mend(circles)
            self._conflicts.add(fact)
            circles, many = self._linked_with(fact)
        members = {fact.order: fact}
        for circle in circles:
            self._forget(circle)
            members.update(circle.members)
            circle.members = {}
        if many:
            for order, member in members.items():
                self._circles.pop(order, None)
                self._crowd.add(member)
                self._crowd_ceiling.add(member)
                self._crowd_slots |= self._bit(member)
                self._changes += 1
        else:
            self._keep(members).broken = any(circle.broken for circle in circles)

    def _linked_with(self, fact: Fact) -> tuple[list[_Circle], bool]:
        """The circles that a fact belongs to, and whether with them it is of the crowd."""
        circles: dict[int, _Circle] = {}
        near = self._conflicts.near(fact)
        many = bool(near & self._crowd_slots)
        of_keys = map(self._conflicts.members, self._conflicts.keys(fact))
        copies = map(self._conflicts.of_slot, slots_of(near & ~self._crowd_slots))
        for members in (*of_keys, *copies):
            other = next((order for order in members if order != fact.order), None)
            if other is None:
                continue
            circle = self._circles.get(other)
            if circle is None:
                many = True
            else:
                circles[id(circle)] = circle
        return [*circles.values()], many or sum(len(circle.members) for circle in circles.values()) >= MOST_LINKED

    def _bit(self, fact: Fact) -> int:
        slot = self._conflicts.slot(fact)
        return 0 if slot is None else 1 << slot

    def leave(self, fact: Fact) -> None:
        self._ceiling.remove(fact)
        self._conflicts.remove(fact)
        circle = self._circles.pop(fact.order, None)
        if circle is not None:
            del circle.members[fact.order]
            circle.broken = True
            self._forget(circle)
            return
        self._crowd.remove(fact)
        self._crowd_ceiling.remove(fact)
        self._changes += 1
        self._loose.pop(fact.order, None)
        for key in self._conflicts.keys(fact):
            left = next(iter(self._conflicts.members(key).items()), None)
            if left is not None:
                self._loose[left[0]] = left[1]
        near = self._conflicts.near(fact)
        self._crowd_slots &= ~self._bit(fact) | near  # its own bit goes with the last of its fingerprint
        self._loose_slots |= near

    def number(self) -> int:
        self._pick()
        chosen = len(self._crowd.chosen())
        if self._changes and self._changes * ASKED_AGAIN >= len(self._crowd):
            self._changes = 0
            if self._crowd_ceiling.number() > chosen:
                self._bound.reach()
        return self._number + chosen

    def at_most(self) -> int:
        """How many there can be, known without choosing."""
        return self._ceiling.number()

    def picked(self) -> list[Fact]:
        """The articles chosen, in order."""
        self._mend(set(self._circles.values()))
        self.number()
        chosen = [fact for circle in set(self._circles.values()) for fact in circle.picked or ()]
        return sorted((*chosen, *self._crowd.chosen().values()))

    def _keep(self, members: dict[Any, Fact]) -> _Circle:
        circle = _Circle(members)
        for order in members:
            self._circles[order] = circle
        self._stale[id(circle)] = circle
        return circle

    def _forget(self, circle: _Circle) -> None:
        """What was picked is no longer known."""
        if circle.picked is not None:
            self._number -= len(circle.picked)
            circle.picked = None
        self._stale[id(circle)] = circle

    def _pick(self) -> None:
        """Choose from the circles that have changed, and from those that the crowd has become."""
        self._thin_out()
        while self._stale:
            _, circle = self._stale.popitem()
            circle.picked = self._exactly(sorted(circle.members.values()))
            self._number += len(circle.picked)

    def _mend(self, circles: Iterable[_Circle]) -> None:
        """Make circles of what is still linked of broken ones."""
        for circle in circles:
            if not circle.broken:
                continue
            self._forget(circle)
            left, circle.members = circle.members, {}
            while left:
                part = self._part(next(iter(left.values())), _Many())
                assert part is not None
                self._keep(part)
                for order in part:
                    del left[order]

    def _thin_out(self) -> None:
        """Make circles of the facts of the crowd that are linked with few."""
        many = _Many()
        while fact := self._next_loose(many):
            part = None if fact.order in many.orders or fact not in self._crowd else self._part(fact, many)
            for member in (part or {}).values():
                self._crowd.remove(member)
                self._crowd_ceiling.remove(member)
                self._crowd_slots &= ~self._bit(member)
                self._changes += 1
            if part is not None:
                self._keep(part)

    def _next_loose(self, many: _Many) -> Fact | None:
        """One that is perhaps linked with few; copies of one story are passed over together."""
        if self._loose_slots:
            self._loose_slots &= self._crowd_slots & ~many.slots
            for slot in slots_of(self._loose_slots):
                self._loose_slots ^= 1 << slot
                return next(iter(self._conflicts.of_slot(slot).values()))
        return self._loose.popitem()[1] if self._loose else None

    def _part(self, fact: Fact, many: _Many) -> dict[Any, Fact] | None:
        """All that are linked with a fact, itself included; None where they are too many, which ``many`` remembers."""
        part = {fact.order: fact}
        front = [fact]
        asked: set[Key] = set()
        slots = 0
        while front:
            one = front.pop()
            near = self._conflicts.near(one)
            if near & many.slots or near.bit_count() > MOST_LINKED:
                self._too_many(part, near, many)
                return None
            keys = [key for key in self._conflicts.keys(one) if key not in asked]
            asked.update(keys)
            copies = map(self._conflicts.of_slot, slots_of(near & ~slots))
            slots |= near
            for members in (*map(self._conflicts.members, keys), *copies):
                for order, other in members.items():
                    if order not in part:
                        part[order] = other
                        front.append(other)
                    if order in many.orders or len(part) > MOST_LINKED:
                        self._too_many(part, near, many)
                        return None
        return part

    def _too_many(self, part: dict[Any, Fact], near: int, many: _Many) -> None:
        many.orders.update(part)
        many.slots |= near
        for fact in part.values():
            many.slots |= self._bit(fact)

    def _exactly(self, facts: list[Fact]) -> list[Fact]:
        if len(facts) <= 1:
            return facts
        places = {fact.order: place for place, fact in enumerate(facts)}
        neighbours: list[set[int]] = []
        for place, fact in enumerate(facts):
            found = {places[order] for members in self._conflicts.against(fact) for order in members}
            neighbours.append(found - {place})
        return [facts[place] for place in sorted(most(list(range(len(facts))), neighbours))]


def most(circle: list[int], neighbours: list[set[int]]) -> list[int]:
    """An exact maximum independent set, by branching on the one with the most conflicts."""
    if not circle:
        return []
    left = set(circle)
    busiest = max(circle, key=lambda i: (len(neighbours[i] & left), -i))
    degree = len(neighbours[busiest] & left)
    if degree == 0:
        return circle
    if degree == len(circle) - 1 and all(len(neighbours[i] & left) == degree for i in circle):
        return circle[:1]  # all are copies of each other
    if degree <= 2:
        return _paths_and_rings(left, neighbours)
    without = most([i for i in circle if i != busiest], neighbours)
    with_it = [busiest, *most([i for i in circle if i != busiest and i not in neighbours[busiest]], neighbours)]
    return with_it if len(with_it) >= len(without) else without


def _paths_and_rings(left: set[int], neighbours: list[set[int]]) -> list[int]:
    """The exact answer where no article has more than two conflicts: taking an end of a path is never worse."""
    picked = []
    left = set(left)
    while left:
        first = min(left, key=lambda i: (len(neighbours[i] & left), i))
        picked.append(first)
        left -= neighbours[first] | {first}
    return picked
