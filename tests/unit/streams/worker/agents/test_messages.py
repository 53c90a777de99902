"""Which alerts count as sent, when topics refuse some of their records."""

from datetime import UTC, datetime

import msgspec
import pytest

from detectors.engine.firing import Firing
from detectors.model.alert import Alert
from streams.settings import load_settings
from streams.worker.agents.messages import alert_messages, sent_firings

SETTINGS = load_settings(brokers="127.0.0.1:1", topic_prefix="desk.")
TIME = datetime(2025, 3, 1, tzinfo=UTC)


def firing(revision: int, *topics: str) -> Firing:
    alert = Alert(
        id="a1", revision=revision, rule="floods", kind="frequency", state="firing", severity="info", group={}, count=1,
        starts_at=TIME, updated_at=TIME, rule_set_version="1",
    )  # fmt: skip
    return Firing(alert=alert, topics=topics)


@pytest.mark.parametrize(
    ("refused", "sent"),
    [
        ([], [1, 2, 3]),
        ([(1, 0)], [1, 2, 3]),  # the other topic took it
        ([(1, 0), (1, 1)], [2, 3]),
        ([(2, 0)], [1, 3]),
        ([(1, 0), (1, 1), (2, 0)], [3]),  # without a topic there is nothing to refuse
    ],
)
def test_an_alert_is_sent_if_a_topic_took_it(refused: list[tuple[int, int]], sent: list[int]) -> None:
    firings = {1: firing(1, "alerts", "alerts.floods"), 2: firing(2, "alerts"), 3: firing(3)}
    messages = [list(alert_messages(SETTINGS, firings[number]))[at] for number, at in refused]
    found = sent_firings(SETTINGS, list(firings.values()), [msgspec.structs.replace(one) for one in messages])
    assert [one.alert.revision for one in found] == sent
