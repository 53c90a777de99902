"""What happens to a worker's membership in its consumer group: refusals, failed commits, partitions that move."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from streams.monitoring.metrics import Metrics
from streams.settings.group_refusals import FencedError
from streams.transport.consumer import Watch
from streams.worker.fenced_mark import FencedMark
from streams.worker.shutdown import Fatal


class MembershipWatch(Watch):
    """Ends a worker that the group's coordinator refuses for good, and counts failed commits.

    Args:
        mark: what a fenced worker leaves for its next start.
        settle: finishes and commits what is in work, within a bounded time.
    """

    def __init__(self, fatal: Fatal, metrics: Metrics, mark: FencedMark, settle: Callable[[], Awaitable[None]]) -> None:
        self._fatal = fatal
        self._mark = mark
        self._settle = settle
        self._metrics = metrics

    def refused(self, error: BaseException) -> None:
        """End the worker; the error says why and what to change."""
        if isinstance(error, FencedError) and self._fatal.error is None:
            self._mark.leave()
        self._fatal(error)

    def commit_failed(self) -> None:
        """Count the commit."""
        self._metrics.commit_failures.inc()

    async def before_revocation(self) -> None:
        """Commit what is done, so that the next owner need not read it again."""
        if not self._fatal.leaving:
            await self._settle()
