"""What a rule kind is: its keys, the observations it needs, and the machine that keeps the state of a group.

Each kind is one module of :mod:`detectors.kinds`. :func:`kind` registers it; there is no other list of kinds.
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
    """One key of a rule, declared with its type: ``Annotated[timedelta, Key(Duration(), "...")]``.

    ``meaning`` goes into the JSON Schema. ``name`` is the YAML name if that is not a valid Python name. ``harmless``:
    changing the value keeps the rule's state (thresholds, texts); all other keys are part of the state id. ``later``:
    added after a release, so the default is not part of it, and rules without the key keep their state.
    """

    reader: Reader[Any]
    meaning: str
    name: str = ""
    harmless: bool = False
    later: bool = False


class KeySpec(msgspec.Struct, frozen=True):
    """A key as the rule reader sees it: ``attribute`` is its Python name."""

    attribute: str
    key: Key
    required: bool
    default: Any

    def identifies(self, value: object) -> bool:
        """Whether a value of the key is part of the state id."""
        return not self.key.harmless and not (self.key.later and value == self.default)


@cache
def keys_of(struct: type[msgspec.Struct]) -> dict[str, KeySpec]:
    """The keys that a rule or kind declares, by their YAML names."""
    hints = get_type_hints(struct, include_extras=True)
    specs: dict[str, KeySpec] = {}
    for field in msgspec.structs.fields(struct):
        for note in getattr(hints[field.name], "__metadata__", ()):
            if isinstance(note, Key):
                specs[note.name or field.name] = KeySpec(field.name, note, field.required, field.default)
    return specs


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of rule with the values of its keys. Subclasses declare keys as annotated fields."""

    NAME: ClassVar[str] = ""
    NEEDS_LOG: ClassVar[bool] = False
    """Whether it needs to know when the log began, or when it was silent."""
    TAKES_LATE: ClassVar[bool] = False
    """Whether it accepts articles behind the watermark."""
    READS_ARTICLES: ClassVar[bool] = True
    """False if it reads the alerts of other rules instead."""
    SHOWS: ClassVar[frozenset[str]] = frozenset()
    """What its alerts have for templates (``value``, ``previous``, ...), besides what follows from its thresholds."""
    SOMETIMES: ClassVar[frozenset[str]] = frozenset()
    """What some of its alerts lack of this."""
    ONE_OF: ClassVar[tuple[str, ...]] = ()
    """Keys of which a rule has one; :meth:`wrong` says so, and so does the schema."""
    GROUP_KEY: ClassVar[str] = "group_by"
    """The key that holds its group fields."""

    def wrong(self) -> Iterator[tuple[str, str]]:
        """Conflicts between its keys: the key to point at, and the message."""
        return iter(())

    def wrong_among(self, rule: Rule, rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """Errors that depend on the other rules of the set: the key to point at, and the message."""
        return iter(())

    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of its steps, in order; empty if it has only ``where``."""
        return ()

    def group_fields(self) -> tuple[str, ...]:
        """The fields to group by."""
        return ()

    def groups_missing(self) -> bool:
        """Whether an article without a value for a group's field counts in a group of its own."""
        return False

    def value_field(self) -> str | None:
        """The field whose values it reads from each article (``of``)."""
        return None

    def known_among(self, found: Found) -> tuple[GroupValue, ...]:  # noqa: ARG002 - for kinds that list some
        """The values of ``of`` that the rule lists as known."""
        return ()

    def count_unit(self) -> str:
        """The unit to count once: ``article``, ``story``, ``source``, ``language`` or ``meta.KEY`` (``distinct``)."""
        return "article"

    def counts_known_alone(self) -> bool:
        """Whether an article without the value of its count unit counts for nobody: it may be any of the others."""
        return False

    def span(self) -> timedelta | None:
        """The stretch of event time that templates show as ``window``; None if it has none."""
        return None

    def answered_wait(self) -> tuple[Condition, Condition] | None:
        """The condition that begins a wait and the one that answers it; None if it does not wait for an answer."""
        return None

    def least_rules(self) -> float:
        """The minimum number of different rules whose alerts it needs."""
        return 0

    def number_range(self) -> tuple[float, float]:
        """The smallest and largest number that its thresholds can be compared with."""
        return 0, MOST_FACTS

    def number(self, found: Found, group: Mapping[str, GroupValue]) -> float | None:  # noqa: ARG002 - for kinds that want one
        """The number that an article contributes to one of its groups."""
        return None

    def steps_met_by(self, rule: Rule) -> tuple[int, ...] | None:  # noqa: ARG002 - for kinds that read alerts
        """The steps of a chain that alerts of ``rule`` meet: () if it has no steps, None if it does not read them."""
        return None

    def waits_for_watermark(self) -> bool:
        """Whether alerts wait for the watermark to pass the last article, so that rule tests need ``until``."""
        return False

    def stateless(self) -> bool:
        """Whether a single article decides and no state is kept: :meth:`article_alert` makes the alert."""
        return False

    def article_alert(self, rule: Rule, fact: Fact) -> Change:
        """The alert for one article of a stateless rule."""
        raise NotImplementedError

    def throttle(self) -> timedelta:
        """The default for ``throttle``."""
        return timedelta()

    def initial_groups(self) -> tuple[dict[str, GroupValue], ...]:
        """Groups that exist before any article (groups that the rule lists; the one of a rule without groups)."""
        return ()

    def log_reach(self) -> timedelta:
        """How far behind its watermark it checks whether the log was silent."""
        return timedelta()

    def shortest_silence(self) -> timedelta | None:
        """The shortest window that it checks for silence of the log; None if it never checks."""
        return None

    def machine(self, rule: Rule, group: dict[str, GroupValue]) -> Machine:
        """A new machine with the empty state of one group."""
        raise NotImplementedError


K = TypeVar("K", bound=Kind)
_KINDS: dict[str, type[Kind]] = {}


def kind(name: str) -> Callable[[type[K]], type[K]]:
    """Register a kind of rule by name."""

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
