"""Long texts of few words, extracted and matched under the shipped rules: work grows with the text, not with its square."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.conditions.work import MOST_STEPS, Work
from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
from detectors.model.article import EnrichedArticle
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import enrich_lines
from streams.sources.files import read_lines

UNITS = ["Iran coup. ", "curfew U.S.\n", "Sanctions threatened. "]
SHIPPED = Path(__file__).parents[3] / "deploy" / "rules"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_rules(SHIPPED))


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def extracted(extractor: Extractor, folder: Path, *texts: str) -> list[EnrichedArticle]:
    file = folder / "articles.jsonl"
    file.write_text("".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts)))
    found = list(enrich_lines(extractor, read_lines([file]), datetime(2024, 1, 1, tzinfo=UTC)))
    assert all(isinstance(one, EnrichedArticle) for one in found)
    return found  # type: ignore[return-value]


def calls(engine: Engine, article: EnrichedArticle) -> int:
    """Function calls that matching takes, whatever it counts itself."""
    seen = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal seen
        seen += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        engine.read(article)
    finally:
        sys.setprofile(None)
    return seen


@pytest.mark.parametrize("unit", UNITS)
def test_work_grows_with_the_text(engine: Engine, extractor: Extractor, tmp_path: Path, unit: str) -> None:
    short, long = extracted(extractor, tmp_path, unit * (10_000 // len(unit)), unit * (20_000 // len(unit)))
    assert len(long.sentences) >= 600
    assert calls(engine, long) <= 2.5 * calls(engine, short)
    work = Work(), Work()
    assert engine.read(short, work[0]).observations
    assert engine.read(long, work[1]).observations
    assert work[1].steps <= 2.5 * work[0].steps


def test_143_kilobytes_of_one_sentence(engine: Engine, extractor: Extractor, tmp_path: Path) -> None:
    (article,) = extracted(extractor, tmp_path, "Iran coup. " * 13_000)
    work, started = Work(), time.process_time()
    engine.read(article, work)
    assert time.process_time() - started < 5  # 0.5 on an idle core; it was minutes
    assert work.steps < MOST_STEPS / 5
