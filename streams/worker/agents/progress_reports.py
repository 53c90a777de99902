"""Progress reports: they tell every partition of ``observations`` this worker's progress through ``articles``.

Only reported offsets may be committed. If the newest article were committed first and its reader killed before the
report, no worker would know the article's time, and the watermark would not move until the next article.

A report never contains offsets of a deleted log: while a topic is missing or was recreated, its offsets are left out.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic

import faust
import msgspec
from faust.types import TP

from detectors.timeline.log import thinned
from detectors.timeline.watermark import ProgressReport
from streams.transport.consumer import Consumer, consumer_of
from streams.transport.refused_records import RecordRefusedError
from streams.transport.sender import Outbox
from streams.transport.transaction_markers import TransactionEnds
from streams.worker.agents.articles import ArticleAgent
from streams.worker.agents.gauges import Reached
from streams.worker.agents.log_watch import LogWatch
from streams.worker.agents.messages import report_messages
from streams.worker.agents.observations import ObservationAgent
from streams.worker.agents.open_transactions import Stable
from streams.worker.agents.refusals import Refusals
from streams.worker.agents.report_need import ReportNeed


class ProgressReports:
    """Sends the reports and releases the reported offsets for the next commit."""

    def __init__(
        self, app: faust.App, articles: ArticleAgent, observations: ObservationAgent, log_watch: LogWatch
    ) -> None:
        self._app = app
        self._articles = articles
        self._observations = observations
        self._log_watch = log_watch
        self._outbox = Outbox(app)
        self._refusals = Refusals(articles.settings, self._outbox)
        self._transaction_ends = TransactionEnds()
        self._need = ReportNeed()
        self.unsent: ProgressReport | None = None
        """What the last report would have said of the log; None if it was sent."""

    @property
    def gone(self) -> frozenset[str]:
        """The topics that were missing at the last report."""
        return self._log_watch.gone

    def assigned(self, assigned: set[TP]) -> None:
        """Take over the assigned partitions."""
        self._articles.progress.assigned({tp.partition for tp in assigned if tp.topic == self._articles.topic})
        self._transaction_ends.forget()
        self._need.reset()

    async def send(self) -> Reached:
        """Send one report to every partition if it has news, wait until all are acknowledged; return the progress.

        Raises:
            KafkaError: a report was not acknowledged, or the brokers do not answer; nothing was released.
            RefusedError: the topic takes no reports.
        """
        consumer, progress = consumer_of(self._app), self._articles.progress
        assigned = consumer.assignment()
        owned = sorted(tp for tp in assigned if tp.topic == self._articles.topic)
        observed = sorted(tp for tp in assigned if tp.topic == self._observations.topic)
        await self._find_starts(consumer, owned)
        # The order matters: first the done offsets and newest times, then the end offsets of the log.
        done = {tp.partition: progress.done[tp.partition] for tp in owned if tp.partition in progress.done}
        newest = {p: time for p, time in progress.newest.items() if p in done}
        # Other workers' reports count too: the worker that read the newest article may be gone, and its cuts with it.
        horizon = max(filter(None, (*newest.values(), self._observations.horizon())), default=None)
        ends, observation_ends = await self._ends(consumer, observed)
        unchanged = await self._log_watch.unchanged()  # checked last, so that everything in the report is of this log
        if not unchanged:  # report only what does not depend on the log
            done, newest, horizon, ends = {}, {}, None, {}
        report = self._make(done, newest, horizon, ends)
        self.unsent = None
        due = self._need.due(report, monotonic())
        if due is not None:
            await self._send(due)
            self._need.sent(report, monotonic())
        else:
            # What is done and judged counts only behind the observations that it covers, so only through the partition.
            self.unsent = msgspec.structs.replace(report, done={}, newest={}, judged={})
        if unchanged:
            await self._log_watch.count_expired(consumer, self._articles.topic)
        await self._release(consumer, owned, done, ends)
        return Reached(
            done={TP(self._articles.topic, number): offset for number, offset in done.items()},
            observed=observed,
            ends={TP(self._articles.topic, number): end for number, end in ends.items()} | observation_ends,
            committed=consumer.committed_offsets(),
            stable={tp: Stable(*found) for tp, found in (await consumer.stable(*owned)).items()},
        )

    async def _find_starts(self, consumer: Consumer, owned: list[TP]) -> None:
        unknown = [tp for tp in owned if tp.partition not in self._articles.progress.done]
        if not unknown:
            return
        earliest, committed = await consumer.beginnings(*unknown), consumer.committed_offsets()
        for tp in unknown:
            # Everything below the committed offset is done. Without a committed offset, or if its record was deleted,
            # reading starts at the beginning of the log.
            self._articles.progress.start(tp.partition, max(committed.get(tp) or 0, earliest.get(tp) or 0))

    async def _ends(self, consumer: Consumer, observed: list[TP]) -> tuple[dict[int, int], dict[TP, int]]:
        """Return the end offsets of all partitions of ``articles`` (or none), and of the ``observed`` partitions."""
        topic = self._articles.topic
        every = {TP(topic, partition) for partition in await consumer.partitions_of(topic)}
        found = await consumer.ends(*sorted(every | set(observed)))
        ends = {tp.partition: found[tp] for tp in every} if every <= found.keys() else {}
        return ends, {tp: found[tp] for tp in observed if tp in found}

    def _make(
        self, done: dict[int, int], newest: dict[int, datetime], horizon: datetime | None, ends: dict[int, int]
    ) -> ProgressReport:
        return ProgressReport(
            log=self._log_watch.id_of(self._articles.topic),
            done=done,
            newest=newest,
            horizon=horizon,
            ends=ends,
            judged=self._observations.judged(),
            pulses=tuple(self._articles.progress.pulses),
        )

    async def _send(self, report: ProgressReport) -> None:
        settings = self._articles.settings
        thin = msgspec.structs.replace(report, pulses=thinned(frozenset(report.pulses), self._articles.log_grain))
        try:
            await self._outbox.send(report_messages(settings, thin, self._observations.partitions))
        except RecordRefusedError as error:  # no report will ever pass, and nothing would be committed
            raise await self._refusals.explained(error) from None
        self._articles.progress.pulses -= frozenset(report.pulses)

    async def _release(self, consumer: Consumer, owned: list[TP], done: dict[int, int], ends: dict[int, int]) -> None:
        """Release the reported offsets for commit, and skip transaction end markers, which no agent receives."""
        progress = self._articles.progress
        consumer.release({TP(self._articles.topic, partition): offset for partition, offset in done.items()})
        passed = await self._transaction_ends.find(consumer, owned, progress.done, ends)
        for partition, position in passed.items():
            consumer.pass_over(TP(self._articles.topic, partition), progress.done[partition], position)
            progress.settled(partition, position - 1, None)
