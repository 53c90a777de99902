"""A rule: the keys of every kind, read once, typed and frozen."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from detectors.conditions.nodes import EVERY_ARTICLE, Condition
from detectors.conditions.reader import CONDITION
from detectors.model.alert import Severity
from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node
from detectors.reading.readers import (
    Anything,
    Boolean,
    Choice,
    Duration,
    JsonSchema,
    ListOf,
    MapOf,
    Reader,
    Word,
    read_keys,
)
from detectors.rules.alert_topic import ALERTS, AlertTopic
from detectors.rules.kind import Key, Kind
from detectors.rules.schedule import Schedule, ScheduleReader
from detectors.rules.templates import TemplateReader
from detectors.vocabulary import SEVERITIES

RULE_NAME = r"[a-z0-9-]{1,200}"
HOUR = timedelta(hours=1)


class Exemption(msgspec.Struct, frozen=True, tag="Exemption"):
    """A named condition: the rule ignores every article that meets it."""

    name: str
    where: Condition


class _ExemptionReader(Reader[Exemption]):
    _READERS: ClassVar[dict[str, Reader[Any]]] = {"name": Word("the exception's name", longest=200), "where": CONDITION}

    def read(self, node: Node, place: Place) -> Exemption:
        if not isinstance(node, Mapping):
            place.fail(node, f"expected an exception such as {{name: anniversaries, where: ...}}, found {node.what}")
        given = read_keys(node, place, self._READERS, frozenset(self._READERS))
        return Exemption(given["name"], given["where"])

    def schema(self) -> JsonSchema:
        properties = {key: reader.schema() for key, reader in self._READERS.items()}
        return {
            "type": "object",
            "properties": properties,
            "required": ["name", "where"],
            "additionalProperties": False,
        }


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One watch rule. ``state`` is the id of its state: only changes of condition, group or window change it."""

    name: Annotated[
        str, Key(Word("a name of a-z, 0-9 and -", RULE_NAME), "unique name; part of alert ids", harmless=True)
    ]
    kind: Kind
    description: Annotated[str, Key(Word(), "what the rule watches for, in a sentence", harmless=True)] = ""
    where: Annotated[Condition, Key(CONDITION, "which articles to evaluate; default: every article")] = EVERY_ARTICLE
    exceptions: Annotated[
        tuple[Exemption, ...],
        Key(ListOf(_ExemptionReader()), "the rule ignores an article that meets one of these"),
    ] = ()
    throttle: Annotated[
        timedelta,
        Key(
            Duration(zero=True),
            "events: interval length, at most one alert per group and interval (default: the window; match: 24h); "
            "states: minimum time between the starts of two alerts of a group (default: none)",
            harmless=True,
        ),
    ] = timedelta()
    lateness: Annotated[
        timedelta,
        Key(Duration(zero=True), "how late articles may arrive; states wait this long", harmless=True),
    ] = HOUR
    severity: Annotated[
        Severity, Key(Choice(SEVERITIES, "severity"), "severity of alerts whose threshold sets none", harmless=True)
    ] = "warning"
    schedule: Annotated[
        Schedule, Key(ScheduleReader(), "when alerts may be sent, by event time; articles always count", harmless=True)
    ] = Schedule()
    labels: Annotated[dict[str, str], Key(MapOf(Word()), "plain texts to attach to every alert", harmless=True)] = {}
    annotations: Annotated[
        dict[str, str],
        Key(MapOf(TemplateReader()), "templates (sandboxed Jinja) to render into every alert", harmless=True),
    ] = {}
    topic: Annotated[
        str,
        Key(
            AlertTopic(),
            "the rule's own alert topic, alerts or alerts.NAME; default: alerts. and the rule's name",
            harmless=True,
        ),
    ] = ""
    tags: Annotated[
        tuple[str, ...],
        Key(ListOf(Word("a tag", longest=200), one=True), "tags for overrides and chains", harmless=True),
    ] = ()
    info: Annotated[Any, Key(Anything(), "free-form: author, references, runbook", harmless=True)] = None
    enabled: Annotated[bool, Key(Boolean(), "false: ignore the rule", harmless=True)] = True
    publish: Annotated[
        bool, Key(Boolean(), "false: send no alerts to topics; chains and metrics still see them", harmless=True)
    ] = True
    state: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    def topics(self) -> tuple[str, ...]:
        """The topics that receive its alerts."""
        return tuple(dict.fromkeys((ALERTS, self.topic))) if self.publish else ()
