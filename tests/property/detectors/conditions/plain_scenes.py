"""Scenes the slow, obvious way: every span is held against every sentence, and all spans are sorted at each merge."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

from detectors.conditions.bindings import TERM
from detectors.conditions.event_values import EventValue
from detectors.conditions.events import Different, HasEvent
from detectors.conditions.lexicon import Phrase
from detectors.conditions.nodes import Condition, Every, Has, Lacks, Not, Reads, Says, Some, Within
from detectors.conditions.parties import bound_parties
from detectors.conditions.values import Value, position
from detectors.conditions.view import ArticleView, Stretch
from detectors.model.article import Span


class PlainScene:
    """All of an article, or a stretch of it."""

    def __init__(self, view: ArticleView, stretches: tuple[Stretch, ...], *, whole: bool = False) -> None:
        self.view, self.stretches, self.whole = view, stretches, whole

    def values(self, field: str) -> tuple[Value, ...]:
        if self.whole:
            return self.view.values(field)
        return tuple(
            value
            for value in self.view.values(field)
            if not value.spans or any(self._holds(span) for span in value.spans)
        )

    def spans_here(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        return spans if self.whole else tuple(span for span in spans if self._holds(span))

    def _holds(self, span: Span) -> bool:
        part, start, end = self.stretches[0]
        return span.in_ == part and span.start < end and span.end > start

    def found(self, field: str, phrases: Mapping[Phrase, str]) -> dict[Phrase, tuple[Span, ...]]:
        possible = sorted(phrases.keys() & self.view.found, key=lambda wanted: (wanted.text, wanted.prefix))
        return {wanted: spans for wanted in possible if (spans := self.places(field, wanted))}

    def places(self, field: str, wanted: Phrase) -> tuple[Span, ...]:
        spans = self.view.places(wanted)
        if self.whole and field == "text":
            return spans
        return tuple(span for span in spans if _inside(span, self.text(field)))

    def text(self, field: str) -> tuple[Stretch, ...]:
        stretches = self.view.stretches(field) if self.whole else self.stretches
        return tuple(stretch for stretch in stretches if stretch[2] > stretch[1])


def _inside(span: Span, stretches: tuple[Stretch, ...]) -> bool:
    return any(span.in_ == part and span.start >= start and span.end <= end for part, start, end in stretches)


class PlainBindings:
    """Which values met the conditions, where they lie, and which of them lie together."""

    def __init__(self) -> None:
        self.values: dict[str, dict[object, Value]] = {}
        self.blocks: list[tuple[PlainBindings, ...]] = []
        self.spans: dict[str, dict[Span, None]] = {}
        self.parties: dict[tuple[object, str], dict[Value, None]] = {}

    def add(self, value: Value, spans: tuple[Span, ...]) -> None:
        self.values.setdefault(value.field, {}).setdefault(value.code, value)
        self.note(f"{value.field} {value.name if value.field in ('official', 'event') else value.code}", spans)

    def bind(self, event: Value, side: str, party: Value) -> None:
        self.parties.setdefault((event.code, side), {})[party] = None

    def add_term(self, name: str, spans: tuple[Span, ...]) -> None:
        terms = self.values.setdefault(TERM, {})
        known = terms.get(name)
        if known is not None:
            spans = tuple(sorted({*known.spans, *spans}, key=position))
        terms[name] = Value(TERM, name, name, {}, spans)
        self.note(f"text {name}", spans)

    def note(self, what: str, spans: tuple[Span, ...]) -> None:
        if spans:
            self.spans.setdefault(what, {}).update(dict.fromkeys(spans))

    def merge(self, other: PlainBindings) -> None:
        for field, values in other.values.items():
            if field == TERM:
                for value in values.values():
                    self.add_term(value.name, value.spans)
            else:
                for code, value in values.items():
                    self.values.setdefault(field, {}).setdefault(code, value)
        for what, spans in other.spans.items():
            self.spans.setdefault(what, {}).update(spans)
        for where, parties in other.parties.items():
            self.parties.setdefault(where, {}).update(parties)
        self.blocks += other.blocks

    def in_text_order(self, field: str) -> tuple[Value, ...]:
        return tuple(sorted(self.values.get(field, {}).values(), key=lambda value: value.order))


def whole(view: ArticleView) -> PlainScene:
    """All of an article."""
    return PlainScene(view, view.whole.stretches, whole=True)


def _scenes(condition: Within, scene: PlainScene) -> list[PlainScene]:
    view = scene.view
    return [
        PlainScene(view, one.stretches) for one in (view.sentences if condition.reach == "sentence" else view.nears)
    ]


def holds(condition: Condition, scene: PlainScene) -> bool:
    """Whether a condition is met."""
    if isinstance(condition, Every):
        return all(holds(one, scene) for one in condition.conditions)
    if isinstance(condition, Some):
        return any(holds(one, scene) for one in condition.conditions)
    if isinstance(condition, Not):
        return not holds(condition.condition, scene)
    if isinstance(condition, Within):
        return any(holds(condition.condition, place) for place in _scenes(condition, scene))
    if isinstance(condition, Different):
        values = scene.values(condition.conditions[0].field)
        return any(
            all(one.meets(value) for one, value in zip(condition.conditions, chosen, strict=True))
            for chosen in permutations(values, len(condition.conditions))
        )
    if isinstance(condition, Has):
        return any(condition.meets(value) for value in scene.values(condition.field))
    if isinstance(condition, Lacks):
        return not scene.values(condition.field)
    if isinstance(condition, Says):
        return bool(scene.found(condition.field, condition.terms.names)) != condition.negated
    return condition.holds(scene)  # type: ignore[arg-type]


def collect(condition: Condition, scene: PlainScene, into: PlainBindings) -> None:
    """Add the values that met a condition that holds."""
    if isinstance(condition, Every | Some):
        for one in condition.conditions:
            if holds(one, scene):
                collect(one, scene, into)
    elif isinstance(condition, Within):
        rows = []
        for place in _scenes(condition, scene):
            if holds(condition.condition, place):
                row = PlainBindings()
                collect(condition.condition, place, row)
                rows.append(row)
                into.merge(row)
        into.blocks.append(tuple(rows))
    elif isinstance(condition, Different):
        for one in condition.conditions:
            collect(one, scene, into)
    elif isinstance(condition, HasEvent):
        for value in scene.values(condition.field):
            if condition.meets(value):
                assert isinstance(value, EventValue)
                into.add(value, value.evidence)
                for side, party in bound_parties(value, condition.tests):
                    into.bind(value, side, party)
    elif isinstance(condition, Has):
        for value in scene.values(condition.field):
            if condition.meets(value):
                into.add(value, scene.spans_here(value.spans))
    elif isinstance(condition, Says) and not condition.negated:
        for wanted, spans in scene.found(condition.field, condition.terms.names).items():
            into.add_term(condition.terms.names[wanted], spans)
    elif isinstance(condition, Reads):
        condition.collect(scene, into)  # type: ignore[arg-type]
