"""Fetches at a distance from each other, so that records that come singly go through the worker together.

aiokafka asks a broker again as soon as it has answered. Where records come one by one, each is then a fetch, a wake-up
of two threads, a batch and a request to write of its own, which costs the worker nearly twice the time that the same
records take from a full log: at half of that speed most of its core is gone, and records wait for each other.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import aiokafka.consumer.consumer as aiokafka_consumer
from aiokafka.consumer.fetcher import Fetcher

#: A broker that sent records is asked again after so many seconds. One that had none is asked at once: what comes after
#: a pause does not wait.
SPACING_SECONDS = 0.025


class SpacedFetcher(Fetcher):  # type: ignore[misc]
    """aiokafka's fetcher, with a pause after each answer that holds records."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._not_before: dict[int, float] = {}  # by the broker's id; the base class begins to fetch in its own
        super().__init__(*arguments, **options)

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        found: bool = await super()._proc_fetch_request(assignment, node_id, request)
        if found:
            self._not_before[node_id] = monotonic() + SPACING_SECONDS
        return found

    def _get_actions_per_node(self, assignment: Any) -> Any:
        """What to ask of which broker now, and how many seconds to wait for what else may happen."""
        fetches, resets, timeout, *others = super()._get_actions_per_node(assignment)
        now = monotonic()
        pauses = {node: self._not_before.get(node, now) - now for node, _ in fetches}
        due = [(node, request) for node, request in fetches if pauses[node] <= 0]
        timeout = min([timeout, *(pause for pause in pauses.values() if pause > 0)])
        return due, resets, timeout, *others


def install() -> None:
    """Make every consumer of aiokafka that is started from now on fetch so; it has no setting for it."""
    aiokafka_consumer.Fetcher = SpacedFetcher
