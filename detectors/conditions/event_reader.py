"""Reads the condition on an event: all keys, and combinators inside, speak of one and the same event."""

from __future__ import annotations

from detectors.conditions.events import HAPPENED, NEWS, Different, HasEvent
from detectors.conditions.field_reader import cased_of, kept, operators, read_attribute, read_operator, read_plain
from detectors.conditions.fields import PARTY, SIDES, Field
from detectors.conditions.nodes import Condition, Not
from detectors.conditions.parties import Tests
from detectors.conditions.party_reader import read_side
from detectors.conditions.subjects import Subject, SubjectReader
from detectors.reading.context import Place
from detectors.reading.macros import expanded
from detectors.reading.nodes import Mapping, Node, Scalar
from detectors.reading.readers import Boolean

ANY = "any"
_DEFAULTS: Tests = (("status", HAPPENED), ("background", NEWS))


class _EventSubject(Subject):
    """The keys of one event. ``told``: the attributes that the condition mentions, so that they have no default."""

    def __init__(self, field: Field) -> None:
        self.name = field.name
        self.told: set[str] = set()
        self._field = field
        self.keys = (*field.attributes, *operators(field.main.form))

    def plain(self, node: Node, place: Place, cased: bool) -> Tests:
        return ((self._field.main.name, read_plain(self._field.main, node, place, cased)),)

    def hint(self, key: str) -> str:
        return (
            f"a party has it: write it under {', '.join(SIDES[:-1])} or {SIDES[-1]}" if key in PARTY.attributes else ""
        )

    def key(self, key: str, node: Node, place: Place, cased: bool) -> Tests:
        attribute = self._field.attributes.get(key)
        if attribute is None:
            return ((self._field.main.name, read_operator(key, self._field.main, node, place, cased)),)
        self.told.add(key)
        if key in SIDES:
            return ((key, read_side(key, node, place, cased)),)
        if key in {"status", "background"}:
            value, _ = expanded(node, place)
            if isinstance(value, Scalar) and value.text == ANY:
                return ()
        return ((key, read_attribute(attribute, node, place, cased)),)


def read_event(field: Field, node: Node, place: Place) -> Condition:
    """The condition on an event.

    Without ``status`` it is one that happened, without ``background`` one that is news. ``exists`` by itself asks for
    news of any status.
    """
    node, place = expanded(node, place)
    subject = _EventSubject(field)
    if not isinstance(node, Mapping):
        return kept(HasEvent, field, (*subject.plain(node, place, False), *_DEFAULTS), place)
    exists = node.get("exists")
    if exists is not None:
        wanted = Boolean().read(exists, place.at("exists"))
        if len(node.pairs) == 1:
            news = kept(HasEvent, field, (("background", NEWS),), place)
            return news if wanted else Not(news)
        if not wanted:
            place.fail(node, "'exists: false' allows no other keys: a missing value has none")
    tests, each = SubjectReader(subject).read(node, place, cased_of(node, place))
    defaults = tuple((name, predicate) for name, predicate in _DEFAULTS if name not in subject.told)
    if not each:
        return kept(HasEvent, field, (*tests, *defaults), place)
    return Different(tuple(kept(HasEvent, field, (*one, *tests, *defaults), place) for one in each))
