"""Names of topics that Kafka accepts, each for one topic."""

import pytest

from streams.kafka.topic_names import TopicNameError, require_separate
from streams.kafka.topics import topic_specs
from streams.settings import load_settings


def test_topics_of_a_deployment() -> None:
    require_separate(["articles", "articles.enriched", "alerts", "alerts.desk"])


@pytest.mark.parametrize(
    ("settings", "rule_topic", "says"),
    [
        ({"input_topic": "alerts.desk"}, "alerts.desk", "topic alerts.desk would be two topics of this deployment"),
        ({"input_topic": "observations"}, None, "topic observations would be two topics"),
        ({"app_id": "alerts.x"}, "alerts.x-facts-changelog", "topic alerts.x-facts-changelog would be two topics"),
        (
            {"input_topic": "alerts_desk"},
            "alerts.desk",
            "topics alerts_desk and alerts.desk differ only in '.' and '_'",
        ),
        ({"topic_prefix": "p" * 20}, "alerts." + "x" * 242, "has 269 characters, and Kafka allows 249"),
    ],
)
def test_names_that_cannot_be(settings: dict[str, str], rule_topic: str | None, says: str) -> None:
    with pytest.raises(TopicNameError, match=r"^topics? ") as refused:
        topic_specs(load_settings(**settings), [rule_topic] if rule_topic else [])
    assert says in str(refused.value)


def test_articles_of_another_deployment() -> None:
    canary = load_settings(app_id="canary", topic_prefix="canary.", input_topic="articles")
    names = [spec.name for spec in topic_specs(canary, ["alerts.desk"])]
    assert names[0] == "articles" == canary.topic("articles")
    assert all(name.startswith("canary") for name in names[1:])
