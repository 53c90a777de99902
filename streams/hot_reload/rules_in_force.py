"""Hot reload: a changed folder of rules becomes the rule set in force, or is refused while the old one stays."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from detectors.engine.matching import Engine
from detectors.loading.ruleset import RuleSet
from streams.hot_reload.folder import RulesFolder
from streams.kafka.topics import TopicsMissingError, ensure_topics, topic_specs
from streams.monitoring.metrics import Metrics
from streams.settings import Settings

logger = logging.getLogger(__name__)


class RulesInForce:
    """The rule set in force and its engine; tells its listeners when it changes.

    A set is taken whole or not at all: it must be valid, and the topics that it names must be there, or the worker
    must be allowed to create them.
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
        self.rules = rules
        self.engine = Engine(rules)
        self._show()

    def had(self, version: str) -> bool:
        """Whether a rule set is or was in force here."""
        return version in self._had

    def on_change(self, listener: Callable[[Engine], None]) -> None:
        """Call ``listener`` with each new engine, on the event loop."""
        self._listeners.append(listener)

    async def watch(self) -> None:
        """Look at the folder again and again, for ever; reading and compiling happen in a thread."""
        while True:
            await asyncio.sleep(self._settings.rules_reload_seconds)
            await self.look()

    async def look(self) -> None:
        """Look once; two who look at the same time look one after the other."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        try:
            change = await asyncio.to_thread(self._folder.poll)
        except Exception as error:  # noqa: BLE001 - an unreadable folder is no reason to stop watching the news
            self._refuse(str(error))
            return
        if change is not None:
            self._wanted = change.rules
            if change.error is not None:
                self._refuse(str(change.error))
        if self._wanted is not None:
            await self._take(self._wanted)

    async def _take(self, rules: RuleSet) -> None:
        """Put a set in force; what refuses it (a missing topic) may be mended without a change of the files."""
        if rules.version != self.rules.version:
            try:
                engine = await asyncio.to_thread(self._prepare, rules)
            except Exception as error:  # noqa: BLE001 - the old rules stay in force
                self._refuse(str(error))
                return
            self.rules, self.engine = rules, engine
            self._had.add(rules.version)
            for listener in self._listeners:
                listener(engine)
            self._metrics.rule_reloads.labels("loaded").inc()
            self._show()
            logger.warning("rules reloaded: %d rules, version %s", len(rules.rules), rules.version)
        elif self._refused is not None:
            logger.warning("the rules are those in force again, version %s", rules.version)
        self._wanted = self._refused = None
        self._metrics.rule_reload_ok.set(1)

    def _prepare(self, rules: RuleSet) -> Engine:
        settings = self._settings
        try:
            made = ensure_topics(settings, topic_specs(settings, rules.topics()), create=settings.create_topics)
        except TopicsMissingError as missing:
            raise RuntimeError(f"the rules name topics that are not there: {missing}") from None
        if made:
            logger.warning("topics created for the new rules: %s", ", ".join(made))
        return Engine(rules)

    def _refuse(self, why: str) -> None:
        if why == self._refused:  # looked at again
            return
        self._refused = why
        self._metrics.rule_reloads.labels("refused").inc()
        self._metrics.rule_reload_ok.set(0)
        logger.error("changed rules refused, version %s stays in force:\n%s", self.rules.version, why)

    def _show(self) -> None:
        self._metrics.show_rules(self.rules)
        self._metrics.rule_reload_ok.set(1)
