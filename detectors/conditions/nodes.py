"""Conditions as trees of frozen objects: whether they hold of a scene, and which values met them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from detectors.conditions.bindings import TERM, Bindings
from detectors.conditions.lexicon import Phrase
from detectors.conditions.predicates import Exists, Part, Predicate, Terms, compiled
from detectors.conditions.view import Scene, Stretch
from detectors.folding import fold
from detectors.model.article import Span

MOST_PATTERN_HITS = 20


class Condition(msgspec.Struct, frozen=True):
    """A question about an article, or about a stretch of it."""

    def holds(self, scene: Scene) -> bool:
        """Whether it is met."""
        raise NotImplementedError

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

    def collect(self, scene: Scene, into: Bindings) -> None:
        for condition in self.conditions:
            if condition.holds(scene):
                condition.collect(scene, into)

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


class Not(Condition, frozen=True, tag="Not"):
    """The condition is not met: no value meets it. Binds nothing."""

    condition: Condition

    def holds(self, scene: Scene) -> bool:
        return not self.condition.holds(scene)

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
        return any(self.condition.holds(place) for place in self.scenes(scene))

    def collect(self, scene: Scene, into: Bindings) -> None:
        rows = []
        for place in self.scenes(scene):
            if self.condition.holds(place):
                row = Bindings()
                self.condition.collect(place, row)
                rows.append(row)
                into.merge(row)
        into.blocks.append(tuple(rows))

    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)


class Has(Condition, frozen=True, tag="Has"):
    """Some one value of the field meets all the tests, each of an attribute."""

    field: str
    tests: tuple[tuple[str, Predicate], ...]

    def holds(self, scene: Scene) -> bool:
        tests = self.tests
        for value in scene.values(self.field):
            for attribute, predicate in tests:
                if not predicate.holds(value, attribute):
                    break
            else:
                return True
        return False

    def collect(self, scene: Scene, into: Bindings) -> None:
        for value in scene.values(self.field):
            if all(predicate.holds(value, attribute) for attribute, predicate in self.tests):
                into.add(value, scene.spans_here(value.spans))

    def bound_fields(self) -> frozenset[str]:
        return frozenset((self.field,))


class Lacks(Condition, frozen=True, tag="Lacks"):
    """The field has no value at all (``exists: false``)."""

    field: str

    def holds(self, scene: Scene) -> bool:
        return not scene.values(self.field)


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
        if isinstance(self.test, TextPattern):
            return any(self.test.found(original(scene, stretch)) for stretch in scene.text(self.field))
        return any(self.test.hits(scene, stretch) for stretch in scene.text(self.field))

    def collect(self, scene: Scene, into: Bindings) -> None:
        if isinstance(self.test, Exists):
            return
        for stretch in scene.text(self.field):
            for what, span in self.test.hits(scene, stretch):
                if isinstance(self.test, TextPattern):
                    into.note(f"pattern {what}", (span,))
                else:
                    into.add_term(what, (span,))

    def bound_fields(self) -> frozenset[str]:
        return frozenset() if isinstance(self.test, Exists | TextPattern) else frozenset((TERM,))


def original(scene: Scene, stretch: Stretch) -> str:
    """The original text of a stretch."""
    part, start, end = stretch
    article = scene.view.article
    return (article.title if part == "title" else article.text)[start:end]


class TextPattern(msgspec.Struct, frozen=True, tag="TextPattern"):
    """RE2, found anywhere in the original text."""

    patterns: tuple[str, ...]

    def found(self, text: str) -> bool:
        """Whether one of them is found in a text."""
        return any(compiled(pattern).search(text) is not None for pattern in self.patterns)

    def hits(self, scene: Scene, stretch: Stretch) -> list[tuple[str, Span]]:
        """The pattern and each place (at most ``MOST_PATTERN_HITS``) where it was found."""
        part, start, _ = stretch
        text = original(scene, stretch)
        found = []
        for pattern in self.patterns:
            for match in compiled(pattern).finditer(text):
                found.append((pattern, Span(part, start + match.start(), start + match.end(), match.group())))
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
