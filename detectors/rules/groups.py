"""Groups: by which of an article's values a rule keeps its state, and which of these belong together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice, product
from math import prod
from typing import Any

import msgspec

from detectors.conditions.bindings import TERM, Bindings
from detectors.conditions.fields import EVENT, META
from detectors.conditions.parties import sides
from detectors.conditions.values import Plain, Value
from detectors.conditions.view import ArticleView
from detectors.model.alert import GroupValue
from detectors.reading.context import Place
from detectors.reading.nodes import Node, Scalar, Sequence
from detectors.reading.problems import Wrong, nearest, shown
from detectors.reading.readers import JsonSchema, Reader
from detectors.rules.event_groups import EVENT_FIELDS, event_parts

GROUP_FIELDS = (
    "country",
    "country_pair",
    "official",
    "official.country",
    "official.class",
    "official.role",
    "organisation",
    "theme",
    TERM,
    "source",
    "language",
    *EVENT_FIELDS,
)
MOST_GROUPS = 256
"""Limit on the groups of one article for one rule; further groups, in text order, are skipped and counted."""

MOST_COMBINATIONS = 50_000
"""Limit on the combinations of one article's values: bounds the time, and is far above what articles contain."""

PAIR = "country_pair"


def unit_of(field: str) -> str:
    """The value that supplies a group field: ``official.country`` comes from the same official as ``official``."""
    return field.partition(".")[0] if field.startswith(("official.", "event.")) else field


def source_field(field: str) -> str:
    """The condition field that supplies the values of a group field."""
    return "country" if field == PAIR else unit_of(field)


class Item(msgspec.Struct, frozen=True):
    """One value of a unit: a single value, two countries ordered by code, or an event with some of its parties.

    ``parts`` are the values of the group fields of an event.
    """

    code: Plain | tuple[str, str]
    values: tuple[Value, ...]
    parts: dict[str, GroupValue | None] = {}


_NOTHING = Item("", ())
"""Stands for the value of a unit that an article lacks, where the rule counts such articles as a group."""


class Found:
    """What met a rule's conditions in one article, step by step: the source of its groups.

    ``layers`` are pairs of bindings and the fields with a positive condition, the step's own before ``where``'s.
    """

    __slots__ = ("layers", "view")

    def __init__(self, view: ArticleView, layers: tuple[tuple[Bindings, frozenset[str]], ...]) -> None:
        self.view = view
        self.layers = layers

    def values(self, field: str) -> tuple[Value, ...]:
        """The values of a field that met the first layer with a condition on it; all values if no layer has one."""
        for bindings, asked in self.layers:
            if field in asked:
                values = bindings.in_text_order(field)
                break
        else:
            values = () if field == TERM else self.view.values(field)
            if field == EVENT:
                values = tuple(value for value in values if value.attributes["background"] is False)
        self.view.work.charge(len(values))
        return values

    def parties(self, event: Value, side: str) -> tuple[Value, ...]:
        """The parties of a side that met the first layer with a condition on them; all of the side if none has one."""
        for bindings, _ in self.layers:
            if (event.code, side) in bindings.parties:
                return tuple(bindings.parties[event.code, side])
        return sides(event, side)

    def rows(self, unit_fields: frozenset[str]) -> Iterator[tuple[frozenset[str], tuple[Bindings, ...]]]:
        """The rows of each ``sentence`` and ``near``, with the group fields whose values come from them."""
        hidden: frozenset[str] = frozenset()
        for bindings, asked in self.layers:
            for rows in bindings.blocks:
                fields = frozenset(field for row in rows for field in row.values) & unit_fields - hidden
                if fields:
                    yield fields, rows
            hidden |= asked


def _items(found: Found, unit: str, fields: tuple[str, ...]) -> list[Item]:
    if unit == EVENT:
        choices = (
            Item(event.code, (event,), parts)
            for event in found.values(EVENT)
            for parts in event_parts(event, fields, found.parties)
        )
        items = list(islice(choices, MOST_COMBINATIONS))
        found.view.work.charge(len(items))
        return items
    if unit != PAIR:
        return [Item(value.code, (value,)) for value in found.values(unit)]
    together = [rows for _, rows in found.rows(frozenset(("country",)))]
    if together:
        pairs: dict[tuple[str, str], Item] = {}
        for rows in together:
            for row in rows:
                found.view.work.charge(len(row.values.get("country", ())) ** 2)
                for item in _pairs(row.in_text_order("country")):
                    pairs.setdefault(item.code, item)  # type: ignore[arg-type]
        return list(pairs.values())
    countries = found.values("country")
    found.view.work.charge(len(countries) ** 2)
    return list(_pairs(countries))


def _pairs(countries: tuple[Value, ...]) -> Iterator[Item]:
    for first, second in combinations(countries, 2):
        low, high = sorted((first, second), key=lambda value: str(value.code))
        yield Item((str(low.code), str(high.code)), (low, high))


def _allowed(found: Found, units: tuple[str, ...]) -> dict[frozenset[str], set[tuple[Any, ...]]]:
    """The combinations of codes that occur together, for each set of units that occur under one ``sentence``."""
    by_field = {source_field(unit): unit for unit in units}
    allowed: dict[frozenset[str], set[tuple[Any, ...]]] = {}
    for fields, rows in found.rows(frozenset(by_field)):
        together = tuple(sorted(by_field[field] for field in fields))
        if len(together) < 2:
            continue
        combinations_ = allowed.setdefault(frozenset(together), set())
        for row in rows:
            codes = [
                [item.code for item in _pairs(row.in_text_order("country"))]
                if unit == PAIR
                else list(row.values.get(unit, ()))
                for unit in together
            ]
            found.view.work.charge(1 + min(prod(map(len, codes)), MOST_COMBINATIONS))
            combinations_.update(islice(product(*codes), MOST_COMBINATIONS))
    # a combination in a larger set of units is also a combination in each of its subsets
    for small, combinations_ in allowed.items():
        order = sorted(small)
        for large, more in list(allowed.items()):
            if small < large:
                places = [sorted(large).index(unit) for unit in order]
                found.view.work.charge(len(more))
                combinations_.update(tuple(codes[place] for place in places) for codes in more)
    return allowed


def crossed(found: Found, fields: tuple[str, ...], missing: bool = False) -> Iterator[tuple[GroupValue, ...]]:
    """Every combination of the article's values for the fields, in text order; may contain duplicates.

    ``official`` and ``official.*`` belong to one person, ``event.*`` to one event. Values under one ``sentence`` are
    paired only as they occur there. All others are combined freely. A combination in which a field has no value is
    skipped; with ``missing``, it has None there.
    """
    units = tuple(dict.fromkeys(unit_of(field) for field in fields))
    if not units:
        yield ()
        return
    items = [_items(found, unit, fields) for unit in units]
    if missing:
        items = [found_items or [_NOTHING] for found_items in items]
    allowed = _allowed(found, units) if len(units) > 1 else {}
    checks = [([units.index(unit) for unit in sorted(circle)], codes) for circle, codes in allowed.items()]
    places = [units.index(unit_of(field)) for field in fields]
    found.view.work.charge(2 * min(prod(map(len, items)), MOST_COMBINATIONS))
    for combination in islice(product(*items), MOST_COMBINATIONS):
        if any(_apart(tuple(combination[place] for place in circle), codes) for circle, codes in checks):
            continue
        values = tuple(_group_value(field, combination[place]) for field, place in zip(fields, places, strict=True))
        if missing or None not in values:
            yield values


def _apart(items: tuple[Item, ...], together: set[tuple[Any, ...]]) -> bool:
    """Whether these values do not occur together; a missing one is apart from none."""
    return _NOTHING not in items and tuple(item.code for item in items) not in together


def _group_value(field: str, item: Item) -> GroupValue | None:
    if item is _NOTHING:
        return None
    if field in item.parts:
        return item.parts[field]
    if not field.startswith("official."):
        return item.code
    attribute = item.values[0].attributes.get(field.removeprefix("official."))
    return attribute[0] if isinstance(attribute, tuple) else None


class Groups(msgspec.Struct, frozen=True):
    """The groups of one article with the values of ``of`` in each; ``left_out``: some exceeded the limit."""

    values: dict[tuple[GroupValue, ...], tuple[GroupValue, ...]]
    left_out: bool = False


def groups_of(found: Found, group_by: tuple[str, ...], of: str | None = None, missing: bool = False) -> Groups:
    """The groups that an article counts for, and its values of ``of`` in each.

    With ``missing``, an article without a value for a field of ``group_by`` counts in the group None of that field.

    An article without a value of ``of`` has no group: there is nothing to count.
    """
    groups: dict[tuple[GroupValue, ...], dict[GroupValue, None]] = {}
    fields = group_by if of is None else (*group_by, of)
    left_out = False
    for combination in crossed(found, fields, missing):
        if of is not None and combination[-1] is None:
            continue
        group = combination[: len(group_by)]
        if group not in groups and len(groups) >= MOST_GROUPS:
            left_out = True
            continue
        values = groups.setdefault(group, {})
        if of is not None:
            if len(values) >= MOST_GROUPS:
                left_out = True
                continue
            values.setdefault(combination[-1])
    return Groups({group: tuple(values) for group, values in groups.items()}, left_out)


class GroupFieldReader(Reader[str]):
    """Read one field for ``group_by`` or ``of``; ``more`` are further words to accept."""

    def __init__(self, *more: str) -> None:
        self._options = (*more, *GROUP_FIELDS)

    def read(self, node: Node, place: Place) -> str:
        if not isinstance(node, Scalar):
            place.fail(node, f"expected one of {', '.join(self._options)}, meta.KEY, found {node.what}")
        if node.text not in self._options and not (node.text.startswith(META) and len(node.text) > len(META)):
            listed = f"expected one of {', '.join(self._options)}, meta.KEY"
            place.fail(node, f"unknown field {shown(node.text)}: {listed}{nearest(node.text, self._options)}")
        return node.text

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"enum": list(self._options)}, {"type": "string", "pattern": "^meta\\..+"}]}


class GroupByReader(Reader[tuple[str, ...]]):
    """Read one field, or a list of different fields."""

    def __init__(self, *more: str) -> None:
        self._field = GroupFieldReader(*more)

    def read(self, node: Node, place: Place) -> tuple[str, ...]:
        if not isinstance(node, Sequence):
            return (self._field.read(node, place),)
        fields: list[str] = []
        wrong = False
        for index, item in enumerate(node.items):
            try:
                field = self._field.read(item, place.at(index))
            except Wrong:
                wrong = True
                continue
            if field in fields:
                place.at(index).error(item, f"duplicate field {field!r}")
                wrong = True
            fields.append(field)
        if wrong:
            raise Wrong
        return tuple(fields)

    def schema(self) -> JsonSchema:
        field = self._field.schema()
        return {"anyOf": [field, {"type": "array", "items": field, "uniqueItems": True}]}
