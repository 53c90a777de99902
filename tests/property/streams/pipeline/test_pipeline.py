"""Send any record at all: it becomes an article or a dead letter, and the next one is processed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.engine.matching import Engine
from detectors.engine.partition import PartitionState
from detectors.loading.ruleset import load_rules
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import Record
from streams.pipeline.pipeline import Outcome, Pipeline
from tests.rigs.golden import V0_1

NOW = datetime(2025, 3, 1, tzinfo=UTC)
GOOD = b'{"id": "good", "text": "A coup in Tajikistan."}'
TIMES = st.sampled_from(
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2025-02-28T23:59:60Z", "1969-12-31", "2099-01-01", "", "x", None]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**62, max_value=2**66),
    st.floats(),
    st.text(max_size=40),
    TIMES,
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
WORDS = st.sampled_from(["coup", "Kazakhstan", "U.S.", "will visit", "cancelled", "\n", ". ", "\x00", "Anna Ivanova"])
TEXT = st.lists(WORDS, min_size=1, max_size=30).map(" ".join) | st.text(max_size=200)
ARTICLES = st.fixed_dictionaries(
    {"text": TEXT},
    optional={
        "id": SCALARS,
        "title": TEXT | SCALARS,
        "source": st.text(max_size=20),
        "language": st.sampled_from(["en", "ru", "", "xx"]) | SCALARS,
        "published_at": TIMES,
        "received_at": TIMES,
        "meta": st.dictionaries(st.sampled_from(["tone", "owner", "paid", "desk", "\x00"]), SCALARS, max_size=4) | JSON,
        "unknown": JSON,
    },
)


def _encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


VALUES = st.one_of(
    st.none(),
    st.binary(max_size=100),
    JSON.map(_encoded),
    ARTICLES.map(_encoded),
    ARTICLES.map(_encoded).flatmap(lambda value: st.integers(0, len(value)).map(lambda end: value[:end])),
    st.integers(1, 3000).map(lambda depth: b'{"text": "x", "a": ' + b"[" * depth + b"]" * depth + b"}"),
)
RECORDS = st.builds(
    Record,
    value=VALUES,
    key=st.none() | st.binary(max_size=10),
    headers=st.lists(st.tuples(st.text(max_size=10), st.binary(max_size=10)), max_size=3),
    timestamp=st.just(NOW)
    | st.datetimes(timezones=st.just(UTC))
    | st.sampled_from([datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]),
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Every kind and condition of the rule language."""
    return Engine(load_rules(V0_1 / "rules"))


@pytest.fixture(scope="module")
def pipeline(engine: Engine) -> Pipeline:
    return Pipeline(Extractor(), engine, max_record_bytes=8 << 20)


def _detected(state: PartitionState, outcome: Outcome) -> None:
    if outcome.pulse is not None:
        state.pulse((outcome.pulse,))
    for observation in outcome.observations:
        state.observe(observation)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(record=RECORDS)
def test_the_next_record_is_processed(pipeline: Pipeline, engine: Engine, record: Record) -> None:
    first, good = pipeline.process([record, Record(value=GOOD, offset=1, timestamp=NOW)])
    assert (first.article is None) != (first.dead is None)
    assert first.dead is None or first.dead.reason != "processing_failed", first.dead.message
    assert good.article is not None
    state = PartitionState(engine)
    _detected(state, first)
    _detected(state, good)
    step = state.advance(NOW + timedelta(days=30))
    assert not [limit for limit in step.limits if limit.what == "failed"]
