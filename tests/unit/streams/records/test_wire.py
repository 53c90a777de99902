"""Headers, keys, names and the smaller records match those that a release wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from detectors.timeline.watermark import Progress, ProgressReport
from streams.dead_letters.marks import Replay
from streams.fact_store.changelog import PROGRESS
from streams.kafka.topics import topic_specs
from streams.records.article import Article
from streams.records.cloudevents import VERSIONS, Kind, headers
from streams.records.dead_letter import DeadLetter
from streams.records.observation import Observed, decode, encode_observation, observation_headers
from streams.settings import Settings
from tests.rigs.golden import V0_1, json_lines

START = datetime(2025, 3, 1, tzinfo=UTC)
WIRE: dict[str, Any] = json.loads((V0_1 / "wire.json").read_text())


def _shown(found: list[tuple[str, bytes]]) -> list[list[str]]:
    return [[name, value.decode()] for name, value in found]


def test_an_article_keeps_its_fields_key_and_hash() -> None:
    golden = WIRE["article"]
    article = msgspec.convert(golden["value"], Article)
    assert msgspec.json.decode(msgspec.json.encode(article)) == golden["value"]
    assert (article.key, article.content_hash) == (golden["key"], golden["content_hash"])
    assert Article(text="x", url="https://wire.example/1").key == golden["key_by_url"]
    assert Article(text="x").key == golden["key_by_text"]


@pytest.mark.parametrize("kind", VERSIONS)
def test_headers_keep_their_names_and_types(kind: Kind) -> None:
    assert _shown(headers(kind, "id", time=START, subject="s")) == WIRE["headers"][kind]


@pytest.mark.parametrize("record", json_lines(V0_1 / "observations.jsonl"), ids=lambda record: record["value"]["rule"])
def test_an_observation_keeps_its_key_headers_and_value(record: dict[str, Any]) -> None:
    stored = [(name, value.encode()) for name, value in record["headers"]]
    seen = decode(json.dumps(record["value"]).encode(), stored)
    assert isinstance(seen, Observed)
    assert _shown(observation_headers(seen.observation, seen.origin)) == record["headers"]
    assert json.loads(encode_observation(seen.observation)) == record["value"]


def test_a_dead_letter_keeps_its_headers() -> None:
    letter = DeadLetter(
        reason="not_json",
        message="expected",
        error="DecodeError",
        stage="decode",
        topic="articles",
        partition=1,
        offset=2,
        timestamp=START,
        key=None,
        value=None,
        headers=[("h", b"v")],
        left_out=3,
    )
    assert {"key": (letter.sent_key or b"").decode(), "headers": _shown(letter.all_headers())} == WIRE["dead_letter"]


def test_a_replay_mark_keeps_its_fields() -> None:
    assert msgspec.to_builtins(msgspec.convert(WIRE["replay"], Replay, strict=False)) == WIRE["replay"]


def test_progress_is_reported_and_stored_as_before() -> None:
    report = decode(json.dumps(WIRE["progress_report"]).encode(), headers("progress", "id"))
    assert isinstance(report, ProgressReport)
    assert json.loads(msgspec.json.encode(report)) == WIRE["progress_report"]
    progress = Progress(advance_when_silent=True)
    progress.load(json.dumps(WIRE["progress"]).encode())
    assert json.loads(progress.dump()) == WIRE["progress"]
    assert progress.horizon == START + timedelta(hours=1)
    assert f"{PROGRESS.decode()}7" == WIRE["progress_key"]


def test_topics_keep_their_names() -> None:
    settings = Settings(app_id="desk", topic_prefix="p.")
    assert [spec.name for spec in topic_specs(settings, ["alerts.x"])] == WIRE["topics"]


def test_settings_keep_their_names() -> None:
    assert set(WIRE["settings"]) <= set(Settings.model_fields)
