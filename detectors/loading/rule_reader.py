"""Rules from nodes: kind, keys, default values, and checks across keys."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from detectors.conditions.bindings import TERM
from detectors.conditions.fields import FIELDS
from detectors.conditions.reader import COMBINATORS
from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Scalar
from detectors.reading.problems import Wrong, one_of, unknown_key
from detectors.reading.readers import Reader, read_keys
from detectors.rules.identity import state_of
from detectors.rules.kind import Kind, keys_of, kinds
from detectors.rules.rule import Rule


class _KindName(Reader[str]):
    def read(self, node: Any, place: Place) -> str:
        if not isinstance(node, Scalar):
            place.fail(node, f"expected the name of a kind, found {node.what}")
        if node.text not in kinds():
            place.fail(node, one_of(node.text, kinds(), "kind"))
        return node.text


KIND_NAME = _KindName()


@cache
def _readers(kind: type[Kind]) -> tuple[dict[str, Reader[Any]], frozenset[str]]:
    specs = {**keys_of(Rule), **keys_of(kind)}
    readers: dict[str, Reader[Any]] = {name: spec.key.reader for name, spec in specs.items()}
    readers["kind"] = KIND_NAME
    required = frozenset(name for name, spec in specs.items() if spec.required) | {"kind"}
    return readers, required


def known_keys(node: Mapping) -> frozenset[str] | None:
    """The keys allowed for this node's kind; None if the kind is unknown."""
    kind = node.get("kind")
    found = kinds().get(kind.text) if isinstance(kind, Scalar) else None
    return frozenset(_readers(found)[0]) if found else None


def read_rule(node: Mapping, place: Place) -> Rule:
    """The rule that a node describes. Raises Wrong after reporting all problems."""
    kind_node = node.get("kind")
    if kind_node is None:
        place.error(node, f"the key 'kind' is missing: expected one of {', '.join(kinds())}")
        raise Wrong
    kind = kinds()[KIND_NAME.read(kind_node, place.at("kind"))]
    readers, required = _readers(kind)
    place.context.conditions = 0
    values = read_keys(node, place, readers, required, _unknown)
    common = {spec.attribute: values[name] for name, spec in keys_of(Rule).items() if name in values}
    own = {spec.attribute: values[name] for name, spec in keys_of(kind).items() if name in values}
    made = kind(**own)
    _check_between(made, common, node, place)
    common.setdefault("topic", f"alerts.{common['name']}")
    common.setdefault("throttle", made.throttle())
    rule = Rule(kind=made, **common)
    return msgspec.structs.replace(
        rule, state=state_of(rule, place.context.cache), file=node.file, line=node.line, column=node.column
    )


def _unknown(key: str, readers: dict[str, Reader[Any]]) -> str:
    if key in FIELDS or key in COMBINATORS:
        return f"{key!r} belongs to a condition: indent it below 'where'"
    return unknown_key(key, readers)


def _check_between(kind: Kind, common: dict[str, Any], node: Mapping, place: Place) -> None:
    wrong = False
    for key, message in kind.wrong():
        at = node.get(key)
        place.at(key).error(at or node, message)
        wrong = True
    throttle = node.get("throttle")
    if throttle is not None and not common["throttle"] and kind.throttle():  # state kinds have no throttle by default
        message = "expected a duration above 0: events give at most one alert per interval of this length"
        place.at("throttle").error(throttle, message)
        wrong = True
    value_field = kind.value_field()
    wants_terms = TERM in kind.group_fields() or value_field == TERM
    if wants_terms and kind.READS_ARTICLES:
        where = common.get("where")
        asked = frozenset[str]().union(
            *(part.bound_fields() for part in (*kind.conditions(), *([where] if where else [])))
        )
        if TERM not in asked:
            key = "of" if value_field == TERM else "once_per" if "once_per" in node else "group_by"
            message = "the rule can never fire: 'term' has no value without a phrase or list on text, title or lead"
            place.at(key).warning(node.get(key) or node, message)
    if wrong:
        raise Wrong
