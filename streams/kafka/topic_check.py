"""Compares topics with what a deployment needs when it starts: refuses what endangers it, logs the rest."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence

from detectors.user_error import UserError
from streams.kafka.topic_differences import Difference, differences
from streams.kafka.topic_states import TopicState
from streams.kafka.topics import OBSERVATIONS, TopicSpec
from streams.settings import SECRETS, Settings

#: The settings that the topics and the connection depend on, by how they begin.
_OF_TOPICS = ("app_id", "topic_prefix", "input_topic", "max_request_bytes", "security_", "sasl_", "ssl_")

logger = logging.getLogger(__name__)


class PartitionsDifferError(UserError):
    """``observations`` and the changelog of rule state differ in their number of partitions."""

    def __init__(self, observations: TopicState, changelog: TopicState) -> None:
        found = (f"{topic.name} has {topic.partitions} partitions" for topic in (observations, changelog))
        super().__init__(
            f"{', '.join(found)}; expected equal numbers. `{OBSERVATIONS}` cannot be expanded; to start over, delete "
            "both topics, or give the workers a new app_id and topic_prefix"
        )


class TopicsUnsuitableError(UserError):
    """Topics on which records or rule state would be lost; the message lists them, with the command that helps."""

    def __init__(self, settings: Settings, grave: Sequence[Difference]) -> None:
        self.differences = tuple(grave)
        lines = ["these topics would lose records or rule state:", *(f"  {one}" for one in grave)]
        if any(not one.remedy for one in grave):
            lines.append(f"change them with `{apply_command(settings)}` (without --yes it only shows the changes)")
        super().__init__("\n".join(lines))


def apply_command(settings: Settings, *, needed: bool = True) -> str:
    """The command that makes the changes without which no worker starts, or else shows all; without secrets."""
    which = ["--needed", "--yes"] if needed else []
    words = ["newswatch", "topics", "apply", *which, "--brokers", ",".join(settings.brokers)]
    if settings.rules is not None:
        words += ["--rules", str(settings.rules)]
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if name in settings.model_fields_set and name.startswith(_OF_TOPICS) and name not in SECRETS and value:
            words += ["--set", f"{name}={value}"]
    return shlex.join(words)


def check_topics(settings: Settings, specs: Sequence[TopicSpec], states: Sequence[TopicState]) -> None:
    """Log each difference that endangers nothing, in a line, and the command that changes them.

    Raises:
        PartitionsDifferError: rule state would be in the wrong partitions.
        TopicsUnsuitableError: records or rule state would be lost.
    """
    by_role = {spec.role: state for spec in specs for state in states if state.name == spec.name}
    if "observations" in by_role and "changelog" in by_role:
        observations, changelog = by_role["observations"], by_role["changelog"]
        if observations.partitions != changelog.partitions:
            raise PartitionsDifferError(observations, changelog)
    # A topic that was created just now may be unknown to the broker that is asked.
    found = differences(settings, specs, states, missing=False)
    for one in found:
        if not one.grave:
            logger.warning("topic %s", one)
    if any(not one.grave and not one.remedy for one in found):
        command = apply_command(settings, needed=False)
        logger.warning("`%s` shows how to change these topics, and changes them with --yes", command)
    unseen = [state.name for state in states if not state.in_force]
    if unseen:
        logger.warning(
            "cannot compare the configuration of %s: these brokers, or this user's rights, do not show it (`newswatch "
            "topics grant worker USER`)",
            ", ".join(unseen),
        )
    grave = [one for one in found if one.grave]
    if grave:
        raise TopicsUnsuitableError(settings, grave)
