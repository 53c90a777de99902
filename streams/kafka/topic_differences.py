"""How topics differ from what a deployment needs; pure: specifications and states in, differences out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from streams.kafka.topic_states import TopicState
from streams.kafka.topics import DAY_MS, REASON_BYTES, TOMBSTONES, Role, TopicSpec
from streams.settings import Settings

CLEANUP, RETENTION, RETENTION_BYTES = "cleanup.policy", "retention.ms", "retention.bytes"
LARGEST, STAMP = "max.message.bytes", "message.timestamp.type"
_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000

#: What compaction does where each record counts.
_COMPACTED: dict[Role, str] = {
    "articles": "Kafka deletes an article unread when another has its key, and refuses articles without a key",
    "observations": "Kafka refuses progress reports, which have no key, and deletes observations unread",
    "dead": "Kafka refuses dead letters without a key, and deletes all but the newest of a key",
}
#: Topics that may be expanded: their records do not depend on the partition of their key.
_EXPANDABLE: frozenset[Role] = frozenset(("articles", "enriched", "dead"))
_READ: frozenset[Role] = frozenset(("articles", "observations"))


class Difference(msgspec.Struct, frozen=True):
    """One property of a topic that is not as wanted.

    ``grave``: a worker does not start, because records or rule state would be lost. ``remedy``: what to do if
    ``newswatch topics apply`` does not change it, else empty.
    """

    topic: str
    what: str
    found: str
    wanted: str
    because: str
    grave: bool = False
    remedy: str = ""

    def __str__(self) -> str:
        found, wanted = shown(self.what, self.found), shown(self.what, self.wanted)
        said = f"{self.topic}: {self.what} is {found}, expected {wanted}: {self.because}"
        return f"{said}; {self.remedy}" if self.remedy else said


def differences(
    settings: Settings, specs: Iterable[TopicSpec], states: Iterable[TopicState], *, missing: bool = True
) -> tuple[Difference, ...]:
    """Every difference, in the order of ``specs``; a topic without a state is one, unless ``missing`` is false.

    The number of partitions and replicas of existing topics counts only if the settings give it: a worker that says
    nothing of it takes what is there.
    """
    there = {state.name: state for state in states}
    wanted = tuple(specs)
    observations = next((there.get(spec.name) for spec in wanted if spec.role == "observations"), None)
    found: list[Difference] = []
    for spec in wanted:
        state = there.get(spec.name)
        if state is None:
            if missing:
                found.append(Difference(spec.name, "topic", "missing", "created", spec.purpose, grave=True))
            continue
        found += _partitions(settings, spec, state, observations)
        found += _replicas(settings, state)
        if state.in_force:
            found += _retention(spec, state.in_force)
            found += _cleanup(spec, state.in_force)
            found += _largest(spec, state.in_force)
            found += _stamp(spec, state.in_force)
            found += _tombstones(spec, state.in_force)
    return tuple(found)


def _partitions(
    settings: Settings, spec: TopicSpec, state: TopicState, observations: TopicState | None
) -> Iterator[Difference]:
    if spec.role == "changelog" and observations is not None and observations.partitions != state.partitions:
        yield Difference(
            spec.name,
            "partitions",
            str(state.partitions),
            str(observations.partitions),
            f"as {observations.name} has; rule state would be in the wrong partition",
            grave=True,
            remedy="`observations` cannot be expanded; to start over, delete both topics, or give the workers a new "
            "app_id and topic_prefix",
        )
        return
    chosen = "partitions" in settings.model_fields_set
    alone = spec.role == "articles" and state.partitions == 1
    if state.partitions >= spec.partitions or spec.role == "changelog" or not (chosen or alone):
        return
    because = "only so many workers share the work"
    if spec.role in _EXPANDABLE:
        yield Difference(spec.name, "partitions", str(state.partitions), str(spec.partitions), because)
    else:
        remedy = "it cannot be expanded: for more, give a new deployment its own app_id and topic_prefix"
        yield Difference(spec.name, "partitions", str(state.partitions), str(spec.partitions), because, remedy=remedy)


def _replicas(settings: Settings, state: TopicState) -> Iterator[Difference]:
    found, wanted = state.replication_factor, settings.replication_factor
    if "replication_factor" in settings.model_fields_set and found < wanted:
        remedy = "change it with kafka-reassign-partitions.sh"
        because = "fewer brokers may fail before records are lost"
        yield Difference(state.name, "replication factor", str(found), str(wanted), because, remedy=remedy)


def _cleanup(spec: TopicSpec, found: Mapping[str, str]) -> Iterator[Difference]:
    wanted = spec.config.get(CLEANUP, "delete")
    policy, expected = _words(found.get(CLEANUP, wanted)), _words(wanted)
    if policy == expected:
        return
    grave, because = False, "Kafka keeps every revision of an alert"
    if spec.role == "changelog":
        grave, because = True, f"Kafka would delete rule state {_after(found)}"
        if "delete" not in policy:
            because = "Kafka would keep every change of rule state for ever"
    elif "compact" in policy and spec.role in _COMPACTED:
        grave, because = True, _COMPACTED[spec.role]
    elif "compact" in policy:
        because = "Kafka deletes all but the newest record of a key"
        if spec.role == "alerts":
            because = "Kafka keeps alerts for ever, and the topic grows without bound"
    yield Difference(spec.name, CLEANUP, ",".join(policy), ",".join(expected), because, grave=grave)


def _retention(spec: TopicSpec, found: Mapping[str, str]) -> Iterator[Difference]:
    deletes = "delete" in _words(found.get(CLEANUP, "delete"))
    if not deletes and "delete" not in _words(spec.config.get(CLEANUP, "delete")):
        return
    wanted = spec.config.get(RETENTION)
    kept = found.get(RETENTION)
    if wanted is not None and kept is not None and kept != wanted:
        shorter = kept != "-1" and (wanted == "-1" or int(kept) < int(wanted))
        because = (
            "Kafka deletes records earlier" if shorter else "Kafka keeps records longer; the change deletes older ones"
        )
        if shorter and spec.role in _READ:
            because += ", read or not"
        if not deletes:
            because = "it counts as soon as cleanup.policy has delete"
        yield Difference(spec.name, RETENTION, kept, wanted, because)
    size = found.get(RETENTION_BYTES, "-1")
    if deletes and spec.role in _READ and size != "-1":
        because = "Kafka deletes what is beyond this size of a partition, read or not"
        yield Difference(spec.name, RETENTION_BYTES, size, "-1", because)


def _largest(spec: TopicSpec, found: Mapping[str, str]) -> Iterator[Difference]:
    wanted, limit = spec.config.get(LARGEST), found.get(LARGEST)
    if wanted is None or limit is None or int(limit) >= int(wanted):
        return
    if spec.role == "dead" and int(limit) < REASON_BYTES:
        because = "a dead letter may not fit even without its content, and the worker ends"
        yield Difference(spec.name, LARGEST, limit, wanted, because, grave=True)
        return
    because = "Kafka refuses larger records" if spec.role == "articles" else "larger records become dead letters"
    if spec.role == "dead":
        because = "larger dead letters lose their content, which is on `articles` only"
    yield Difference(spec.name, LARGEST, limit, wanted, because)


def _stamp(spec: TopicSpec, found: Mapping[str, str]) -> Iterator[Difference]:
    wanted, stamp = spec.config.get(STAMP), found.get(STAMP)
    if wanted is not None and stamp is not None and stamp != wanted:
        whose = "producers' clocks" if spec.role == "articles" else "the workers' clocks"
        late = " and what is late" if spec.role == "articles" else ""
        yield Difference(spec.name, STAMP, stamp, wanted, f"{whose} decide when Kafka deletes a record{late}")


def _tombstones(spec: TopicSpec, found: Mapping[str, str]) -> Iterator[Difference]:
    wanted, kept = spec.config.get(TOMBSTONES), found.get(TOMBSTONES)
    if wanted is not None and kept is not None and int(kept) < int(wanted):
        yield Difference(spec.name, TOMBSTONES, kept, wanted, "local copies (store: rocksdb) are rebuilt more often")


def _words(policy: str) -> Sequence[str]:
    return sorted(word.strip() for word in policy.split(",") if word.strip())


def _after(found: Mapping[str, str]) -> str:
    kept = found.get(RETENTION, "-1")
    return "beyond retention.bytes" if kept == "-1" else f"after {duration(int(kept))}"


def shown(what: str, value: str) -> str:
    """A value with its unit in words: ``604800000 (7 days)``."""
    return f"{value} ({duration(int(value))})" if what in (RETENTION, TOMBSTONES) else value


def duration(milliseconds: int) -> str:
    """A time in words: ``7 days``, ``90 minutes``, ``for ever``."""
    if milliseconds < 0:
        return "for ever"
    for unit, size in (("day", DAY_MS), ("hour", _HOUR_MS), ("minute", _MINUTE_MS), ("second", 1000)):
        if milliseconds >= size and milliseconds % size == 0:
            number = milliseconds // size
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{milliseconds} ms"
