"""The AsyncAPI document of the topics is current, and the records match its schemas."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import load_rules
from streams.extraction.extractor import Extractor
from streams.kafka.asyncapi import asyncapi_text
from streams.pipeline.enrich import Enricher, Record
from streams.records.cloudevents import headers
from streams.records.dead_letter import DeadLetter

ROOT = Path(__file__).parents[3]
FILE = ROOT / "deploy" / "asyncapi.yaml"
SAMPLES = (ROOT / "streams" / "data" / "samples" / "articles.jsonl").read_bytes().splitlines()
NOW = datetime(2025, 4, 1, tzinfo=UTC)


def check(part: str, name: str, record: Any) -> None:
    """Validate a wire record against a schema of the document."""
    document = yaml.safe_load(FILE.read_text())
    schema = {"components": document["components"], "$ref": f"#/components/{part}/{name}"}
    jsonschema.Draft7Validator(schema).validate(record)


def test_the_document_is_current() -> None:
    assert FILE.read_text() == asyncapi_text(), "run `newswatch topics asyncapi > deploy/asyncapi.yaml`"


def test_every_reference_resolves() -> None:
    document = yaml.safe_load(FILE.read_text())

    def references(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [found for child in node.values() for found in references(child)]
        return [found for child in node for found in references(child)] if isinstance(node, list) else []

    for reference in set(references(document)):
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


@pytest.mark.slow
def test_records_made_from_the_samples_match_the_schemas() -> None:
    scan = Scan(Engine(load_rules(ROOT / "deploy" / "rules")))
    made = {"article": 0, "dead": 0, "alert": 0}
    for outcome in Enricher(Extractor()).enrich([Record(value=line, timestamp=NOW) for line in SAMPLES]):
        if isinstance(outcome, DeadLetter):
            sent = {name: value.decode() for name, value in outcome.all_headers()}
            check("messages", "dead-letter/headers", sent)
            made["dead"] += 1
            continue
        check("schemas", "EnrichedArticle", msgspec.json.decode(msgspec.json.encode(outcome)))
        made["article"] += 1
        for firing in scan.feed(outcome):
            check("schemas", "Alert", msgspec.json.decode(msgspec.json.encode(firing.alert)))
            sent = headers("alert", firing.alert.id, time=firing.alert.updated_at)
            check("messages", "alert/headers", {name: value.decode() for name, value in sent})
            made["alert"] += 1
    assert min(made.values()) > 3


@pytest.mark.parametrize(("article", "fits"), [({"text": "x", "meta": {"tone": 1.5}}, True), ({"text": 5}, False)])
def test_articles_are_validated(article: dict[str, Any], fits: bool) -> None:
    if fits:
        check("schemas", "Article", article)
    else:
        with pytest.raises(jsonschema.ValidationError):
            check("schemas", "Article", article)
