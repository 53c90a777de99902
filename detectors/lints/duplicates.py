"""Duplicate rules: the same kind, condition, group and window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

import msgspec

from detectors.conditions.nodes import Condition, Every, Has, Says, Some
from detectors.conditions.predicates import Each, Predicate, Terms, Whole, Words
from detectors.lints.registry import of_set
from detectors.rules.identity import LONG
from detectors.rules.kind import keys_of
from detectors.rules.rule import Rule


@of_set
def duplicates(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str, str]]:
    """The second of two rules that evaluate the same articles in the same way; thresholds and texts may differ."""
    first: dict[bytes, Rule] = {}
    for rule in rules:
        if not rule.enabled:
            continue
        asked = sha256(repr(_asked(rule)).encode()).digest()
        known = first.setdefault(asked, rule)
        if known is not rule:
            yield (
                rule,
                "name",
                f"the same kind, condition, group and window as {known.name!r} at {known.file}:{known.line}",
            )


def _asked(rule: Rule) -> tuple[object, ...]:
    own = [
        (name, _canonical(getattr(rule.kind, spec.attribute)))
        for name, spec in sorted(keys_of(type(rule.kind)).items())
        if not spec.key.harmless
    ]
    exceptions = sorted(repr(_canonical(one.where)) for one in rule.exceptions)
    return rule.kind.NAME, _canonical(rule.where), exceptions, own


def _canonical(value: object) -> object:
    """Equal for equivalent conditions: order, spelling of names and needless nesting do not matter."""
    if isinstance(value, Every | Some):
        parts = {_digest(part) for part in _flat(value)}
        return (type(value).__name__, sorted(parts)) if len(parts) != 1 else parts.pop()
    if isinstance(value, Has):
        return ("Has", value.field, sorted((name, _digest(test)) for name, test in value.tests))
    if isinstance(value, Says):
        return ("Says", value.field, value.negated, _canonical(value.terms))
    if isinstance(value, Terms | Whole) and len(value.names) > LONG:
        return (
            type(value).__name__,
            getattr(value, "negated", False),
            value.cased,
            id(value.names),
        )  # lists are shared
    if isinstance(value, Terms):
        return sorted(repr(phrase) for phrase in value.names)
    if isinstance(value, Words):
        return ("Words", value.negated, _canonical(value.terms))
    if isinstance(value, Whole):
        return ("Whole", value.negated, value.cased, sorted(map(repr, value.names)))
    if isinstance(value, Each):
        return ("Each", sorted(map(_digest, value.predicates)))
    if isinstance(value, Condition | Predicate):
        return (type(value).__name__, [(name, _canonical(getattr(value, name))) for name in value.__struct_fields__])
    if isinstance(value, tuple):
        return [_canonical(one) for one in value]
    if isinstance(value, msgspec.Struct):
        return [(name, _canonical(getattr(value, name))) for name in value.__struct_fields__]
    return value


def _digest(value: object) -> str:
    """A digest of the canonical form: as text, quotes in it would double with each level of nesting."""
    return sha256(repr(_canonical(value)).encode("utf-8", "surrogatepass")).hexdigest()


def _flat(condition: Every | Some) -> Iterator[Condition]:
    for part in condition.conditions:
        if type(part) is type(condition):
            assert isinstance(part, Every | Some)
            yield from _flat(part)
        else:
            yield part
