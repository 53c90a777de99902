"""Which values met the conditions, where they stood, and which of them stood together."""

from __future__ import annotations

from detectors.conditions.values import Plain, Value
from detectors.model.article import Span

TERM = "term"
_NAMED = frozenset({"official", "event"})
"""Fields whose evidence shows the name of a value, since the code says little."""
_TEXT = "text "


class Bindings:
    """What met the positive conditions of a rule in one article.

    ``values`` by field, in the order met; ``blocks`` holds, for each ``sentence`` or ``near``, one row a place where it
    was met: the values that stood there together. ``parties`` are those that met a condition on a side of an event, by
    the code of the event and the side.
    """

    __slots__ = ("blocks", "parties", "spans", "values")

    def __init__(self) -> None:
        self.values: dict[str, dict[Plain, Value]] = {}
        self.blocks: list[tuple[Bindings, ...]] = []
        self.parties: dict[tuple[Plain, str], dict[Value, None]] = {}
        self.spans: dict[str, dict[Span, None]] = {}

    def add(self, value: Value, spans: tuple[Span, ...]) -> None:
        """A value met a condition at these places."""
        self.values.setdefault(value.field, {}).setdefault(value.code, value)
        self.note(f"{value.field} {value.name if value.field in _NAMED else value.code}", spans)

    def bind(self, event: Value, side: str, party: Value) -> None:
        """A party met a condition on a side of an event."""
        self.parties.setdefault((event.code, side), {})[party] = None

    def add_term(self, name: str, spans: tuple[Span, ...]) -> None:
        """An entry or phrase was found at these places."""
        self._term(Value(TERM, name, name, {}, spans))
        self.note(f"{_TEXT}{name}", spans)

    def _term(self, found: Value) -> None:
        """A term is ordered by its first place of all; its places are in ``spans``."""
        terms = self.values.setdefault(TERM, {})
        known = terms.get(found.code)
        if known is None:
            known = terms[found.code] = Value(TERM, found.code, found.name, {})
        known.order = min(known.order, found.order)

    def note(self, what: str, spans: tuple[Span, ...]) -> None:
        """Places that are evidence of ``what``."""
        if spans:
            self.spans.setdefault(what, {}).update(dict.fromkeys(spans))

    @property
    def size(self) -> int:
        """How many places there are."""
        return sum(map(len, self.spans.values()))

    def merge(self, other: Bindings) -> None:
        """Everything that met conditions in ``other`` did so here too."""
        for field, values in other.values.items():
            if field == TERM:
                for value in values.values():
                    self._term(value)
            else:
                for code, value in values.items():
                    self.values.setdefault(field, {}).setdefault(code, value)
        for what, spans in other.spans.items():
            self.spans.setdefault(what, {}).update(spans)
        for where, parties in other.parties.items():
            self.parties.setdefault(where, {}).update(parties)
        self.blocks += other.blocks

    def in_text_order(self, field: str) -> tuple[Value, ...]:
        """The values of a field by their first mention."""
        return tuple(sorted(self.values.get(field, {}).values(), key=lambda value: value.order))
