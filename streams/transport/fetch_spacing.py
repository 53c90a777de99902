"""A pause between fetches, so that records that arrive one by one travel through the worker together.

aiokafka fetches again as soon as a broker has answered. If records arrive one by one, each then costs a fetch, a
wake-up of two threads, a batch and a produce request. This takes the worker nearly twice the time that the same records
take from a full log: at half of that speed, most of its core is busy, and records queue.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import aiokafka.consumer.consumer as aiokafka_consumer
from aiokafka.consumer.fetcher import Fetcher

#: Pause before the next fetch from a broker that sent records (seconds). A broker without records is asked again at
#: once, so that a record after a quiet period does not wait.
SPACING_SECONDS = 0.025


class SpacedFetcher(Fetcher):  # type: ignore[misc]
    """aiokafka's fetcher, with a pause after each response with records."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._not_before: dict[int, float] = {}  # by broker id; the base class starts fetching in its constructor
        super().__init__(*arguments, **options)

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        found: bool = await super()._proc_fetch_request(assignment, node_id, request)
        if found:
            self._not_before[node_id] = monotonic() + SPACING_SECONDS
        return found

    def _get_actions_per_node(self, assignment: Any) -> Any:
        """The requests to send to each broker now, and how long to wait for further events (seconds)."""
        fetches, resets, timeout, *others = super()._get_actions_per_node(assignment)
        now = monotonic()
        pauses = {node: self._not_before.get(node, now) - now for node, _ in fetches}
        due = [(node, request) for node, request in fetches if pauses[node] <= 0]
        timeout = min([timeout, *(pause for pause in pauses.values() if pause > 0)])
        return due, resets, timeout, *others


def install() -> None:
    """Patch aiokafka, which has no setting for this: consumers started from now on use this fetcher."""
    aiokafka_consumer.Fetcher = SpacedFetcher
