"""This worker's progress through ``articles``, from which the watermark is derived (ARCHITECTURE.md, Watermark)."""

from __future__ import annotations

from datetime import datetime


class ArticleProgress:
    """Per partition of ``articles``: the offset below which all is acknowledged, and the newest event time below it.

    ``pulses``: article times that rules about the log as a whole need. They are kept until a report has sent them to
    every partition of ``observations``. An article is committed only after that, so its time is never lost.
    """

    def __init__(self) -> None:
        self.done: dict[int, int] = {}
        self.newest: dict[int, datetime] = {}
        self.pulses: set[datetime] = set()

    def settled(self, partition: int, offset: int, time: datetime | None) -> None:
        """Mark a record as done: everything derived from it is acknowledged. ``time`` is None for a dead letter."""
        self.done[partition] = max(offset + 1, self.done.get(partition, 0))
        if time is not None:
            self.newest[partition] = max(time, self.newest.get(partition, time))

    def assigned(self, partitions: set[int]) -> None:
        """Forget the partitions that moved to another worker, which may advance them."""
        for partition in set(self.done) - partitions:
            del self.done[partition]
        for partition in set(self.newest) - partitions:
            del self.newest[partition]

    def start(self, partition: int, offset: int) -> None:
        """Set the offset at which reading starts after a takeover; everything below it is done."""
        self.done.setdefault(partition, offset)
