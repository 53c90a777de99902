"""The index of a rule set: the rules that an article meets, in order of the set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from detectors.conditions.conjunctions import Conjunctions
from detectors.conditions.nodes import Condition
from detectors.conditions.view import ArticleView
from detectors.index.clauses import NEVER, gather, gather_some
from detectors.index.leaves import Clause, Leaves, Need
from detectors.index.patterns import PatternIndex
from detectors.index.titles import TitleIndex
from detectors.index.values import FieldIndex, shared_tuples


class RuleConditions:
    """What one rule requires of an article: ``where``, one of the ``steps`` if it has any, none of the exceptions."""

    __slots__ = ("exceptions", "steps", "where")

    def __init__(
        self, where: Condition, steps: tuple[Condition, ...] = (), exceptions: tuple[Condition, ...] = ()
    ) -> None:
        self.where = where
        self.steps = steps
        self.exceptions = exceptions

    def met(self, view: ArticleView) -> bool:
        """Whether an article meets the rule."""
        scene = view.whole
        return (
            self.where.holds(scene)
            and (not self.steps or any(step.holds(scene) for step in self.steps))
            and not any(exception.holds(scene) for exception in self.exceptions)
        )

    def conditions(self) -> tuple[Condition, ...]:
        """All conditions of the rule."""
        return (self.where, *self.steps, *self.exceptions)

    def clauses(self, leaves: Leaves) -> tuple[set[Clause], bool]:
        """What an article must have to meet the rule, and whether that is sufficient."""
        clauses, exact = self._gathered(leaves, patterns=False)
        if not clauses:  # otherwise its patterns are checked only in the few articles that meet the clauses
            clauses, exact = self._gathered(leaves, patterns=True)
        return clauses, exact and not self.exceptions

    def _gathered(self, leaves: Leaves, *, patterns: bool) -> tuple[set[Clause], bool]:
        clauses: set[Clause] = set()
        exact = gather(self.where, leaves, clauses, patterns=patterns)
        if self.steps:
            exact &= gather_some(self.steps, leaves, clauses, patterns=patterns)
        return clauses, exact


class RuleIndex:
    """Finds the numbers of the rules that an article meets; a rule's number is its place in ``asked``."""

    __slots__ = ("_asked", "_either", "_exact", "_fields", "_patterns", "_phrases", "_reads_text", "_rules", "_titles")

    def __init__(self, asked: Sequence[RuleConditions]) -> None:
        leaves = Leaves()
        self._asked = asked
        self._exact = bytearray(len(asked))
        entries: list[tuple[frozenset[Need], int]] = []
        for number, one in enumerate(asked):
            clauses, exact = one.clauses(leaves)
            if NEVER not in clauses:
                self._exact[number] = exact
                entries.append((frozenset(map(leaves.either_of, clauses)), number))
        self._rules = Conjunctions(entries, lambda need: leaves.usual(need) / 1000)
        self._either = _by_member(leaves.either)
        self._fields = {
            field: FieldIndex(found, lambda test: leaves.usual(test) / 1000) for field, found in leaves.fields.items()
        }
        self._titles = TitleIndex(leaves.says)
        self._patterns = PatternIndex(leaves.patterns)
        self._phrases = leaves.phrases
        needed = chain(*(needs for needs, _ in entries), self._either)
        self._reads_text = bool(self._phrases) or any(isinstance(need, str) for need in needed)

    def met(self, view: ArticleView) -> list[int]:
        """The numbers of the rules that the article meets, in order."""
        present: set[Need] = set(view.words) if self._reads_text else set()
        for field, index in self._fields.items():
            index.met(view.values(field), present)
        if self._phrases:
            present.update([self._phrases[found] for found in self._phrases.keys() & view.longer])
        self._titles.met(view, present)
        self._patterns.met(view, present)
        new = self._either.keys() & present
        while new:
            more = {number for need in new for number in self._either[need]}
            present |= more
            new = self._either.keys() & more
        exact, asked = self._exact, self._asked
        return [number for number in sorted(self._rules.met(present)) if exact[number] or asked[number].met(view)]


def _by_member(clauses: dict[int, Clause]) -> dict[Need, tuple[int, ...]]:
    """The clauses that contain each need."""
    members: dict[Need, list[int]] = {}
    for number, clause in clauses.items():
        for need in clause:
            members.setdefault(need, []).append(number)
    return shared_tuples(members)
