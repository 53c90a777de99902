"""What a rule kind is: its keys, which observations it wants, and the machine that keeps one group's state.

A kind is one module of :mod:`detectors.kinds`; :func:`kind` registers it, and nothing else lists the kinds.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_type_hints

import msgspec

from detectors.conditions.nodes import Condition
from detectors.facts.fact import Fact
from detectors.facts.facts import MOST_FACTS
from detectors.model.alert import GroupValue
from detectors.reading.readers import Reader
from detectors.rules.groups import Found

if TYPE_CHECKING:
    from detectors.rules.machine import Change, Machine
    from detectors.rules.rule import Rule

DAY = timedelta(days=1)


class Key(msgspec.Struct, frozen=True):
    """One key of a rule, put beside its type: ``Annotated[timedelta, Key(Duration(), "...")]``.

    ``meaning`` goes into the schema. ``name`` where YAML's name is no Python name. ``harmless``: changing it keeps the
    rule's state (thresholds, texts); all other keys are part of what the state belongs to.
    """

    reader: Reader[Any]
    meaning: str
    name: str = ""
    harmless: bool = False


class KeySpec(msgspec.Struct, frozen=True):
    """A key as the reader of rules sees it: ``attribute`` is its Python name."""

    attribute: str
    key: Key
    required: bool
    default: Any


@cache
def keys_of(struct: type[msgspec.Struct]) -> dict[str, KeySpec]:
    """The keys that a rule or kind declares, by their names in YAML."""
    hints = get_type_hints(struct, include_extras=True)
    specs: dict[str, KeySpec] = {}
    for field in msgspec.structs.fields(struct):
        for note in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(note, Key):
                specs[note.name or field.name] = KeySpec(field.name, note, field.required, field.default)
    return specs


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of rule with the values of its own keys. Subclasses declare keys as annotated fields."""

    NAME: ClassVar[str] = ""
    NEEDS_LOG: ClassVar[bool] = False
    """Whether it must know when the log began, or when it was silent."""
    TAKES_LATE: ClassVar[bool] = False
    """Whether articles behind the watermark still reach it."""
    READS_ARTICLES: ClassVar[bool] = True
    """False where it reads other rules' alerts instead."""
    GROUP_KEY: ClassVar[str] = "group_by"
    """The key that holds the fields it groups by."""

    def wrong(self) -> Iterator[tuple[str, str]]:
        """What is wrong between its keys: the key to point at, and the message."""
        return iter(())

    def wrong_among(self, rule: Rule, rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """What is wrong with it among the other rules of its set: the key to point at, and the message."""
        return iter(())

    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of its steps, in order; none where ``where`` is all."""
        return ()

    def group_fields(self) -> tuple[str, ...]:
        """The fields that it groups by."""
        return ()

    def value_field(self) -> str | None:
        """The field whose values it takes from each article (``of``)."""
        return None

    def known_among(self, found: Found) -> tuple[GroupValue, ...]:  # noqa: ARG002 - for kinds that list some
        """The values of ``of`` that the rule lists as known."""
        return ()

    def count_unit(self) -> str:
        """What it counts once: ``article``, ``story``, ``source``, ``language`` or ``meta.KEY`` (``distinct``)."""
        return "article"

    def span(self) -> timedelta | None:
        """The stretch of event time that templates show as ``window``; None where it has none."""
        return None

    def answered_wait(self) -> tuple[Condition, Condition] | None:
        """The condition that begins a wait and the one that answers it; None where it does not wait for an answer."""
        return None

    def least_rules(self) -> float:
        """Of how many different rules it needs alerts, at least."""
        return 0

    def number_range(self) -> tuple[float, float]:
        """The least and the most that the number comes to that its thresholds are asked of."""
        return 0, MOST_FACTS

    def number(self, found: Found, group: Mapping[str, GroupValue]) -> float | None:  # noqa: ARG002 - for kinds that want one
        """The number that it takes of an article for one of its groups."""
        return None

    def steps_met_by(self, rule: Rule) -> tuple[int, ...] | None:  # noqa: ARG002 - for kinds that read alerts
        """The steps of a chain that alerts of ``rule`` meet: () where it has no steps, None where it reads none."""
        return None

    def waits_for_watermark(self) -> bool:
        """Whether its alerts come only when the watermark has passed the last article: rule tests need ``until``."""
        return False

    def stateless(self) -> bool:
        """Whether one article decides, so that no state is kept: :meth:`article_alert` makes its alert."""
        return False

    def article_alert(self, rule: Rule, fact: Fact) -> Change:
        """The alert of one article, of a rule without state."""
        raise NotImplementedError

    def throttle(self) -> timedelta:
        """The default of ``throttle``."""
        return timedelta()

    def initial_groups(self) -> tuple[dict[str, GroupValue], ...]:
        """Groups that exist before any article (those that a rule lists; the one of a rule without groups)."""
        return ()

    def log_reach(self) -> timedelta:
        """How far back from its watermark it asks whether the log was silent."""
        return timedelta()

    def shortest_silence(self) -> timedelta | None:
        """The shortest window of which it asks whether the log was silent in it; None where it asks of none."""
        return None

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        """The state of one group, empty."""
        raise NotImplementedError


K = TypeVar("K", bound=Kind)
_KINDS: dict[str, type[Kind]] = {}


def kind(name: str) -> Callable[[type[K]], type[K]]:
    """Register a kind of rule under its name."""

    def register(cls: type[K]) -> type[K]:
        cls.NAME = name
        _KINDS[name] = cls
        return cls

    return register


@cache
def kinds() -> dict[str, type[Kind]]:
    """Every kind by name: importing the modules of :mod:`detectors.kinds` registers them."""
    package = importlib.import_module("detectors.kinds")
    for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"detectors.kinds.{module}")
    return dict(sorted(_KINDS.items()))
