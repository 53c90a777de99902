"""The index of a rule set: the rules that an article meets, in order of the set."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.conditions.conjunctions import Conjunctions
from detectors.conditions.nodes import Condition, Has, Says
from detectors.conditions.view import ArticleView
from detectors.index.clauses import NEVER, Clauses, clauses_of, every, some
from detectors.index.leaves import Leaves
from detectors.index.texts import TextIndex
from detectors.index.values import FieldIndex


class Asked:
    """What one rule asks of an article: ``where``, one of the ``steps`` where there are any, none of the exceptions."""

    __slots__ = ("exceptions", "steps", "where")

    def __init__(
        self, where: Condition, steps: tuple[Condition, ...] = (), exceptions: tuple[Condition, ...] = ()
    ) -> None:
        self.where = where
        self.steps = steps
        self.exceptions = exceptions

    def met(self, view: ArticleView) -> bool:
        """Whether an article meets it."""
        scene = view.whole
        return (
            self.where.holds(scene)
            and (not self.steps or any(step.holds(scene) for step in self.steps))
            and not any(exception.holds(scene) for exception in self.exceptions)
        )

    def conditions(self) -> tuple[Condition, ...]:
        """All of its conditions."""
        return (self.where, *self.steps, *self.exceptions)

    def clauses(self, leaves: Leaves) -> Clauses:
        """What an article must have to meet it."""
        parts = [clauses_of(self.where, leaves)]
        if self.steps:
            parts.append(some((clauses_of(step, leaves) for step in self.steps), leaves))
        found = every(parts)
        return Clauses(found.clauses, exact=False) if self.exceptions else found


class RuleIndex:
    """Finds, for an article, the numbers of the rules that it meets; a rule's number is its place in ``asked``."""

    __slots__ = ("_asked", "_either", "_exact", "_fields", "_rules", "_texts")

    def __init__(self, asked: Sequence[Asked]) -> None:
        leaves = Leaves()
        self._asked = asked
        self._exact = bytearray(len(asked))
        entries: list[tuple[frozenset[int], int]] = []
        for number, one in enumerate(asked):
            found = one.clauses(leaves)
            if NEVER not in found.clauses:
                self._exact[number] = found.exact
                entries.append((frozenset(map(leaves.either, found.clauses)), number))
        self._rules = Conjunctions(entries)
        self._either = _by_member(leaves.sets)
        by_field: dict[str, list[tuple[int, Has]]] = {}
        texts: list[tuple[int, Says]] = []
        for number, leaf in leaves:
            if isinstance(leaf, Has):
                by_field.setdefault(leaf.field, []).append((number, leaf))
            else:
                texts.append((number, leaf))
        self._fields = {field: FieldIndex(found) for field, found in by_field.items()}
        self._texts = TextIndex(texts)

    def met(self, view: ArticleView) -> list[int]:
        """The numbers of the rules that the article meets, in order."""
        answered: set[int] = set()
        for field, index in self._fields.items():
            index.met(view.values(field), answered)
        if self._texts:
            self._texts.met(view, answered)
        for leaf in self._either.keys() & answered:
            answered.update(self._either[leaf])
        exact, asked = self._exact, self._asked
        return [number for number in sorted(self._rules.met(answered)) if exact[number] or asked[number].met(view)]


def _by_member(sets: dict[int, frozenset[int]]) -> dict[int, tuple[int, ...]]:
    """The sets that each leaf is a member of."""
    members: dict[int, list[int]] = {}
    for number, leaves in sets.items():
        for leaf in leaves:
            members.setdefault(leaf, []).append(number)
    return {leaf: tuple(numbers) for leaf, numbers in members.items()}
