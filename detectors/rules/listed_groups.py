"""Groups that a rule lists: the name of a list, or values; for several fields, a list or mapping per group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detectors.conditions.entries import named_list
from detectors.conditions.fields import META
from detectors.folding import fold_value
from detectors.model.alert import GroupValue
from detectors.reading.context import Place
from detectors.reading.countries import unknown_country
from detectors.reading.nodes import Node, Scalar, plain
from detectors.reading.nodes import Sequence as SequenceNode
from detectors.reading.problems import shown
from detectors.reading.readers import JsonSchema, Reader
from detectors.rules.event_groups import EVENT_PAIR
from detectors.rules.groups import PAIR
from detectors.vocabulary import country_code

Group = dict[str, GroupValue]


class GroupsReader(Reader[tuple[Any, ...]]):
    """Read the groups as plain values: only the rule's ``group_by`` tells to which fields they belong."""

    def read(self, node: Node, place: Place) -> tuple[Any, ...]:
        if isinstance(node, Scalar):
            return tuple(entry.name for entry in named_list(node, place).entries)
        if not isinstance(node, SequenceNode):
            place.fail(node, f"expected the name of a list, or groups in brackets, found {node.what}")
        if not node.items:
            place.warning(node, "an empty list of groups: the rule can never fire")
        return tuple(plain(item) for item in node.items)

    def schema(self) -> JsonSchema:
        return {"anyOf": [{"type": "string"}, {"type": "array"}]}


def group_of(item: Any, fields: Sequence[str]) -> Group:
    """The group that a list item names. Raises ValueError if it names none."""
    if isinstance(item, Mapping):
        if set(item) != set(fields):
            raise ValueError(f"expected the keys {', '.join(fields)}, found {', '.join(map(str, item)) or 'none'}")
        values = [item[field] for field in fields]
    elif len(fields) == 1:
        values = [item]
    elif isinstance(item, Sequence) and not isinstance(item, str) and len(item) == len(fields):
        values = list(item)
    else:
        raise ValueError(f"expected a value for each of {', '.join(fields)}, found {shown(str(item))}")
    return {field: _value(field, value) for field, value in zip(fields, values, strict=True)}


def _value(field: str, value: Any) -> GroupValue:
    if field in {PAIR, EVENT_PAIR}:
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
            raise ValueError(f"expected two countries, found {shown(str(value))}")
        first, second = sorted(_country(one) for one in value)
        return first, second
    if not isinstance(value, str | int | float | bool):
        raise ValueError(f"expected a value of {field}, found {shown(str(value))}")
    if field.startswith(META):
        return value
    if field in {"country", "official.country", "event.place"}:
        return _country(value)
    if field in {"event.actor", "event.target", "event.participant"}:
        return country_code(str(value)) or str(value)
    return fold_value(str(value)) if field in {"theme", "official.class", "event.type"} else str(value)


def _country(value: Any) -> str:
    code = country_code(str(value))
    if code is None:
        raise ValueError(unknown_country(str(value)))
    return code
