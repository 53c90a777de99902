"""Values that a rule lists as known (``known: LIST``), compared like ``in`` on the same field."""

from __future__ import annotations

from itertools import combinations

import msgspec

from detectors.conditions.bindings import TERM
from detectors.conditions.entries import listed_terms
from detectors.conditions.fields import EVENT, field_named
from detectors.conditions.lexicon import Phrase
from detectors.conditions.predicates import Terms
from detectors.conditions.values import Value
from detectors.folding import fold_value
from detectors.model.alert import GroupValue
from detectors.reading.context import Place
from detectors.reading.nodes import Node
from detectors.reading.readers import JsonSchema, ListOf, Reader, Word
from detectors.rules.event_groups import PREFIX, event_parts
from detectors.rules.groups import PAIR, Found, source_field
from detectors.vocabulary import country_code


class Known(msgspec.Struct, frozen=True):
    """The entries of the list; ``countries`` are the codes of the entries that name a country."""

    terms: Terms = Terms({})
    countries: frozenset[str] = frozenset()

    def among(self, found: Found, field: str) -> tuple[GroupValue, ...]:
        """The values of a group field that the list contains, in any spelling; a country pair as ``KAZ-UZB``."""
        if not self.terms.names:
            return ()
        if field.startswith(PREFIX):
            return self._among_events(found, field)
        values = found.values(source_field(field))
        if field == PAIR:
            pairs = [sorted((str(one.code), str(other.code))) for one, other in combinations(values, 2)]
            return tuple((low, high) for low, high in pairs if self._is(f"{low}-{high}"))
        part = field.partition(".")[2] if field.startswith("official.") else ""
        if not part:
            return tuple(value.code for value in values if self._holds(value, field))
        return tuple(texts[0] for value in values if (texts := _texts(value, part)) and self._holds_part(texts, part))

    def _among_events(self, found: Found, field: str) -> tuple[GroupValue, ...]:
        values = (
            parts[field] for event in found.values(EVENT) for parts in event_parts(event, (field,), found.parties)
        )
        return tuple(
            value
            for value in dict.fromkeys(values)
            if value is not None
            and (value in self.countries or self._is("-".join(value) if isinstance(value, tuple) else str(value)))
        )

    def _holds(self, value: Value, field: str) -> bool:
        if field == "country":
            return str(value.code) in self.countries
        if field == "official":
            names = value.spellings("name", False)
            return self._is(str(value.code)) or any(self.terms.found_in(name) is not None for name in names)
        known = None if field == TERM else field_named(field)
        texts = _texts(value, known.main.name) if known is not None else ()
        return any(self._is(text) for text in texts or (str(value.code),))

    def _holds_part(self, texts: tuple[str, ...], part: str) -> bool:
        if part == "country":
            return texts[0] in self.countries
        if part == "role":
            return self.terms.found_in(fold_value(texts[0])) is not None
        return self._is(texts[0])

    def _is(self, text: str) -> bool:
        return Phrase(fold_value(text)) in self.terms.names


def _texts(value: Value, attribute: str) -> tuple[str, ...]:
    given = value.attributes.get(attribute)
    return given if isinstance(given, tuple) else ()


class KnownReader(Reader[Known]):
    """Read the name of a list, or values."""

    def read(self, node: Node, place: Place) -> Known:
        terms = listed_terms(node, place, False)
        codes = (country_code(phrase.text) for phrase in terms.names)
        return Known(terms, frozenset(code for code in codes if code is not None))

    def schema(self) -> JsonSchema:
        return ListOf(Word(), one=True).schema()
