"""The conveyor: takes a stream's events as they come, hands them on in batches, and settles them in order.

A batch is whatever arrived while the one before was in work: at low load one event at once, under load as many as
fit, without a timer. The number of events taken and not yet settled is bounded, so that a slow handler slows the
reading and memory stays flat. While a batch is in work the event loop stays free for Kafka's heartbeats.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import faust
from faust.streams import Stream
from faust.types import EventT

from streams.records.cloudevents import Headers
from streams.transport import Consumer

Event = EventT[bytes]
Handler = Callable[[Sequence[Event]], Awaitable[None]]
Settled = Callable[[Sequence[Event]], None]


class Conveyor:
    """Moves events of one agent from its stream to ``handle``.

    Args:
        handle: processes one batch; when it returns, all that follows from the batch is acknowledged by the broker.
        on_settled: is told of every batch once it is settled.
        max_batch: most events in one batch.
        max_in_flight: most events taken and not yet settled.
    """

    def __init__(
        self, app: faust.App, handle: Handler, *, max_batch: int, max_in_flight: int, on_settled: Settled | None = None
    ) -> None:
        self.app = app
        self.in_flight = 0
        self._handle = handle
        self._on_settled = on_settled
        self._max_batch = max_batch
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(maxsize=max_in_flight)

    async def run(self, stream: Stream[bytes]) -> None:
        """Run until the agent is cancelled.

        Raises:
            Exception: whatever ``handle`` raises; nothing of that batch is settled.
        """
        taking = asyncio.create_task(self._take(stream))
        working = asyncio.create_task(self._work())
        try:
            done, _ = await asyncio.wait((taking, working), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            taking.cancel()
            working.cancel()
            await asyncio.gather(taking, working, return_exceptions=True)

    async def _take(self, stream: Stream[bytes]) -> None:
        async for event in stream.noack().events():
            await self._waiting.put(event)
            self.in_flight += 1

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._max_batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            taken = len(batch)
            current = [event for event in batch if self._is_current(event)]
            if current:
                await self._handle(current)
                self._settle(current)
            self.in_flight -= taken

    def _is_current(self, event: Event) -> bool:
        # Fetched before the last rebalance: whoever owns the partition now reads it again from the committed offset.
        return bool(event.message.generation_id == self.app.consumer_generation_id)

    def _settle(self, batch: Sequence[Event]) -> None:
        consumer = self.app.consumer
        if not isinstance(consumer, Consumer):
            raise TypeError("the app must run on streams.transport")
        settled = [event for event in batch if consumer.settle(event.message)]
        if settled and self._on_settled is not None:
            self._on_settled(settled)


def headers_of(event: Event) -> Headers:
    """A record's headers as they came, whatever shape the framework gives them."""
    headers = event.message.headers
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return [(str(name), bytes(value or b"")) for name, value in pairs]
