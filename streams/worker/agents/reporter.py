"""Once a second: check whether the worker is ready, report its progress, and update the gauges."""

from __future__ import annotations

import asyncio
import logging

import aiokafka.errors
import kafka.errors
from faust.types import TP

from streams.kafka.clients import BrokerUnreachableError
from streams.worker.agents.articles import ArticleAgent
from streams.worker.agents.gauges import Gauges
from streams.worker.agents.observations import ObservationAgent
from streams.worker.agents.progress_reports import ProgressReports
from streams.worker.agents.readiness import Readiness

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0
#: The brokers do not answer, or refuse: the errors of both Kafka clients.
NO_ANSWER = (aiokafka.errors.KafkaError, kafka.errors.KafkaError, BrokerUnreachableError)


class Reporter:
    """Runs beside the agents; the worker calls it when partitions move and when it stops."""

    def __init__(
        self,
        articles: ArticleAgent,
        observations: ObservationAgent,
        reports: ProgressReports,
        readiness: Readiness,
        gauges: Gauges,
    ) -> None:
        self._articles = articles
        self._observations = observations
        self._reports = reports
        self._readiness = readiness
        self._gauges = gauges
        self._failed = ""
        self._one_at_a_time = asyncio.Lock()

    def assigned(self, assigned: set[TP]) -> None:
        """Take over the assigned partitions."""
        self._observations.assigned(assigned)
        self._reports.assigned(assigned)
        self._readiness.assigned()

    async def run(self) -> None:
        """Run forever."""
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            self._readiness.look(self._observations.restored)
            await self.report()
            if self._reports.unsent is not None and self._readiness.still_reading:
                await self._observations.tick(self._reports.unsent)

    async def report(self) -> None:
        """Report once if this worker is ready; a report that fails is logged and included in the next one."""
        if self._readiness.reading:
            await self.last()

    async def last(self) -> None:
        """Report, whether or not partitions are about to move; waits for a report that is under way."""
        async with self._one_at_a_time:
            await self._report()

    async def _report(self) -> None:
        try:
            reached = await self._reports.send()
        except NO_ANSWER as error:  # if this continues although Kafka answers, the watchdog ends the worker
            self._gauges.report_failed()
            if str(error) != self._failed:
                self._failed = str(error)
                logger.warning("cannot send a progress report: %r", error)
            return
        self._failed = ""
        self._readiness.waiting(bool(self._reports.gone))
        self._gauges.show(reached)
        self._articles.show()
        self._observations.show()
