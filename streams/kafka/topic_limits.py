"""What a topic refuses, and the command that raises its limit: for records that a broker finds too large or invalid."""

from __future__ import annotations

from time import monotonic

import msgspec
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from streams.kafka.clients import BrokerUnreachableError, admin_client
from streams.kafka.topics import REASON_BYTES
from streams.settings import Settings

#: The setting that each of Kafka's refusals is about.
LIMITS = {"MESSAGE_TOO_LARGE": "max.message.bytes", "RECORD_LIST_TOO_LARGE": "segment.bytes"}
#: How long an answer counts: a limit that was raised is told correctly after this.
KEPT_SECONDS = 60.0


class _Answer(msgspec.Struct, frozen=True):
    at: float
    config: dict[str, str]


class TopicLimits:
    """Asks the brokers for the limits of topics; for one thread. A user who may not ask gets a remedy without them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._answers: dict[str, _Answer] = {}

    def explained(self, topic: str, refusal: str, size: int) -> str:
        """That the topic refuses a record of ``size`` bytes, before compression, and the remedy."""
        what = f"{topic} refuses the record of {size:,} bytes, before compression ({refusal})"
        return f"{what}; {self.remedy(topic, refusal, size)}"

    def remedy(self, topic: str, refusal: str, size: int) -> str:
        """The limit of the topic that a record of ``size`` bytes exceeds, and what to do about it."""
        name = LIMITS.get(refusal)
        if name is not None:
            limit = self._config(topic).get(name)
            is_now = f"its {name} is {int(limit):,}" if limit and limit.isdecimal() else f"its {name} is lower"
            enough = max(self._settings.max_request_bytes, size + REASON_BYTES)
            return f"{is_now}. Raise it: {self._command(topic, f'{name}={enough}')}"
        if refusal == "INVALID_TIMESTAMP":
            stamped = self._command(topic, "message.timestamp.type=LogAppendTime")
            return (
                f"this machine's clock and the broker's differ. Set them, or let the broker stamp the topic: {stamped}"
            )
        policy = self._config(topic).get("cleanup.policy", "")
        found = f"its cleanup.policy is {policy}" if policy else "its cleanup.policy may be compact"
        return f"{found}; a compacted topic takes no record without a key. `newswatch topics describe` shows it"

    def _command(self, topic: str, setting: str) -> str:
        broker = self._settings.brokers[0]
        return (
            f"kafka-configs.sh --bootstrap-server {broker} --alter --entity-type topics --entity-name {topic} "
            f"--add-config {setting}"
        )

    def _config(self, topic: str) -> dict[str, str]:
        known = self._answers.get(topic)
        if known is None or known.at < monotonic() - KEPT_SECONDS:
            known = self._answers[topic] = _Answer(monotonic(), self._ask(topic))
        return known.config

    def _ask(self, topic: str) -> dict[str, str]:
        try:
            admin = admin_client(self._settings)
        except (BrokerUnreachableError, KafkaError):
            return {}
        try:
            resource = ConfigResource(ConfigResourceType.TOPIC, topic)
            described = admin.describe_configs([resource], config_filter="all")
        except KafkaError:
            return {}
        finally:
            admin.close()
        return {
            key: str(data["value"]) for by_name in described.values() for key, data in by_name.get(topic, {}).items()
        }
