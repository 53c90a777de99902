"""Two stages of the conveyor: the next batch is prepared while one is delivered, in order, and nothing is settled early."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from streams.transport import batching as module
from streams.transport.batching import TwoStageConveyor, appended_at


class Source:
    """A stream of events, all of generation 1."""

    def __init__(self, count: int) -> None:
        self._events = [
            SimpleNamespace(message=SimpleNamespace(generation_id=1, offset=n, value=b"")) for n in range(count)
        ]

    def noack(self) -> "Source":
        return self

    async def events(self) -> Any:
        for event in self._events:
            yield event
        await asyncio.Event().wait()


class Recorder:
    """A conveyor with batches of one event, and its log of steps, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, generation: int = 1) -> None:
        self.happened: list[str] = []
        self.acknowledged = asyncio.Event()
        self.failure: Exception | None = None
        self.app = SimpleNamespace(consumer_generation_id=generation)
        self.conveyor = TwoStageConveyor(self.app, self._prepare, self._deliver, max_batch=1, max_in_flight=8)
        consumer = SimpleNamespace(taken=lambda message: None)
        monkeypatch.setattr(self.conveyor, "_consumer", lambda: consumer)
        monkeypatch.setattr(
            self.conveyor, "_settle", lambda batch: self.happened.append(f"settled {batch[0].message.offset}")
        )

    async def _prepare(self, batch: Any) -> int:
        offset = batch[0].message.offset
        self.happened.append(f"prepared {offset}")
        return offset

    async def _deliver(self, offset: int) -> None:
        self.happened.append(f"sent {offset}")
        await self.acknowledged.wait()
        if self.failure is not None:
            raise self.failure

    async def run(self, count: int, seconds: float = 0.05) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.conveyor.run(Source(count)), seconds)  # type: ignore[arg-type]


def test_the_next_batch_is_prepared_while_one_is_not_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> list[str]:
        recorder = Recorder(monkeypatch)
        await recorder.run(4)
        assert recorder.conveyor.in_flight == 4
        return recorder.happened

    happened = asyncio.run(scenario())
    assert [what for what in happened if what.startswith("sent")] == ["sent 0"], "one delivery at a time"
    assert "prepared 1" in happened
    assert not [what for what in happened if what.startswith("settled")]


def test_batches_are_settled_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> Recorder:
        recorder = Recorder(monkeypatch)
        recorder.acknowledged.set()
        await recorder.run(5)
        return recorder

    recorder = asyncio.run(scenario())
    assert [what for what in recorder.happened if what.startswith("settled")] == [f"settled {n}" for n in range(5)]
    assert recorder.conveyor.in_flight == 0


def test_a_failed_delivery_ends_the_run_and_settles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> list[str]:
        recorder = Recorder(monkeypatch)
        recorder.failure = ConnectionError("refused")
        recorder.acknowledged.set()
        with pytest.raises(ConnectionError, match="refused"):
            await recorder.run(3)
        return recorder.happened

    assert not [what for what in asyncio.run(scenario()) if what.startswith("settled")]


def test_events_from_before_a_rebalance_are_left_to_the_partitions_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> Recorder:
        recorder = Recorder(monkeypatch, generation=2)
        await recorder.run(3)
        return recorder

    recorder = asyncio.run(scenario())
    assert recorder.happened == []
    assert recorder.conveyor.in_flight == 0


def test_a_drain_finishes_batches_in_work_and_begins_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> tuple[bool, bool, list[str]]:
        recorder = Recorder(monkeypatch)
        running = asyncio.create_task(recorder.run(6, seconds=5))
        await asyncio.sleep(0.02)
        in_time = await recorder.conveyor.drain(0.02)
        recorder.acknowledged.set()
        drained = await recorder.conveyor.drain(1)
        running.cancel()
        return in_time, drained, recorder.happened

    in_time, drained, happened = asyncio.run(scenario())
    assert (in_time, drained) == (False, True)
    prepared = [what for what in happened if what.startswith("prepared")]
    assert [what for what in happened if what.startswith("settled")] == [f"settled {n}" for n in range(len(prepared))]
    assert 0 < len(prepared) < 6


def test_after_a_drain_it_goes_on_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> tuple[int, int]:
        recorder = Recorder(monkeypatch)
        recorder.acknowledged.set()
        await recorder.conveyor.drain(1)
        running = asyncio.create_task(recorder.run(6, seconds=5))
        await asyncio.sleep(0.05)
        before = len(recorder.happened)
        recorder.conveyor.resume()
        while not recorder.happened or recorder.conveyor.in_flight:
            await asyncio.sleep(0.01)
        running.cancel()
        return before, len(recorder.happened)

    before, after = asyncio.run(scenario())
    assert before == 0
    assert after > 0


def test_waiting_events_are_limited_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> int:
        monkeypatch.setattr(module, "WAITING_BYTES", 2)
        recorder = Recorder(monkeypatch)
        source = Source(6)
        for event in source._events:
            event.message.value = b"x"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(recorder.conveyor.run(source), 0.05)  # type: ignore[arg-type]
        return recorder.conveyor.in_flight

    assert asyncio.run(scenario()) == 5  # one delivered, one prepared, one begun, two waiting; the sixth does not fit


def test_events_that_arrive_in_a_row_travel_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> list[int]:
        recorder = Recorder(monkeypatch)
        batches: list[int] = []

        async def prepare(batch: Any) -> int:
            batches.append(len(batch))
            return 0

        class Slow(Source):
            async def events(self) -> Any:
                for number, event in enumerate(self._events):
                    await asyncio.sleep(0.03 if number == 7 else 0)
                    yield event
                await asyncio.Event().wait()

        conveyor = TwoStageConveyor(recorder.app, prepare, recorder._deliver, max_batch=4, max_in_flight=20)
        monkeypatch.setattr(conveyor, "_consumer", lambda: SimpleNamespace(taken=lambda message: None))
        monkeypatch.setattr(conveyor, "_settle", lambda batch: None)
        recorder.acknowledged.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(conveyor.run(Slow(9)), 0.2)  # type: ignore[arg-type]
        return batches

    assert asyncio.run(scenario()) == [4, 3, 2], "a full batch does not wait, and no batch waits for the next fetch"


@pytest.mark.parametrize(
    ("kind", "minutes", "counts"),
    [(1, 120, 120), (1, -120, -120), (0, 10, 10), (0, 11, 0), (0, -14_400, -14_400), (None, 11, 0)],
)
def test_a_producers_time_counts_unless_it_is_ahead_of_the_clock(kind: int | None, minutes: int, counts: int) -> None:
    now = datetime(2025, 3, 1, tzinfo=UTC)
    stamp = (now + timedelta(minutes=minutes)).timestamp()
    event: Any = SimpleNamespace(message=SimpleNamespace(timestamp=stamp, timestamp_type=kind))
    assert appended_at(event, now) == now + timedelta(minutes=counts)


def test_a_time_of_no_article_is_left_for_the_record_to_be_refused() -> None:
    event: Any = SimpleNamespace(message=SimpleNamespace(timestamp=1e13, timestamp_type=0))
    assert appended_at(event, datetime(2025, 3, 1, tzinfo=UTC)).year == 9999
