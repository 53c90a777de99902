"""Slow units of text, and records that end more than themselves."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.loading.ruleset import load_rules
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import Record
from streams.pipeline.pipeline import Outcome, Pipeline
from streams.shipped import SAMPLES
from tests.rigs.fuzz import MOST_SECONDS, mutated, rounds

LONG = 20_000
NOW = datetime(2025, 3, 1, tzinfo=UTC)
GOOD = b'{"id": "good", "text": "A coup in Tajikistan."}'
WORDS = (
    "President", "Secretary of State John Kerry", "U.S.", "Kyrgyzstan", "coup", "sanctions", "curfew", "threatened",
    "will visit", "cancelled", "Islamic State", "Mr.", "of", "and", ",", ".", "\n", " ", "“", "”", "'", "—", "(", ")", "A.",
    "\u200b", "\u0301", "\x00", "ß", "ﬁ", "İ", "中文", "العربية", "Georgia", "Paris", "D-Iowa", "1,000", "http://a.example",
)  # fmt: skip
ODD = (
    None, True, 0, -1, 2**63, 2**64, 1e308, "", "x", "\x00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2025-02-30",
    [], {}, [[]], {"a": {}},
)  # fmt: skip
PIECES = (b"[", b"{", b'"', b"\\u0000", b"9" * 30, b"[" * 500, b"\xff")
FIELDS = ("id", "title", "url", "source", "language", "published_at", "received_at", "meta", "unknown")


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """The shipped rules and the shipped extraction."""
    rules = load_rules(Path(__file__).parents[2] / "deploy" / "rules")
    return Pipeline(Extractor(), Engine(rules), max_record_bytes=8 << 20)


def _process(pipeline: Pipeline, value: bytes | None, timestamp: datetime = NOW) -> tuple[Outcome, float]:
    """What becomes of a record beside a good one, and its CPU seconds."""
    started = time.process_time()
    first, good = pipeline.process(
        [Record(value=value, timestamp=timestamp), Record(value=GOOD, offset=1, timestamp=NOW)]
    )
    state = PartitionState(pipeline.engine)
    for observation in first.observations:
        state.observe(observation)
    step = state.advance(NOW + timedelta(days=60))
    spent = time.process_time() - started
    assert good.article is not None
    assert first.dead is None or first.dead.reason != "processing_failed", first.dead.message
    assert not [limit for limit in step.limits if limit.what == "failed"]
    return first, spent


def test_no_unit_of_text_is_slow(pipeline: Pipeline) -> None:
    for chance in rounds("slow units"):
        unit = "".join(chance.choice(WORDS) + chance.choice(("", " ")) for _ in range(chance.randrange(1, 8)))
        text = (unit * (LONG // max(len(unit), 1) + 1))[:LONG]
        value = json.dumps({"text": text, "title": unit}).encode()
        _, spent = _process(pipeline, value)
        if spent > MOST_SECONDS:  # others share the machine: the best of three counts
            spent = min(_process(pipeline, value)[1] for _ in range(3))
        assert spent <= MOST_SECONDS, f"{spent:.1f} s for the unit {unit!r}"


def _record(chance: random.Random, samples: list[bytes]) -> bytes | None:
    kind = chance.randrange(5)
    if kind == 0:
        return chance.randbytes(chance.randrange(200)) or None
    value: Any = {"text": " ".join(chance.choices(WORDS, k=chance.randrange(1, 60)))}
    value |= {field: chance.choice(ODD) for field in chance.sample(FIELDS, chance.randrange(len(FIELDS)))}
    if kind == 1:
        return json.dumps(value).encode()
    return mutated(chance, chance.choice(samples) if kind < 4 else json.dumps(value).encode(), PIECES) or None


def test_no_record_ends_more_than_itself(pipeline: Pipeline) -> None:
    samples = SAMPLES.read_bytes().splitlines()
    times = (NOW, NOW, NOW, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
    for chance in rounds("records"):
        value = _record(chance, samples)
        outcome, spent = _process(pipeline, value, chance.choice(times))
        assert (outcome.article is None) != (outcome.dead is None)
        assert spent <= MOST_SECONDS, value
