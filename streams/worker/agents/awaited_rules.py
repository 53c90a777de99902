"""Waiting for the rule set of an observation when its sender has loaded that set and this worker has not yet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

from detectors.model.observation import Observation
from streams.hot_reload.rules_in_force import RulesInForce
from streams.settings import Settings

logger = logging.getLogger(__name__)


class AwaitedRules:
    """Waits up to ``rules_wait_seconds`` for a rule set, once per set; after that its observations are dropped."""

    def __init__(self, settings: Settings, in_force: RulesInForce) -> None:
        self._in_force = in_force
        self._longest = min(settings.rules_wait_seconds, settings.stall_seconds / 2)
        self._pause = min(settings.rules_reload_seconds, 1.0)
        self._given_up: set[str] = set()

    async def have_rule(self, observation: Observation, wanted: Callable[[], bool]) -> bool:
        """Whether the rule of an observation is in force here, now or after waiting for it.

        Args:
            wanted: whether to keep waiting; false once the partition has moved.
        """
        version, in_force = observation.rule_set_version, self._in_force
        give_up_at = monotonic() + self._longest
        while not (known := in_force.engine.knows(observation.state)):
            if version == in_force.rules.version or version in self._given_up:
                break
            await in_force.look()
            known = in_force.engine.knows(observation.state)
            if known or in_force.had(version) or not wanted():
                break  # from an earlier rule set, or the partition has moved
            if monotonic() >= give_up_at:
                logger.warning("rule set %s did not reach this worker in time; dropping its observations", version)
                self._given_up.add(version)
                break
            await asyncio.sleep(self._pause)
        return known
