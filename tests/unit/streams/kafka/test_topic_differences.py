"""Topics as they are against topics as they should be."""

import msgspec
import pytest

from streams.kafka.topic_differences import Difference, differences, duration
from streams.kafka.topic_states import TopicState
from streams.kafka.topics import TopicSpec, topic_specs
from streams.settings import Settings, load_settings

SETTINGS = load_settings()
SPECS = topic_specs(SETTINGS, ["alerts.desk"])


def state_of(spec: TopicSpec, **changes: object) -> TopicState:
    """The topic as `topics create` makes it."""
    made = TopicState(spec.name, spec.partitions, 1, spec.config, "id", {"cleanup.policy": "delete"} | spec.config)
    return msgspec.structs.replace(made, **changes)


def found(
    role: str, settings: Settings = SETTINGS, *, config: dict[str, str] | None = None, **changes: object
) -> list[Difference]:
    """The differences of one topic, all others being as wanted."""
    states = []
    specs = topic_specs(settings, ["alerts.desk"])
    for spec in specs:
        state = state_of(spec)
        if spec.role == role:
            state = msgspec.structs.replace(state, **changes, in_force=state.in_force | (config or {}))
        states.append(state)
    return list(differences(settings, specs, states))


def test_topics_as_created_do_not_differ() -> None:
    assert not differences(SETTINGS, SPECS, map(state_of, SPECS))


def test_a_missing_topic() -> None:
    states = [state_of(spec) for spec in SPECS if spec.role != "dead"]
    (one,) = differences(SETTINGS, SPECS, states)
    assert (one.topic, one.what, one.found, one.grave, one.remedy) == ("articles.dead", "topic", "missing", True, "")
    assert not differences(SETTINGS, SPECS, states, missing=False)


@pytest.mark.parametrize(
    ("role", "config", "because"),
    [
        ("changelog", {"cleanup.policy": "delete", "retention.ms": "60000"}, "would delete rule state after 1 minute"),
        ("changelog", {"cleanup.policy": "compact,delete", "retention.ms": "604800000"}, "rule state after 7 days"),
        ("changelog", {"cleanup.policy": "delete", "retention.ms": "-1"}, "rule state beyond retention.bytes"),
        ("observations", {"cleanup.policy": "compact"}, "refuses progress reports, which have no key"),
        ("articles", {"cleanup.policy": "compact,delete"}, "deletes an article unread when another has its key"),
        ("dead", {"cleanup.policy": "compact"}, "refuses dead letters without a key"),
        ("dead", {"max.message.bytes": "20000"}, "may not fit even without its content"),
    ],
)
def test_what_would_lose_records_or_rule_state_is_grave(role: str, config: dict[str, str], because: str) -> None:
    (one,) = found(role, config=config)
    assert one.grave
    assert not one.remedy
    assert because in str(one)


@pytest.mark.parametrize(
    ("role", "config", "says"),
    [
        ("articles", {"retention.ms": "3600000"}, "is 3600000 (1 hour), expected 604800000 (7 days): Kafka deletes records"),
        ("observations", {"retention.ms": "3600000"}, "Kafka deletes records earlier, read or not"),
        ("articles", {"retention.ms": "-1"}, "retention.ms is -1 (for ever), expected 604800000 (7 days): Kafka keeps"),
        ("articles", {"retention.bytes": "1000"}, "retention.bytes is 1000, expected -1"),
        ("articles", {"max.message.bytes": "1048588"}, "Kafka refuses larger records"),
        ("enriched", {"max.message.bytes": "1048588"}, "is 1048588, expected 8388608: larger records become dead"),
        ("observations", {"max.message.bytes": "8388607"}, "larger records become dead letters"),
        ("alerts", {"max.message.bytes": "1"}, "larger records become dead letters"),
        ("changelog", {"max.message.bytes": "1048588"}, "larger records become dead letters"),
        ("rule", {"max.message.bytes": "1048588"}, "larger records become dead letters"),
        ("rule", {"cleanup.policy": "compact"}, "deletes all but the newest record of a key"),
        ("dead", {"max.message.bytes": "8388608"}, "expected 8454144: larger dead letters lose their content"),
        ("dead", {"retention.ms": "60000"}, "Kafka deletes records earlier"),
        ("enriched", {"cleanup.policy": "compact"}, "deletes all but the newest record of a key"),
        ("observations", {"message.timestamp.type": "CreateTime"}, "the workers' clocks decide"),
        ("alerts", {"cleanup.policy": "compact"}, "is compact, expected compact,delete: Kafka keeps alerts for ever"),
        ("alerts", {"cleanup.policy": "delete"}, "keeps every revision of an alert"),
        ("changelog", {"delete.retention.ms": "1000"}, "delete.retention.ms is 1000 (1 second), expected 86400000"),
    ],
)  # fmt: skip
def test_the_rest_is_told_in_a_line(role: str, config: dict[str, str], says: str) -> None:
    (one,) = found(role, config=config)
    assert not one.grave
    assert says in str(one)
    assert "\n" not in str(one)


@pytest.mark.parametrize(
    ("role", "config"),
    [
        ("alerts", {"cleanup.policy": "delete,compact"}),
        ("enriched", {"max.message.bytes": "20000000"}),
        ("changelog", {"delete.retention.ms": "604800000"}),
        ("enriched", {"retention.bytes": "1000"}),
        ("rule", {"min.insync.replicas": "2"}),
    ],
)
def test_what_does_no_harm_is_not_told(role: str, config: dict[str, str]) -> None:
    assert not found(role, config=config)


def test_max_request_bytes_may_be_lowered_to_what_a_topic_takes() -> None:
    lower = load_settings(max_request_bytes=1_000_000)
    assert not found("enriched", lower, config={"max.message.bytes": "1000000"})


def test_the_configuration_that_nobody_shows_is_not_compared() -> None:
    assert not differences(SETTINGS, SPECS, [state_of(spec, in_force={}) for spec in SPECS])


class TestPartitions:
    def test_rule_state_has_as_many_as_observations(self) -> None:
        (one,) = found("changelog", partitions=4)
        assert (one.found, one.wanted, one.grave) == ("4", "6", True)
        assert "`observations` cannot be expanded" in one.remedy

    def test_others_count_only_if_the_settings_give_a_number(self) -> None:
        chosen = load_settings(partitions=6)
        for role in ("articles", "enriched", "dead"):
            assert not found(role, partitions=4)
            (one,) = found(role, chosen, partitions=4)
            assert (one.found, one.wanted, one.grave, one.remedy) == ("4", "6", False, "")
            assert not found(role, chosen, partitions=12)

    def test_articles_of_one_partition_are_told(self) -> None:
        (one,) = found("articles", partitions=1)
        assert "only so many workers share the work" in str(one)
        assert not found("articles", load_settings(partitions=1), partitions=1)

    def test_more_partitions_of_alerts_do_no_harm(self) -> None:
        assert not found("alerts", partitions=3)

    def test_observations_are_never_expanded(self) -> None:
        chosen = load_settings(partitions=12)
        states = [state_of(spec, partitions=6 if spec.partitions > 1 else 1) for spec in SPECS]
        told = {one.topic: one for one in differences(chosen, topic_specs(chosen), states)}
        assert "it cannot be expanded" in told["observations"].remedy
        assert "newswatch-facts-changelog" not in told


def test_replicas_count_only_if_the_settings_give_a_number() -> None:
    assert not found("alerts", replication_factor=3)
    assert not found("alerts", load_settings(replication_factor=-1))
    told = found("alerts", load_settings(replication_factor=3), replication_factor=3)
    assert len(told) == len(SPECS) - 1
    assert all("kafka-reassign-partitions.sh" in one.remedy and not one.grave for one in told)


def test_retention_of_somebody_elses_articles_is_theirs() -> None:
    canary = load_settings(input_topic="articles", topic_prefix="canary.", app_id="canary")
    assert not found("articles", canary, config={"retention.ms": "60000"})
    own = load_settings(input_topic="articles", topic_prefix="canary.", articles_retention_days=1)
    assert len(found("articles", own, config={"retention.ms": "60000"})) == 1


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(-1, "for ever"), (86_400_000, "1 day"), (604_800_000, "7 days"), (5_400_000, "90 minutes"), (1_500, "1500 ms")],
)
def test_times_in_words(milliseconds: int, words: str) -> None:
    assert duration(milliseconds) == words


def test_retention_of_alerts_is_set_before_it_counts() -> None:
    """A topic of an earlier release: with another policy alone, Kafka would delete alerts after its default of a week."""
    first, second = found("alerts", config={"cleanup.policy": "compact", "retention.ms": "604800000"})
    assert (first.what, first.wanted) == ("retention.ms", "31536000000")
    assert first.because == "it counts as soon as cleanup.policy has delete"
    assert second.what == "cleanup.policy"
