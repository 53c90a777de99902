"""Conditions on events, and on several different values of one field."""

from __future__ import annotations

from detectors.conditions.bindings import Bindings
from detectors.conditions.event_values import EventValue
from detectors.conditions.nodes import Condition, Has
from detectors.conditions.parties import all_different, bound_parties
from detectors.conditions.predicates import Flag, Whole
from detectors.conditions.values import Value
from detectors.conditions.view import Scene

HAPPENED = Whole({"happened": "happened"})
"""The status that a condition asks for if it names none."""
NEWS = Flag(False)
"""What a condition asks of ``background`` if it does not mention it."""


class HasEvent(Has, frozen=True, tag="HasEvent"):
    """Some one event meets all the tests. Binds the event, and of its parties those that met a test."""

    def holds(self, scene: Scene) -> bool:
        if scene.row is None:  # in a row each event is asked once, for all scenes
            scene.view.work.charge(
                sum(value.size for value in scene.values(self.field) if isinstance(value, EventValue))
            )
        return super().holds(scene)

    def collect(self, scene: Scene, into: Bindings) -> None:
        for value in scene.values(self.field):
            if isinstance(value, EventValue) and self.meets(value):
                scene.view.work.charge(value.size + len(value.evidence))
                into.add(value, value.evidence)
                for side, party in bound_parties(value, self.tests):
                    into.bind(value, side, party)


class Different(Condition, frozen=True, tag="Different"):
    """Conditions on one field, each met by a value of its own: two different officials, two different events."""

    conditions: tuple[Has, ...]

    def holds(self, scene: Scene) -> bool:
        values = scene.values(self.conditions[0].field)
        scene.view.work.charge(len(values) * len(self.conditions))
        return all_different(self.conditions, values, _met)

    def truth(self, scene: Scene) -> bool | None:
        return self.holds(scene) or (False if scene.view.sees(self.conditions[0].field) else None)

    def collect(self, scene: Scene, into: Bindings) -> None:
        for condition in self.conditions:
            condition.collect(scene, into)

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


def _met(value: Value, condition: Has) -> bool:
    return condition.meets(value)
