"""The commit rule: which offset of a partition may be committed.

An offset is committed only when every lower offset that an agent received is settled, and, for a reported topic, only
when a progress report that covers it is acknowledged. Offsets from before the last rebalance are ignored: the
partition's owner reads them again. Pure bookkeeping, without Faust and without Kafka;
:class:`streams.transport.consumer.Consumer` feeds it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

#: A topic and the number of a partition.
P = TypeVar("P", bound=Hashable)


@dataclass
class _Tenure:
    """The state of a partition in one generation of the consumer group."""

    generation: int
    in_flight: set[int] = field(default_factory=set)
    released: int = 0
    begun: int | None = None
    fetched: int = 0


@dataclass
class _Finished:
    """Offsets that are settled and not committed yet, and ranges without records."""

    settled: set[int] = field(default_factory=set)
    gaps: dict[int, int] = field(default_factory=dict)  # first offset to the one after the last

    def forget_below(self, committed: int) -> None:
        self.settled = {offset for offset in self.settled if offset >= committed}
        self.gaps = {start: end for start, end in self.gaps.items() if end > committed}


class Commits(Generic[P]):
    """The offsets of each partition that may be committed.

    Args:
        generation: the current generation of the consumer group.
        is_reported: whether a partition's commits wait for :meth:`release`.
    """

    def __init__(self, generation: Callable[[], int], is_reported: Callable[[P], bool]) -> None:
        self._generation = generation
        self._is_reported = is_reported
        self._tenures: dict[P, _Tenure] = {}
        self._finished: dict[P, _Finished] = {}
        self._holes: list[tuple[P, int, int]] = []

    def begin(self, partition: P, offset: int) -> None:
        """Record where reading begins."""
        self._tenure(partition).begun = offset

    def fetch(self, partition: P, first: int, last: int) -> None:
        """Record that the offsets from ``first`` to ``last`` were fetched."""
        tenure = self._tenure(partition)
        expected = tenure.fetched or tenure.begun
        if expected is not None and first > expected:
            self._holes.append((partition, expected, first))
        tenure.fetched = last + 1

    def fetched_to(self, partition: P) -> int:
        """The offset after the newest one fetched in this generation, 0 before the first fetch."""
        return self._tenure(partition).fetched

    def take_holes(self) -> list[tuple[P, int, int]]:
        """The ranges that fetching skipped since the last call: partition, first offset, and the one after the last."""
        holes, self._holes = self._holes, []
        return holes

    def taken(self, partition: P, offset: int, generation: int | None) -> None:
        """Record that an agent received this offset, fetched in ``generation``: it is in flight until it is settled.

        An offset that is fetched again after a seek is the same offset: settling either copy settles both.
        """
        if generation == self._generation():
            self._tenure(partition).in_flight.add(offset)

    def settle(self, partition: P, offset: int, generation: int | None) -> bool:
        """Record that everything derived from this offset is acknowledged; False, and ignored, for another generation.

        An offset settled while partitions move stays settled when the same worker reads it again.
        """
        if generation != self._generation():
            return False
        self._tenure(partition).in_flight.discard(offset)
        self._finish(partition).settled.add(offset)
        return True

    def skip(self, partition: P, start: int, end: int) -> None:
        """Let commits pass a range without records, once an offset behind its ``start`` is settled."""
        gaps = self._finish(partition).gaps
        gaps[start] = max(end, gaps.get(start, end))

    def pass_over(self, partition: P, start: int, end: int) -> None:
        """Let commits pass a range without records at the end of a log; ``end`` is not part of it."""
        tenure = self._tenure(partition)
        if tenure.fetched < end:
            self._holes.append((partition, start, end))
            tenure.fetched = end
        self._finish(partition).settled.update(range(start, end))

    def release(self, offsets: Mapping[P, int]) -> None:
        """Allow commits up to these offsets in this generation: a report that covers them is acknowledged."""
        for partition, offset in offsets.items():
            self._tenure(partition).released = offset

    def lowest_in_flight(self, partition: P) -> int | None:
        """The lowest offset in flight, None when there is none."""
        return min(list(self._tenure(partition).in_flight), default=None)

    def barrier(self, partition: P) -> int | None:
        """The offset that no commit may pass, None when there is none."""
        lowest = self.lowest_in_flight(partition)
        if not self._is_reported(partition):
            return lowest
        released = self._tenure(partition).released
        return released if lowest is None else min(lowest, released)

    def pending(self) -> Collection[P]:
        """The partitions with something to commit, now or behind a barrier."""
        return [partition for partition, finished in self._finished.items() if finished.settled]

    def next_commit(self, partition: P, committed: int | None) -> int | None:
        """The offset to commit next, None when there is none beyond ``committed``; forgets offsets below it."""
        finished, barrier = self._finish(partition), self.barrier(partition)
        finished.forget_below(committed or 0)
        settled = {offset for offset in finished.settled if barrier is None or offset < barrier}
        if not settled:
            return None
        newest = max(settled)
        gaps = {start: end for start, end in finished.gaps.items() if start < newest}
        start = min(settled | gaps.keys())
        # Faust looks for gaps behind the first offset after a seek, so that one itself may be in a gap.
        if committed and start > committed + 1:
            return None
        end = _end_of_run(start, settled, gaps)
        offset = end if barrier is None else min(end, barrier)
        finished.forget_below(offset)
        return offset

    def revoke(self, partitions: Iterable[P]) -> None:
        """Forget partitions that move away."""
        for partition in partitions:
            self._finished.pop(partition, None)

    def _tenure(self, partition: P) -> _Tenure:
        generation = self._generation()
        known = self._tenures.get(partition)
        if known is None or known.generation != generation:
            known = self._tenures[partition] = _Tenure(generation)
        return known

    def _finish(self, partition: P) -> _Finished:
        return self._finished.setdefault(partition, _Finished())


def _end_of_run(start: int, settled: Collection[int], gaps: Mapping[int, int]) -> int:
    """The first offset from ``start`` on that is neither settled nor in a gap."""
    end = start
    for first, after in sorted([*gaps.items(), *((offset, offset + 1) for offset in settled)]):
        if first > end:
            break
        end = max(end, after)
    return end
