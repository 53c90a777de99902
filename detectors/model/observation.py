"""One article as one stateful rule sees it: the value on the topic ``observations``, with all that a detector needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from detectors.model.alert import Evidence, GroupValue
from detectors.model.sightings import Seen


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One article that counts for one group of one rule.

    ``state`` identifies the rule state: rule, condition, group and window. ``steps`` are the numbers, counted from 1,
    of the rule's steps that the article meets in this group; ``distinct`` is the value that is counted once; ``values``
    are the values of ``of``, ``known`` those that the rule lists as known; ``number`` is the input of a metric. For a
    chain the article is an alert, and ``time`` is one of its moments.
    """

    rule: str
    state: str
    group: dict[str, GroupValue] = {}
    time: datetime
    article_id: str
    content_hash: str = ""
    fingerprint: str = ""
    steps: tuple[int, ...] = ()
    distinct: str | None = None
    values: tuple[GroupValue, ...] = ()
    known: tuple[GroupValue, ...] = ()
    number: float | None = None
    evidence: Evidence | None = None
    seen: Seen = Seen()
    rule_set_version: str = ""
    version: int = 1

    @property
    def key(self) -> str:
        """Rule state and group: the Kafka key, so that one detector receives all of a group."""
        return state_key(self.state, self.group)


def state_key(state: str, group: dict[str, GroupValue]) -> str:
    """The key of a group's state."""
    return f"{state} {group_key(group)}"


def group_key(group: Mapping[str, GroupValue]) -> str:
    """The group as one line of text, equal for equal values: part of keys and of alert ids."""
    return msgspec.json.encode(list(group.values())).decode()
