"""The AsyncAPI document of the topics: the records on each topic, for people who write their own clients.

Source: AsyncAPI 3.0.0 with its Kafka bindings; CloudEvents' binding to Kafka in binary mode for the headers.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import msgspec
import yaml

from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle
from streams.kafka.topics import ALERTS, ARTICLES, DEAD, ENRICHED, STAMPED, TopicSpec, topic_specs
from streams.records.article import Article
from streams.records.cloudevents import CONTENT_TYPE, SOURCE, Kind, event_type
from streams.records.dead_letter import PREFIX, REASON
from streams.settings import Settings

JsonSchema = dict[str, Any]

COMMENT = "# Made by `newswatch topics asyncapi`; do not edit.\n"
#: The placeholder for a rule's own topic, whose name the rule chooses.
RULE_TOPIC = "alerts.{name}"
_STRING: JsonSchema = {"type": "string"}
_RECORDS: dict[Kind, type[msgspec.Struct]] = {"article": Article, "enriched-article": EnrichedArticle, "alert": Alert}


class _Dumper(yaml.SafeDumper):
    """Repeats shared values instead of writing YAML anchors, which readers of the document do not support."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def asyncapi_text() -> str:
    """The document in YAML, as committed."""
    return COMMENT + yaml.dump(asyncapi_document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def asyncapi_document() -> JsonSchema:
    """The topics that other programs read and write; internal topics (observations, changelog) are not a contract."""
    specs = {spec.name: spec for spec in topic_specs(Settings.model_construct(), (RULE_TOPIC,))}
    channels = {
        "articles": _channel(specs[ARTICLES], "article"),
        "enriched": _channel(specs[ENRICHED], "enriched-article"),
        "dead": _channel(specs[DEAD], "dead-letter"),
        "alerts": _channel(specs[ALERTS], "alert"),
        "ruleAlerts": _channel(specs[RULE_TOPIC], "alert")
        | {"parameters": {"name": {"description": "the rule's `topic`, by default its name"}}},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Newswatch",
            "version": version("newswatch"),
            "description": "Articles in, alerts out. Records are CloudEvents 1.0 in binary mode.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": {
            "feedArticles": _operation("receive", "articles", "Newswatch reads articles sent by any client."),
            "sendEnriched": _operation("send", "enriched", "Every processed article, with the findings in it."),
            "sendDead": _operation("send", "dead", "Every record that cannot be processed, with the reason."),
            "sendAlerts": _operation("send", "alerts", "Every revision of every alert."),
            "sendRuleAlerts": _operation("send", "ruleAlerts", "The alerts of the rules that name this topic."),
        },
        "components": {
            "messages": {kind: _message(kind) for kind in _RECORDS} | {"dead-letter": _dead_letter()},
            "schemas": _schemas(_RECORDS.values()),
        },
    }


def _channel(spec: TopicSpec, message: str) -> JsonSchema:
    kafka = {"partitions": spec.partitions, "topicConfiguration": _kafka_names(spec.config), "bindingVersion": "0.5.0"}
    return {
        "address": spec.name,
        "description": spec.purpose,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {"kafka": kafka},
    }


def _kafka_names(config: dict[str, str]) -> JsonSchema:
    """The configuration with the binding's keys and types: numbers as numbers, the cleanup policy as a list."""
    names = {key: value for key, value in config.items() if key not in STAMPED}
    return {key: value.split(",") if key == "cleanup.policy" else int(value) for key, value in names.items()}


def _operation(action: str, channel: str, summary: str) -> JsonSchema:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _message(kind: Kind) -> JsonSchema:
    record = _RECORDS[kind]
    headers = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": _STRING,
        "ce_source": {"const": SOURCE},
        "ce_type": {"const": event_type(kind)},
        "ce_time": _STRING | {"format": "date-time", "description": "event time"},
        "ce_subject": _STRING,
        "content-type": {"const": CONTENT_TYPE},
    }
    required = [] if kind == "article" else ["ce_specversion", "ce_id", "ce_source", "ce_type"]
    return {
        "name": event_type(kind),
        "summary": _summary(record),
        "contentType": CONTENT_TYPE,
        "headers": {"type": "object", "properties": headers, "required": required},
        "payload": {"$ref": f"#/components/schemas/{record.__name__}"},
        "bindings": {"kafka": {"key": _STRING | {"description": f"the {kind.removeprefix('enriched-')}'s id"}}},
    }


def _dead_letter() -> JsonSchema:
    names = ("topic", "partition", "offset", "stage", "exception.class.name", "exception.message")
    return {
        "name": "dead-letter",
        "summary": "The original key, value and headers; further headers give the reason and the original position.",
        "headers": {
            "type": "object",
            "properties": {REASON: _STRING | {"description": "a short label"}} | {PREFIX + n: _STRING for n in names},
            "required": [REASON],
        },
        "payload": {"description": "the original bytes, possibly not JSON"},
    }


def _schemas(records: Iterable[type[msgspec.Struct]]) -> JsonSchema:
    _, schemas = msgspec.json.schema_components(records, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"]).replace("``", "`")
    found: JsonSchema = _as_draft_7(schemas)
    return found


def _as_draft_7(node: Any) -> Any:
    """Convert to draft 7, which AsyncAPI uses; msgspec writes 2020-12, which differs in tuples."""
    if isinstance(node, list):
        return [_as_draft_7(child) for child in node]
    if not isinstance(node, dict):
        return node
    node = {key: _as_draft_7(child) for key, child in node.items()}
    if "prefixItems" in node:
        node |= {"items": node.pop("prefixItems"), "additionalItems": node.pop("items")}
    return node


def _summary(record: type[msgspec.Struct]) -> str:
    return inspect.cleandoc(record.__doc__ or "").splitlines()[0].replace("``", "`")
