"""When a progress report has news for other workers.

Each report goes to every partition of ``observations``: with many partitions and workers, reports that say the same
every second would be gigabytes a day. A worker without news lets event time pass in its own partitions by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from detectors.timeline.watermark import SILENCE, ProgressReport

#: How long after the last change of the log detectors may still come further without the clock's help (seconds).
ACTIVE_SECONDS = SILENCE.total_seconds() + 10
#: In silence, detectors come further with the clock: chains of other workers hear of it so seldom (seconds).
JUDGED_SECONDS = 120.0
#: What is judged comes no further by the clock than the clock, and by so much (seconds); else records were judged.
CLOCK_SECONDS = 5.0
#: A report is repeated after this time, for a worker that has restarted without a rebalance (seconds).
REPEAT_SECONDS = 600.0


class ReportNeed:
    """Compares a report with the one sent last."""

    def __init__(self) -> None:
        self._last: ProgressReport | None = None
        self._asked = False
        self._sent_at = 0.0
        self._whole = True
        self._whole_at = 0.0
        self._log: tuple[datetime | None, Mapping[int, int]] | None = None
        self._log_moved_at = 0.0

    def reset(self) -> None:
        """Partitions have moved: the next report is due, whatever one that is under way says."""
        self._last, self._asked = None, False

    def due(self, report: ProgressReport, now: float) -> ProgressReport | None:
        """What to send: the report, or what has changed of it, or None; ``now``: seconds of the monotonic clock."""
        self._asked = True
        log = (report.horizon, report.ends)
        if log != self._log:
            self._log, self._log_moved_at = log, now
        self._whole = self._is_news(report) or now - self._whole_at >= REPEAT_SECONDS
        if self._whole:
            return report
        if self._last is None or report.judged == self._last.judged:
            return None
        silent = now - self._log_moved_at >= ACTIVE_SECONDS and not self._outran_the_clock(report, now)
        if not silent or now - self._sent_at >= JUDGED_SECONDS:
            return msgspec.structs.replace(report, done={}, newest={})
        return None

    def _is_news(self, report: ProgressReport) -> bool:
        last = self._last
        if last is None or report.pulses:
            return True
        return (report.log, report.done, report.newest) != (last.log, last.done, last.newest)

    def _outran_the_clock(self, report: ProgressReport, now: float) -> bool:
        """Whether detectors have judged more than the clock let pass: they work on a backlog that chains wait for.

        Only the first layer tells: the others come further whenever a report arrives.
        """
        last = self._last.judged.get(0, {}) if self._last is not None else {}
        most = timedelta(seconds=now - self._sent_at + CLOCK_SECONDS)
        return any(
            partition not in last or time - last[partition] > most
            for partition, time in report.judged.get(0, {}).items()
        )

    def sent(self, report: ProgressReport, now: float) -> None:
        """Record that what was due of the report asked about was acknowledged."""
        if self._asked:
            self._last, self._sent_at = report, now
            if self._whole:
                self._whole_at = now
