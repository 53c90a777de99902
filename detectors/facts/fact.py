"""One fact of a group, and what is kept up to date with the facts of a group."""

from __future__ import annotations

from datetime import datetime
from sys import intern
from typing import Protocol

import msgspec

from detectors.model.alert import Evidence, GroupValue
from detectors.model.observation import Observation
from detectors.model.sightings import Seen


class _Detail(msgspec.Struct, frozen=True, array_like=True):
    evidence: Evidence | None
    seen: Seen


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Detail)


class Fact:
    """An observation as a group keeps it; ``order`` is (time, article id, content hash), unique in its group.

    Data that only alerts show (evidence, values for templates) is kept encoded. Data that is equal in the facts of all
    rules and groups of an article (id, hash, fingerprint) is interned.
    """

    __slots__ = ("_packed", "distinct", "fingerprint", "known", "number", "order", "steps", "values")

    def __init__(self, observation: Observation) -> None:
        self.order = (observation.time, intern(observation.article_id), intern(observation.content_hash))
        self.fingerprint = intern(observation.fingerprint)
        self.steps = observation.steps
        self.distinct = None if observation.distinct is None else intern(observation.distinct)
        self.values: tuple[GroupValue, ...] = observation.values
        self.known: tuple[GroupValue, ...] = observation.known
        self.number = observation.number
        self._packed = _ENCODER.encode(_Detail(observation.evidence, observation.seen))

    @property
    def time(self) -> datetime:
        return self.order[0]

    @property
    def article_id(self) -> str:
        return self.order[1]

    @property
    def evidence(self) -> Evidence | None:
        return _DECODER.decode(self._packed).evidence

    @property
    def seen(self) -> Seen:
        return _DECODER.decode(self._packed).seen

    def __lt__(self, other: Fact) -> bool:
        return self.order < other.order


class Follower(Protocol):
    """Data that is kept up to date with the facts of a group."""

    def added(self, fact: Fact) -> None:
        """A fact was added."""

    def dropped(self, fact: Fact) -> None:
        """The first fact was dropped."""


class Bound:
    """Remembers that a limit was reached, until :meth:`ask`."""

    __slots__ = ("_reached",)

    def __init__(self) -> None:
        self._reached = False

    def reach(self) -> None:
        """Record that the limit was reached."""
        self._reached = True

    def ask(self) -> bool:
        """Whether the limit was reached since the last call."""
        reached, self._reached = self._reached, False
        return reached
