"""A bad record affects only itself: any failure turns it into a dead letter, and the rest of its batch is processed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from detectors.conditions.work import Work
from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import Record
from streams.pipeline.pipeline import Pipeline

NOW = datetime(2025, 3, 1, tzinfo=UTC)
GOOD = b'{"id": "good", "text": "A coup in Tajikistan."}'


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    folder: Path = tmp_path_factory.mktemp("rules")
    (folder / "rules.yaml").write_text(
        "rules:\n"
        "  - {name: coup, kind: match, where: {text: coup}}\n"
        "  - {name: toned, kind: metric, value: meta.tone, function: max, window: 1h, at_least: 1}\n"
    )
    return Pipeline(Extractor(), Engine(load_rules(folder)), max_record_bytes=8 << 20)


def _record(value: bytes | None, number: int = 0, timestamp: datetime = NOW) -> Record:
    return Record(value=value, partition=3, offset=number, timestamp=timestamp)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'{"text": "x", "a": ' + b"[" * 1000 + b"]" * 1000 + b"}", "not_json"),
        (b'{"text": "x", "meta": {"tone": 18446744073709551616}}', "wrong_type"),
        (b"\xff\xfe", "not_utf8"),
        (None, "no_text"),
    ],
)
def test_a_bad_record_affects_only_itself(pipeline: Pipeline, value: bytes | None, reason: str) -> None:
    before, dead, after = pipeline.process([_record(GOOD, 1), _record(value, 2), _record(GOOD, 3)])
    assert dead.dead is not None
    assert (dead.dead.reason, dead.dead.partition, dead.dead.offset) == (reason, 3, 2)
    assert before.article is not None
    assert [firing.alert.rule for firing in after.firings] == ["coup"]


@pytest.mark.parametrize("received_at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_an_absurd_arrival_is_ignored(pipeline: Pipeline, received_at: str) -> None:
    value = json.dumps({"text": "A coup.", "published_at": received_at, "received_at": received_at}).encode()
    (outcome,) = pipeline.process([_record(value)])
    assert outcome.article is not None
    assert (outcome.article.received_at, outcome.article.event_time) == (NOW, NOW)


@pytest.mark.parametrize("year", [1, 1970, 1989, 2200, 9999])
def test_an_absurd_time_of_the_record_is_a_dead_letter(pipeline: Pipeline, year: int) -> None:
    bad, good = pipeline.process([_record(GOOD, 1, datetime(year, 1, 1, tzinfo=UTC)), _record(GOOD, 2)])
    assert bad.dead is not None
    assert bad.dead.reason == "bad_timestamp"
    assert good.article is not None


@pytest.mark.parametrize("error", [RecursionError("too deep"), MemoryError(), OverflowError("date value out of range")])
@pytest.mark.parametrize(
    ("place", "stage"), [("decode_article", "decode"), ("join", "enrich"), ("Engine.read", "match")]
)
def test_any_failure_becomes_a_dead_letter_with_its_stage(
    pipeline: Pipeline, place: str, stage: str, error: Exception
) -> None:
    module = "detectors.engine.matching" if place == "Engine.read" else "streams.pipeline.enrich"
    with patch(f"{module}.{place}", side_effect=error):
        (outcome,) = pipeline.process([_record(GOOD, 7)])
    assert outcome.dead is not None
    assert (outcome.dead.reason, outcome.dead.stage, outcome.dead.offset) == ("processing_failed", stage, 7)
    assert type(error).__name__ in outcome.dead.error + outcome.dead.message


def test_too_much_work_is_a_reason_of_its_own(pipeline: Pipeline) -> None:
    (light,) = pipeline.process([_record(GOOD)])
    assert light.article is not None
    work = Work()
    pipeline.engine.read(light.article, work)
    heavy = json.dumps({"id": "heavy", "text": "A coup in Tajikistan. " * 2000}).encode()
    with patch("detectors.engine.matching.MOST_STEPS", work.steps):
        dead, after = pipeline.process([_record(heavy, 1), _record(GOOD, 2)])
    assert dead.dead is not None
    assert (dead.dead.reason, dead.dead.stage, dead.dead.offset) == ("too_much_work", "match", 1)
    assert [firing.alert.rule for firing in after.firings] == ["coup"]
