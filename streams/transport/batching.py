"""The conveyor: takes a stream's events, passes them on in batches, and settles them in order.

A batch is whatever arrived while the previous one was in work: one event at low load, as many as fit under load. Events
that were fetched together arrive one after the other, and the batch waits for them. The number of unsettled events and
their bytes are limited, so that a slow handler slows reading down and memory stays flat. While a batch is in work, the
event loop stays free for Kafka's heartbeats.

A :class:`TwoStageConveyor` computes the next batch while the broker acknowledges the previous one: with one stage, a
worker under load was idle for a quarter of its time.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import faust
from faust.streams import Stream
from faust.types import EventT

from detectors.model.event_time import AHEAD, is_plausible
from streams.records.cloudevents import Headers
from streams.transport.consumer import Consumer, consumer_of

Event = EventT[bytes]
Handler = Callable[[Sequence[Event]], Awaitable[None]]
Settled = Callable[[Sequence[Event]], None]
Prepared = TypeVar("Prepared")

#: ``timestamp_type`` of a record whose time the broker set; that of a producer is 0.
LOG_APPEND_TIME = 1
#: Limits of a batch, and of waiting events, in bytes; the event that crosses a limit is still included.
BATCH_BYTES = 2 * 1024 * 1024
WAITING_BYTES = 8 * 1024 * 1024
#: A batch begins when no event has arrived for this long.
GATHER_SECONDS = 0.001


class Belt(ABC):
    """What conveyors share: taking, batching and settling.

    ``in_flight`` is the number of events taken and not yet settled.
    """

    def __init__(self, app: faust.App, *, max_batch: int, max_in_flight: int, on_settled: Settled | None) -> None:
        self.app = app
        self.in_flight = 0
        self._on_settled = on_settled
        self._max_batch = max_batch
        self._max_waiting = max_in_flight
        self._waiting: deque[Event] = deque()
        self._waiting_bytes = 0
        self._in_work = 0
        self._draining = False
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @abstractmethod
    def _stages(self) -> Sequence[Coroutine[Any, Any, None]]:
        """The coroutines that run beside :meth:`_take`, each forever."""

    async def run(self, stream: Stream[bytes]) -> None:
        """Run until the agent is cancelled.

        Raises:
            Exception: whatever a stage raises; its batch is not settled.
        """
        tasks = [asyncio.create_task(stage) for stage in (self._take(stream), *self._stages())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._idle.set()

    async def drain(self, seconds: float) -> bool:
        """Begin no further batch, and wait until batches in work are settled; False if ``seconds`` are not enough."""
        self._draining = True
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def resume(self) -> None:
        """Begin batches again after :meth:`drain`."""
        self._draining = False
        self._changed.set()

    def is_current(self, event: Event) -> bool:
        """Whether this worker must still process an event.

        Not if it was fetched before the last rebalance: the partition's owner reads it again from the committed offset.
        """
        return bool(event.message.generation_id == self.app.consumer_generation_id)

    async def _take(self, stream: Stream[bytes]) -> None:
        async for event in stream.noack().events():
            while len(self._waiting) >= self._max_waiting or self._waiting_bytes >= WAITING_BYTES:
                await self._change()
            self._consumer().taken(event.message)
            self._waiting.append(event)
            self._waiting_bytes += _size(event)
            self.in_flight += 1
            self._changed.set()

    async def _begin(self) -> list[Event]:
        """Wait for the next batch; :meth:`_end` must follow."""
        await self._gather()
        batch: list[Event] = []
        size = 0
        while self._waiting and len(batch) < self._max_batch and size < BATCH_BYTES:
            event = self._waiting.popleft()
            size += _size(event)
            batch.append(event)
        self._waiting_bytes -= size
        self._in_work += 1
        self._idle.clear()
        self._changed.set()
        return batch

    async def _gather(self) -> None:
        """Wait for an event, and for those that arrive with it."""
        seen = 0
        while self._draining or not self._waiting or seen < len(self._waiting) < self._max_batch:
            if self._draining or not self._waiting:
                await self._change()
            else:
                seen = len(self._waiting)
                await asyncio.sleep(GATHER_SECONDS)

    def _end(self, taken: int) -> None:
        self.in_flight -= taken
        self._in_work -= 1
        if not self._in_work:
            self._idle.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _current(self, batch: Sequence[Event]) -> list[Event]:
        return [event for event in batch if self.is_current(event)]

    def _settle(self, batch: Sequence[Event]) -> None:
        consumer = self._consumer()
        settled = [event for event in batch if consumer.settle(event.message)]
        if settled and self._on_settled is not None:
            self._on_settled(settled)

    def _consumer(self) -> Consumer:
        return consumer_of(self.app)


class Conveyor(Belt):
    """Moves events of one agent from its stream to ``handle``.

    Args:
        handle: processes one batch; when it returns, the broker has acknowledged everything derived from the batch.
        on_settled: called with every batch once it is settled.
        max_batch: largest number of events in one batch.
        max_in_flight: largest number of events taken and waiting.
    """

    def __init__(
        self, app: faust.App, handle: Handler, *, max_batch: int, max_in_flight: int, on_settled: Settled | None = None
    ) -> None:
        super().__init__(app, max_batch=max_batch, max_in_flight=max_in_flight, on_settled=on_settled)
        self._handle = handle

    def _stages(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (self._work(),)

    async def _work(self) -> None:
        while True:
            batch = await self._begin()
            if current := self._current(batch):
                await self._handle(current)
                self._settle(current)
            self._end(len(batch))


class TwoStageConveyor(Belt, Generic[Prepared]):
    """Prepares a batch while the previous one is delivered; deliveries stay in order, one at a time.

    Args:
        prepare: computes the results of a batch; nothing leaves the process.
        deliver: sends them; when it returns, the broker has acknowledged all of them.
        on_settled, max_batch, max_in_flight: as for :class:`Conveyor`.
    """

    def __init__(
        self,
        app: faust.App,
        prepare: Callable[[Sequence[Event]], Awaitable[Prepared]],
        deliver: Callable[[Prepared], Awaitable[None]],
        *,
        max_batch: int,
        max_in_flight: int,
        on_settled: Settled | None = None,
    ) -> None:
        super().__init__(app, max_batch=max_batch, max_in_flight=max_in_flight, on_settled=on_settled)
        self._prepare = prepare
        self._deliver = deliver
        self._ready: asyncio.Queue[tuple[int, list[Event], Prepared]] = asyncio.Queue(maxsize=1)

    def _stages(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (self._preparing(), self._delivering())

    async def _preparing(self) -> None:
        while True:
            batch = await self._begin()
            if current := self._current(batch):
                await self._ready.put((len(batch), current, await self._prepare(current)))
            else:
                self._end(len(batch))

    async def _delivering(self) -> None:
        while True:
            taken, batch, prepared = await self._ready.get()
            if self._current(batch):  # otherwise its partitions moved while it waited; their owner reads it again
                await self._deliver(prepared)
                self._settle(batch)
            self._end(taken)


def _size(event: Event) -> int:
    return len(event.message.value or b"")


def time_of(event: Event) -> datetime:
    """Kafka's time of a record; the first or last moment of ``datetime`` where a producer wrote one beyond it."""
    seconds = event.message.timestamp
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return (datetime.min if seconds < 0 else datetime.max).replace(tzinfo=UTC)


def appended_at(event: Event, now: datetime) -> datetime:
    """When a record was appended to its log, by the broker's clock if the topic has ``LogAppendTime``.

    Otherwise the record's time is its producer's, and nothing in the log tells whether it is right. Only then the wall
    clock decides: a time more than ten minutes ahead of ``now`` counts as ``now``. A time that is no article's at all
    is left as it is, for the record to be refused.
    """
    time = time_of(event)
    if event.message.timestamp_type != LOG_APPEND_TIME and is_plausible(time) and time > now + AHEAD:
        return now
    return time


def headers_of(event: Event) -> Headers:
    """A record's original headers, whatever shape the framework gives them."""
    headers = event.message.headers
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    return [(str(name), None if value is None else bytes(value)) for name, value in pairs]
