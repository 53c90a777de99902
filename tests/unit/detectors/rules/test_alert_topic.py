"""The topic of a rule: only alert topics, so that no alert is read as an article, an observation or a fact."""

from pathlib import Path

import pytest

from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.rules.alert_topic import AlertTopic, nearest_topic

RULE = "rules:\n  - {name: floods, kind: match, where: {text: flood}, topic: %s}\n"


def topic_of(folder: Path, topic: str) -> str:
    (folder / "a.yaml").write_text(RULE % topic)
    return load_rules(folder).rules[0].topic


@pytest.mark.parametrize("topic", ["alerts", "alerts.desk", "alerts.Desk_1.a-b", "alerts." + "x" * 242])
def test_an_alert_topic(tmp_path: Path, topic: str) -> None:
    assert topic_of(tmp_path, topic) == topic


@pytest.mark.parametrize(
    ("topic", "nearest"),
    [
        ("articles", "alerts.articles"),
        ("observations", "alerts.observations"),
        ("newswatch-facts-changelog", "alerts.newswatch-facts-changelog"),
        ("__consumer_offsets", "alerts.__consumer_offsets"),
        ("desk", "alerts.desk"),
        ("alert.desk", "alerts.desk"),
        ("Alerts.desk", "alerts.desk"),
        ("alerts-desk", "alerts.desk"),
        ("alerts.", "alerts"),
        ("'alerts.two words'", "alerts.two-words"),
        ("alerts/desk", "alerts.desk"),
        ("..", None),
        ("alerts." + "x" * 243, "alerts." + "x" * 242),
    ],
)
def test_any_other_is_refused_with_its_place_and_the_nearest_name(
    tmp_path: Path, topic: str, nearest: str | None
) -> None:
    with pytest.raises(RuleSetError) as refused:
        topic_of(tmp_path, topic)
    said = str(refused.value)
    assert (
        "a.yaml:2:62: error: rules[0].topic: expected alerts or alerts.NAME (letters, digits, '.', '_' and '-'" in said
    )
    assert said.endswith(f"; did you mean {nearest!r}?") == (nearest is not None)
    assert nearest_topic(topic.strip("'")) == nearest


def test_the_schema_accepts_the_same_names() -> None:
    assert AlertTopic().schema() == {"type": "string", "pattern": r"^(?:alerts(\.[a-zA-Z0-9._-]{1,242})?)$"}
