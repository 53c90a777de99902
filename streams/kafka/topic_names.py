"""Names of topics: what Kafka accepts, and that no two topics of a deployment are one."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.user_error import UserError

#: Kafka's limit on a name.
LONGEST = 249


class TopicNameError(UserError):
    """A topic's name that Kafka refuses, or that two topics would share; the message says which setting chooses it."""


def require_separate(names: Sequence[str]) -> None:
    """Check the names of a deployment's topics, in the order of their importance.

    Raises:
        TopicNameError: a name is too long, or two topics would be one, or Kafka refuses the second of two.
    """
    seen: dict[str, str] = {}
    for name in names:
        if len(name) > LONGEST:
            raise TopicNameError(
                f"topic {name[:60]}... has {len(name)} characters, and Kafka allows {LONGEST}: use a shorter "
                "topic_prefix, or a shorter `topic` in the rule"
            )
        key = name.replace(".", "_")  # as in Kafka's metrics, which do not tell the two apart
        if seen.get(key) == name:
            raise TopicNameError(
                f"topic {name} would be two topics of this deployment: choose another app_id, topic_prefix or "
                "input_topic, or another `topic` in the rule"
            )
        if key in seen:
            raise TopicNameError(
                f"topics {seen[key]} and {name} differ only in '.' and '_', which Kafka refuses: rename one of them "
                "(`topic` of a rule, app_id, topic_prefix or input_topic)"
            )
        seen[key] = name
