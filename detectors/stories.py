"""Stories: the most articles that can be chosen so that no two of them are in conflict (copies, or of one source).

Of the versions of an article at most one is chosen, so that a further version never makes fewer stories of what was
counted: a count that fired an alert stays true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from detectors.ceiling import Ceiling
from detectors.facts import Bound, Fact
from detectors.signatures import Copies
from detectors.tallies import Tally

MOST_LINKED = 32
"""Linked articles of which the most are chosen exactly; of more, in order of event time, each that fits.

That this may have been fewer than the most is counted as a bound that was reached, unless it cannot have been."""


class _Circle:
    """Facts that conflicts link, or once linked (``broken``: some left, which may have been the links).

    ``picked`` are the most without a conflict, None: to be found; ``last`` is the latest of the members; ``ceiling``
    says of those picked in order whether there may be more.
    """

    __slots__ = ("broken", "ceiling", "last", "members", "picked")

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.members: dict[Any, Fact] = {fact.order: fact for fact in facts}
        self.picked: list[Fact] | None = None
        self.broken = False
        self.ceiling: Ceiling | None = None
        self.last: Any = max(self.members, default=None)

    def add(self, fact: Fact) -> None:
        """One more member."""
        self.members[fact.order] = fact
        self.last = fact.order if self.last is None else max(self.last, fact.order)


class Stories(Tally):
    """The stories of a window. With ``once_each`` articles of one value of ``distinct`` are in conflict, too.

    ``linked`` hears when a number may be too low, since more than MOST_LINKED articles were chosen from.
    """

    __slots__ = (
        "_bound",
        "_by_key",
        "_circles",
        "_copies",
        "_number",
        "_once_each",
        "_stale",
        "_valueless",
        "_values",
    )

    def __init__(self, linked: Bound, *, once_each: bool = False) -> None:
        self._bound = linked
        self._once_each = once_each
        self._copies = Copies()
        self._by_key: dict[tuple[str, str], dict[Any, Fact]] = {}
        self._circles: dict[Any, _Circle] = {}
        self._stale: dict[int, _Circle] = {}
        self._number = 0
        self._values: Counter[str] = Counter()
        self._valueless = 0

    def enter(self, fact: Fact) -> None:
        if fact.distinct is None or not self._once_each:
            self._valueless += 1
        else:
            self._values[fact.distinct] += 1
        linked: dict[int, _Circle] = {}
        conflicts: set[Any] = set()
        for key in self._keys(fact):
            prints = self._copies.of(key[1]) if key[0] == "print" else ()
            for there in (self._by_key.get(key), *(self._by_key["print", one] for one in prints if one != key[1])):
                if there:
                    conflicts.update(there)
                    circle = self._circles[next(iter(there))]
                    linked[id(circle)] = circle
            self._by_key.setdefault(key, {})[fact.order] = fact
        if fact.fingerprint:
            self._copies.add(fact.fingerprint)
        circles = sorted(linked.values(), key=lambda circle: len(circle.members))
        circle = circles.pop() if circles else _Circle()
        if not circles and self._follows(circle, fact, conflicts):
            circle.add(fact)
            self._circles[fact.order] = circle
            return
        self._forget(circle)
        for other in circles:
            self._forget(other)
            circle.broken |= other.broken
            for order, member in other.members.items():
                circle.add(member)
                self._circles[order] = circle
            other.members = {}
        circle.add(fact)
        self._circles[fact.order] = circle

    def _follows(self, circle: _Circle, fact: Fact, conflicts: set[Any]) -> bool:
        """Whether those picked from a large circle stay, with perhaps one more: the fact is later than all of it."""
        if circle.picked is None or circle.broken or len(circle.members) <= MOST_LINKED or fact.order < circle.last:
            return False
        if not any(other.order in conflicts for other in circle.picked):
            circle.picked.append(fact)
            self._number += 1
        if circle.ceiling is not None:
            circle.ceiling.add(fact)
        self._ask(circle)
        return True

    def _ask(self, circle: _Circle) -> None:
        """Say so where more may be chosen from a large circle than were."""
        if circle.ceiling is not None and circle.picked is not None and circle.ceiling.number() > len(circle.picked):
            self._bound.reach()

    def leave(self, fact: Fact) -> None:
        if fact.distinct is None or not self._once_each:
            self._valueless -= 1
        elif self._values[fact.distinct] > 1:
            self._values[fact.distinct] -= 1
        else:
            del self._values[fact.distinct]
        for key in self._keys(fact):
            there = self._by_key[key]
            del there[fact.order]
            if not there:
                del self._by_key[key]
        if fact.fingerprint:
            self._copies.remove(fact.fingerprint)
        circle = self._circles.pop(fact.order)
        del circle.members[fact.order]
        circle.broken = True
        self._forget(circle)

    def number(self) -> int:
        while self._stale:
            _, circle = self._stale.popitem()
            if circle.picked is None and circle.members:
                self._pick(circle)
        return self._number

    def at_most(self) -> int:
        """How many there can be, known without choosing: one of each value, and all that have none."""
        return len(self._values) + self._valueless

    def picked(self) -> list[Fact]:
        """The articles chosen, in order."""
        self.number()
        circles = {id(circle): circle for circle in self._circles.values()}
        return sorted(fact for circle in circles.values() for fact in circle.picked or ())

    def _keys(self, fact: Fact) -> list[tuple[str, str]]:
        """What it has in common with those that it is in conflict with, likeness apart."""
        keys = [("id", fact.article_id)]
        if fact.fingerprint:
            keys.append(("print", fact.fingerprint))
        if self._once_each and fact.distinct is not None:
            keys.append(("same", fact.distinct))
        return keys

    def _forget(self, circle: _Circle) -> None:
        """What was picked is no longer known."""
        if circle.picked is not None:
            self._number -= len(circle.picked)
            circle.picked = None
        self._stale[id(circle)] = circle

    def _pick(self, circle: _Circle) -> None:
        parts = [circle]
        if circle.broken and len(circle.members) > MOST_LINKED:
            parts = [_Circle(members) for members in self._linked(circle)]
        for part in parts:
            facts = sorted(part.members.values())
            exactly = len(facts) <= MOST_LINKED
            part.picked = self._exactly(facts) if exactly else self._in_order(facts)
            part.ceiling = None if exactly else Ceiling(facts, once_each=self._once_each)
            self._ask(part)
            self._number += len(part.picked)
            for order in part.members if part is not circle else ():
                self._circles[order] = part

    def _conflicts(self, fact: Fact) -> Iterable[Fact]:
        """The facts of the window that it is in conflict with, itself included; some may come twice."""
        for key in self._keys(fact):
            if key[0] != "print":
                yield from self._by_key[key].values()
        for fingerprint in self._copies.of(fact.fingerprint) if fact.fingerprint else ():
            yield from self._by_key["print", fingerprint].values()

    def _linked(self, circle: _Circle) -> Iterable[list[Fact]]:
        left = dict(circle.members)
        asked: set[tuple[str, str]] = set()
        while left:
            front = [left.popitem()[1]]
            members = []
            while front:
                fact = front.pop()
                members.append(fact)
                if not left:
                    continue
                keys = [key for key in self._keys(fact) if key not in asked]
                asked.update(keys)
                for key in keys:
                    same = [key] if key[0] != "print" else [("print", one) for one in self._copies.of(key[1])]
                    for one in same:
                        front += (left.pop(order) for order in list(self._by_key[one]) if order in left)
            yield members

    def _in_order(self, facts: list[Fact]) -> list[Fact]:
        picked: list[Fact] = []
        hidden: set[Any] = set()
        for fact in facts:
            if fact.order not in hidden:
                picked.append(fact)
                hidden.update(other.order for other in self._conflicts(fact))
        return picked

    def _exactly(self, facts: list[Fact]) -> list[Fact]:
        if len(facts) == 1:
            return facts
        places = {fact.order: place for place, fact in enumerate(facts)}
        neighbours: list[set[int]] = []
        for place, fact in enumerate(facts):
            orders = (other.order for other in self._conflicts(fact))
            neighbours.append({places[order] for order in orders if order in places} - {place})
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
