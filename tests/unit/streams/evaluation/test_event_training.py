from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from streams.evaluation.event_training import cross_validate, lessons, main, train
from streams.extraction.extractor import Extractor

QUAKES = ["Nepal", "Peru", "Japan", "Chile", "Turkey", "Iran", "Mexico", "Greece", "Italy", "Haiti"]


def files(folder: Path) -> tuple[Path, Path]:
    """Twenty invented articles, half of which report an earthquake, and their events."""
    articles, events = folder / "articles.jsonl", folder / "events.jsonl"
    texts, gold = [], []
    for country in QUAKES:
        texts.append({"id": f"q{country}", "text": f"A strong earthquake struck {country} on Friday, officials said."})
        parties = {"actors": [], "targets": [{"name": country}], "place": None}
        gold.append({"id": f"q{country}", "events": [{"type": "disaster", "status": "happened", **parties}]})
        texts.append({"id": f"c{country}", "text": f"A crash course in cooking from {country} begins on Friday."})
        gold.append({"id": f"c{country}", "events": []})
    articles.write_bytes(b"\n".join(map(msgspec.json.encode, texts)))
    events.write_bytes(b"\n".join(map(msgspec.json.encode, gold)))
    return articles, events


def test_the_models_learn_which_words_are_news(tmp_path: Path) -> None:
    taught = list(lessons(*files(tmp_path), Extractor()))
    weights = train(taught)
    assert weights == train(taught)
    assert weights.type["disaster|earthquake"] > 0 > weights.type["disaster|crash"]
    figures = cross_validate(taught)
    assert figures.type is not None
    assert figures.type.gold == len(QUAKES)


def test_a_single_file_is_refused() -> None:
    with pytest.raises(SystemExit, match="pairs of files"):
        main(["articles.jsonl"])
