"""Conditions from nodes: combinators, fields, and where each is allowed."""

from __future__ import annotations

from collections.abc import Callable

from detectors.conditions.event_reader import read_event
from detectors.conditions.field_reader import read_field
from detectors.conditions.fields import EVENT, FIELDS, Field, field_named
from detectors.conditions.nodes import Condition, Every, Not, Some, Within
from detectors.reading.context import Place
from detectors.reading.macros import expanded
from detectors.reading.nodes import Mapping, Node, Sequence
from detectors.reading.problems import Wrong, meant, shown
from detectors.reading.readers import JsonSchema, Reader

MOST_CONDITIONS = 2000
"""Limit on the conditions of a rule, macros expanded: twenty macros that each use the next one twice are a million."""
COMBINATORS = ("all", "any", "none", "not", "sentence", "near")


def _lint(condition: Condition, node: Node, place: Place) -> None:
    if place.context.lint is not None:
        for message in place.context.lint(condition):
            place.warning(node, message)


class ConditionReader(Reader[Condition]):
    """Reads a condition: a mapping is met if all of its keys are."""

    def read(self, node: Node, place: Place) -> Condition:
        self._count(node, place)
        node, place = expanded(node, place)
        if not isinstance(node, Mapping):
            place.fail(node, f"expected a condition (a mapping of fields and combinators), found {node.what}")
        if not node.pairs:
            place.fail(node, "expected a condition, found an empty mapping; omit the key to match every article")
        conditions: list[Condition] = []
        wrong = False
        for key, at, value in node.items():
            try:
                combinator = _COMBINATORS.get(key)
                if combinator is not None:
                    conditions.append(combinator(self, value, place.at(key)))
                else:
                    field = self._field(key, at, place)
                    condition = (read_event if key == EVENT else read_field)(field, value, place.at(key))
                    _lint(condition, value, place.at(key))
                    conditions.append(condition)
            except Wrong:
                wrong = True
        if wrong:
            raise Wrong
        if len(conditions) == 1:
            return conditions[0]
        together = Every(tuple(conditions))
        _lint(together, node, place)
        return together

    @staticmethod
    def _count(node: Node, place: Place) -> None:
        context = place.context
        if context.conditions > MOST_CONDITIONS:  # already reported
            raise Wrong
        context.conditions += 1
        if context.conditions > MOST_CONDITIONS:
            macro = f" with the macro {place.macros[0]!r}" if place.macros else ""
            remedy = "write alternatives as a list of values, or several rules"
            place.fail(node, f"more than {MOST_CONDITIONS} conditions in one rule{macro}: {remedy}")

    @staticmethod
    def _field(key: str, at: Node, place: Place) -> Field:
        field = field_named(key)
        if field is None:
            known = (*FIELDS, *COMBINATORS, "macro")
            near = meant(key, known) or "; expected a field (" + ", ".join((*FIELDS, "meta.KEY")) + ") or a combinator"
            place.fail(at, f"unknown field {shown(key)}{near}")
        if place.local and not field.local:
            below = ", ".join(name for name, one in FIELDS.items() if one.local)
            place.fail(
                at, f"{key!r} is not allowed under {place.local!r}; expected one of {below}, all, any, none, not"
            )
        return field

    def schema(self) -> JsonSchema:
        return {"$ref": "#/definitions/condition"}

    def _list(self, node: Node, place: Place) -> tuple[Condition, ...]:
        node, place = expanded(node, place)
        if not isinstance(node, Sequence):
            place.fail(node, f"expected a list of conditions, found {node.what}")
        conditions = []
        wrong = False
        for index, item in enumerate(node.items):
            try:
                conditions.append(self.read(item, place.at(index)))
            except Wrong:
                wrong = True
        if wrong:
            raise Wrong
        return tuple(conditions)

    def _all(self, node: Node, place: Place) -> Condition:
        conditions = self._list(node, place)
        if not conditions:
            place.warning(node, "an empty list under 'all' is met by every article")
        together = Every(conditions)
        _lint(together, node, place)
        return together

    def _any(self, node: Node, place: Place) -> Condition:
        conditions = self._list(node, place)
        if not conditions:
            place.warning(node, "an empty list under 'any' can never be met")
        return Some(conditions)

    def _none(self, node: Node, place: Place) -> Condition:
        conditions = self._list(node, place)
        if not conditions:
            place.warning(node, "an empty list under 'none' is met by every article")
        return Not(Some(conditions))

    def _not(self, node: Node, place: Place) -> Condition:
        return Not(self.read(node, place))

    def _sentence(self, node: Node, place: Place) -> Condition:
        return self._within(node, place, "sentence")

    def _near(self, node: Node, place: Place) -> Condition:
        return self._within(node, place, "near")

    def _within(self, node: Node, place: Place, reach: str) -> Condition:
        if place.local:
            place.fail(node, f"{reach!r} is not allowed under {place.local!r}")
        return Within("sentence" if reach == "sentence" else "near", self.read(node, place.within(reach)))


_COMBINATORS: dict[str, Callable[[ConditionReader, Node, Place], Condition]] = {
    "all": ConditionReader._all,  # noqa: SLF001 - the table of this class's own methods
    "any": ConditionReader._any,  # noqa: SLF001
    "none": ConditionReader._none,  # noqa: SLF001
    "not": ConditionReader._not,  # noqa: SLF001
    "sentence": ConditionReader._sentence,  # noqa: SLF001
    "near": ConditionReader._near,  # noqa: SLF001
}
CONDITION = ConditionReader()
