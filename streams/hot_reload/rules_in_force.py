"""Hot reload: a changed rules folder becomes the active rule set, or is rejected and the previous one stays active."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from detectors.engine.matching import Engine
from detectors.loading.ruleset import RuleSet
from streams.hot_reload.folder import RulesFolder
from streams.kafka.topic_check import check_topics
from streams.kafka.topic_states import describe_topics
from streams.kafka.topics import TopicsMissingError, TopicSpec, ensure_topics, topic_specs
from streams.monitoring.metrics import Metrics
from streams.settings import Settings

logger = logging.getLogger(__name__)


class RulesInForce:
    """The active rule set and its engine; notifies its listeners when it changes.

    Changes apply all at once or not at all: the rule set must be valid, and the topics that it names must exist, or the
    worker must be allowed to create them.
    """

    def __init__(self, settings: Settings, folder: RulesFolder, rules: RuleSet, metrics: Metrics) -> None:
        self._settings = settings
        self._folder = folder
        self._metrics = metrics
        self._listeners: list[Callable[[Engine], None]] = []
        self._looking = asyncio.Lock()
        self._wanted: RuleSet | None = None
        self._refused: str | None = None
        self._had = {rules.version}
        self._compared = {settings.topic(topic) for topic in rules.topics()}
        self.rules = rules
        self.engine = Engine(rules)
        self._show()

    def had(self, version: str) -> bool:
        """Whether a rule set is or was active in this process."""
        return version in self._had

    def on_change(self, listener: Callable[[Engine], None]) -> None:
        """Call ``listener`` with each new engine, on the event loop."""
        self._listeners.append(listener)

    async def watch(self) -> None:
        """Poll the folder forever; reading and compiling run in a thread."""
        while True:
            await asyncio.sleep(self._settings.rules_reload_seconds)
            await self.look()

    async def look(self) -> None:
        """Poll the folder once; concurrent calls run one after the other."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        try:
            change = await asyncio.to_thread(self._folder.poll)
        except Exception as error:  # noqa: BLE001 - an unreadable folder must not stop the worker
            self._refuse(str(error))
            return
        if change is not None:
            self._wanted = change.rules
            if change.error is not None:
                self._refuse(str(change.error))
        if self._wanted is not None:
            await self._take(self._wanted)

    async def _take(self, rules: RuleSet) -> None:
        """Activate a rule set; a cause of rejection (a missing topic) may be fixed without a change of the files."""
        if rules.version != self.rules.version:
            try:
                engine = await asyncio.to_thread(self._prepare, rules)
            except Exception as error:  # noqa: BLE001 - the previous rules stay active
                self._refuse(str(error))
                return
            self.rules, self.engine = rules, engine
            self._had.add(rules.version)
            for listener in self._listeners:
                listener(engine)
            self._metrics.rule_reloads.labels("loaded").inc()
            self._show()
            logger.info("rules reloaded: %d rules, version %s", len(rules.rules), rules.version)
        elif self._refused is not None:
            logger.info("rules reverted to the active version %s", rules.version)
        self._wanted = self._refused = None
        self._metrics.rule_reload_ok.set(1)

    def _prepare(self, rules: RuleSet) -> Engine:
        settings = self._settings
        specs = topic_specs(settings, rules.topics())
        try:
            made = ensure_topics(settings, specs, create=settings.create_topics)
        except TopicsMissingError as missing:
            raise RuntimeError(f"the rules name topics that do not exist: {missing}") from None
        if made:
            logger.info("topics created for the new rules: %s", ", ".join(made))
        self._compare([spec for spec in specs if spec.role == "rule"])
        return Engine(rules)

    def _compare(self, specs: Sequence[TopicSpec]) -> None:
        """Compare the topics that the active rules did not name with what the rules need, as at the start."""
        new = [spec for spec in specs if spec.name not in self._compared]
        if new:
            check_topics(self._settings, new, describe_topics(self._settings, [spec.name for spec in new]))
            self._compared.update(spec.name for spec in new)

    def _refuse(self, why: str) -> None:
        if why == self._refused:  # already reported
            return
        self._refused = why
        self._metrics.rule_reloads.labels("refused").inc()
        self._metrics.rule_reload_ok.set(0)
        logger.error("changed rules rejected, version %s stays active:\n%s", self.rules.version, why)

    def _show(self) -> None:
        self._metrics.show_rules(self.rules)
        self._metrics.rule_reload_ok.set(1)
