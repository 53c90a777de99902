"""How far this worker has come with ``articles``, from which the watermark follows (ARCHITECTURE.md, Watermark)."""

from __future__ import annotations

from datetime import datetime


class ArticleProgress:
    """Per partition of ``articles``: the offset below which all is acknowledged, and the newest event time below it.

    ``pulses``: the times of articles, where rules ask them of the log as a whole, until a report has told them to every
    partition of ``observations``. An article is committed after that only, so that they are never lost.
    """

    def __init__(self) -> None:
        self.done: dict[int, int] = {}
        self.newest: dict[int, datetime] = {}
        self.pulses: set[datetime] = set()

    def settled(self, partition: int, offset: int, time: datetime | None) -> None:
        """A record is done: all that follows from it is acknowledged. ``time`` is None for a dead letter."""
        self.done[partition] = max(offset + 1, self.done.get(partition, 0))
        if time is not None:
            self.newest[partition] = max(time, self.newest.get(partition, time))

    def assigned(self, partitions: set[int]) -> None:
        """Forget the partitions that moved away, and what is known of those that stay: another may have gone on."""
        for partition in set(self.done) - partitions:
            del self.done[partition]
        for partition in set(self.newest) - partitions:
            del self.newest[partition]

    def start(self, partition: int, offset: int) -> None:
        """The offset at which reading begins after a take-over; below it everything is done."""
        self.done.setdefault(partition, offset)
