"""Conditions as trees of frozen objects: whether they hold of a scene, and which values met them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from detectors.conditions.bindings import TERM, Bindings
from detectors.conditions.lexicon import Phrase
from detectors.conditions.predicates import Exists, Part, Predicate, Terms, compiled
from detectors.conditions.values import Value
from detectors.conditions.view import Scene, Stretch
from detectors.conditions.work import LETTERS
from detectors.folding import fold
from detectors.model.article import Span
from detectors.visible import Visible, visible

MOST_PATTERN_HITS = 20
FOLDING = 8
"""Steps that folding a short text takes; of a long one, about so many times as many as searching it."""
ROW = 10
"""Steps that a place costs where a ``sentence`` or ``near`` is met, its spans aside."""


class Condition(msgspec.Struct, frozen=True):
    """A question about an article, or about a stretch of it."""

    def holds(self, scene: Scene) -> bool:
        """Whether it is met."""
        raise NotImplementedError

    def truth(self, scene: Scene) -> bool | None:
        """Whether it is met; None where that cannot be known, for its values were not looked for in the article."""
        return self.holds(scene)

    def collect(self, scene: Scene, into: Bindings) -> None:
        """Add the values that met its positive parts; called only where it holds."""

    def parts(self) -> tuple[Condition, ...]:
        """The conditions that it is made of."""
        return ()

    def bound_fields(self) -> frozenset[str]:
        """The fields of which it asks positively, so that groups take their values from it; ``term`` for phrases."""
        return frozenset().union(*(part.bound_fields() for part in self.parts()))

    def phrases(self) -> Iterator[Phrase]:
        """Every phrase that has to be looked for in texts."""
        for part in self.parts():
            yield from part.phrases()


class Every(Condition, frozen=True, tag="Every"):
    """All of them; of none, every article."""

    conditions: tuple[Condition, ...]

    def holds(self, scene: Scene) -> bool:
        return all(condition.holds(scene) for condition in self.conditions)

    def truth(self, scene: Scene) -> bool | None:
        known: bool | None = True
        for condition in self.conditions:
            truth = condition.truth(scene)
            if truth is False:
                return False
            known = known and truth
        return known

    def collect(self, scene: Scene, into: Bindings) -> None:
        for condition in self.conditions:
            condition.collect(scene, into)

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


class Some(Condition, frozen=True, tag="Some"):
    """At least one of them. Values are taken from each one that is met."""

    conditions: tuple[Condition, ...]

    def holds(self, scene: Scene) -> bool:
        return any(condition.holds(scene) for condition in self.conditions)

    def truth(self, scene: Scene) -> bool | None:
        return some_truth(condition.truth(scene) for condition in self.conditions)

    def collect(self, scene: Scene, into: Bindings) -> None:
        for condition in self.conditions:
            if condition.holds(scene):
                condition.collect(scene, into)

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


def some_truth(truths: Iterable[bool | None]) -> bool | None:
    """Whether one of several is met; None if none is known to be and one is not known."""
    known: bool | None = False
    for truth in truths:
        if truth:
            return True
        known = None if truth is None else known
    return known


class Not(Condition, frozen=True, tag="Not"):
    """The condition is not met: no value meets it, and values were looked for. Binds nothing."""

    condition: Condition

    def holds(self, scene: Scene) -> bool:
        if scene.view.sees_all:
            return not self.condition.holds(scene)
        return self.condition.truth(scene) is False

    def truth(self, scene: Scene) -> bool | None:
        truth = self.condition.truth(scene)
        return None if truth is None else not truth

    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)

    def bound_fields(self) -> frozenset[str]:
        return frozenset()


class Within(Condition, frozen=True, tag="Within"):
    """All of it within some one sentence, or within three consecutive ones."""

    reach: Literal["sentence", "near"]
    condition: Condition

    def scenes(self, scene: Scene) -> tuple[Scene, ...]:
        """The stretches in which it may hold."""
        return scene.view.sentences if self.reach == "sentence" else scene.view.nears

    def holds(self, scene: Scene) -> bool:
        scenes, condition = self.scenes(scene), self.condition
        scene.view.work.charge(len(scenes))
        return any(condition.holds(place) for place in scenes)

    def truth(self, scene: Scene) -> bool | None:
        scenes, condition = self.scenes(scene), self.condition
        scene.view.work.charge(len(scenes))
        return some_truth(condition.truth(place) for place in scenes)

    def collect(self, scene: Scene, into: Bindings) -> None:
        scenes, work = self.scenes(scene), scene.view.work
        work.charge(len(scenes))
        rows = []
        for place in scenes:
            if self.condition.holds(place):
                row = Bindings()
                self.condition.collect(place, row)
                work.charge(ROW + row.size)
                rows.append(row)
                into.merge(row)
        into.blocks.append(tuple(rows))

    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)


class Has(Condition, frozen=True, tag="Has"):
    """Some one value of the field meets all the tests, each of an attribute."""

    field: str
    tests: tuple[tuple[str, Predicate], ...]

    def meets(self, value: Value) -> bool:
        """Whether one value does."""
        for attribute, predicate in self.tests:  # noqa: SIM110 - quicker than a generator
            if not predicate.holds(value, attribute):
                return False
        return True

    def holds(self, scene: Scene) -> bool:
        if scene.row is not None:
            return scene.number in scene.row.met(self, self.field, self.meets)
        values = scene.values(self.field)
        scene.view.work.charge(len(values))
        return any(map(self.meets, values))

    def truth(self, scene: Scene) -> bool | None:
        return self.holds(scene) or (False if scene.view.sees(self.field) else None)

    def collect(self, scene: Scene, into: Bindings) -> None:
        if scene.row is not None:
            for value, spans in scene.row.met(self, self.field, self.meets).get(scene.number, ()):
                into.add(value, spans)
            return
        for value in scene.values(self.field):
            if self.meets(value):
                scene.view.work.charge(1 + len(value.spans))
                into.add(value, value.spans)

    def bound_fields(self) -> frozenset[str]:
        return frozenset((self.field,))


class Lacks(Condition, frozen=True, tag="Lacks"):
    """The field has no value at all (``exists: false``), and values were looked for."""

    field: str

    def holds(self, scene: Scene) -> bool:
        return not scene.has(self.field) and scene.view.sees(self.field)

    def truth(self, scene: Scene) -> bool | None:
        return self.holds(scene) if scene.view.sees(self.field) else None


class Says(Condition, frozen=True, tag="Says"):
    """Some entry stands in the searched text as whole words; ``negated``: none does."""

    field: str
    terms: Terms
    negated: bool = False

    def holds(self, scene: Scene) -> bool:
        return scene.holds(self.field, self.terms.names) != self.negated

    def collect(self, scene: Scene, into: Bindings) -> None:
        if not self.negated:
            for wanted, spans in scene.found(self.field, self.terms.names).items():
                scene.view.work.charge(len(spans))
                into.add_term(self.terms.names[wanted], spans)

    def bound_fields(self) -> frozenset[str]:
        return frozenset() if self.negated else frozenset((TERM,))

    def phrases(self) -> Iterator[Phrase]:
        return iter(self.terms.names)


class Reads(Condition, frozen=True, tag="Reads"):
    """The searched text is, begins or ends with one of the texts, or matches a pattern, or is there at all."""

    field: str
    test: TextTest

    def holds(self, scene: Scene) -> bool:
        if isinstance(self.test, Exists):
            return bool(scene.text(self.field)) == self.test.wanted
        self._charge(scene)
        if isinstance(self.test, TextPattern):
            return any(self.test.found(visible(original(scene, stretch))) for stretch in scene.text(self.field))
        return any(self.test.hits(scene, stretch) for stretch in scene.text(self.field))

    def collect(self, scene: Scene, into: Bindings) -> None:
        if isinstance(self.test, Exists):
            return
        self._charge(scene)
        for stretch in scene.text(self.field):
            for what, span in self.test.hits(scene, stretch):
                if isinstance(self.test, TextPattern):
                    into.note(f"pattern {what}", (span,))
                else:
                    into.add_term(what, (span,))

    def _charge(self, scene: Scene) -> None:
        """Each pattern reads all of the text; else it is folded once."""
        times = len(self.test.patterns) if isinstance(self.test, TextPattern) else FOLDING
        letters = sum(end - start for _, start, end in scene.text(self.field))
        scene.view.work.charge(times * (1 + letters // LETTERS))

    def bound_fields(self) -> frozenset[str]:
        return frozenset() if isinstance(self.test, Exists | TextPattern) else frozenset((TERM,))


def original(scene: Scene, stretch: Stretch) -> str:
    """The original text of a stretch."""
    part, start, end = stretch
    article = scene.view.article
    return (article.title if part == "title" else article.text)[start:end]


class TextPattern(msgspec.Struct, frozen=True, tag="TextPattern"):
    """RE2, found anywhere in the visible text, its case and accents as they are."""

    patterns: tuple[str, ...]

    def found(self, text: str) -> bool:
        """Whether one of them is found in a visible text."""
        return any(compiled(pattern).search(text) is not None for pattern in self.patterns)

    def hits(self, scene: Scene, stretch: Stretch) -> list[tuple[str, Span]]:
        """The pattern and each place (at most ``MOST_PATTERN_HITS``) where it was found."""
        part, at, _ = stretch
        text = original(scene, stretch)
        shown = Visible(text)
        found = []
        for pattern in self.patterns:
            for match in compiled(pattern).finditer(shown.text):
                start, end = shown.span(*match.span())
                found.append((pattern, Span(part, at + start, at + end, text[start:end])))
                if len(found) >= MOST_PATTERN_HITS:
                    return found
        return found


class TextWhole(msgspec.Struct, frozen=True, tag="TextWhole"):
    """The title, the body, the lead or the sentence as a whole is one of the texts."""

    names: dict[str, str]
    cased: bool = False

    def hits(self, scene: Scene, stretch: Stretch) -> list[tuple[str, Span]]:
        """The text's name and the stretch."""
        text = original(scene, stretch)
        name = self.names.get(fold(text, cased=self.cased).text.strip())
        return [] if name is None else [(name, Span(*stretch, text))]


class TextPart(msgspec.Struct, frozen=True, tag="TextPart"):
    """The title, the body, the lead or the sentence begins or ends with one of the texts."""

    part: Part
    names: tuple[str, ...]

    def hits(self, scene: Scene, stretch: Stretch) -> list[tuple[str, Span]]:
        """The text that it begins or ends with, and the stretch."""
        text = original(scene, stretch)
        folded = fold(text, cased=self.part.cased).text.strip()
        for part, name in zip(self.part.parts, self.names, strict=True):
            if folded.startswith(part) if self.part.how == "startswith" else folded.endswith(part):
                return [(name, Span(*stretch, text))]
        return []


TextTest = TextPattern | TextWhole | TextPart | Exists

EVERY_ARTICLE = Every(())
