"""Recognition of copies by fingerprint, on real articles with typical newsroom edits."""

import itertools
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from detectors.counting.similarity import COPY_THRESHOLD, similarity
from streams.extraction.text.fingerprint import fingerprint
from streams.extraction.text.folding import fold

SEED = 20251124
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def half(text: str, chance: random.Random, sentences: list[str]) -> str:
    words = text.split(" ")
    return " ".join(words[: (len(words) + 1) // 2])


def end_cut(text: str, chance: random.Random, sentences: list[str]) -> str:
    words = text.split(" ")
    return " ".join(words[: max((len(words) + 1) // 2, int(len(words) * chance.uniform(0.5, 0.95)))])


def new_lead(text: str, chance: random.Random, sentences: list[str]) -> str:
    return " ".join([*chance.sample(sentences, 2), text])


def agency_line(text: str, chance: random.Random, sentences: list[str]) -> str:
    place = chance.choice(["WASHINGTON (AP) -", "LONDON, Nov 3 (Reuters) -", "PARIS (AFP) -"])
    return f"{place} {text}\n(Reporting by A. Smith; editing by B. Jones)"


def ten_typos(text: str, chance: random.Random, sentences: list[str]) -> str:
    words = text.split(" ")
    for place in chance.sample(range(len(words)), min(10, len(words))):
        word = words[place]
        if len(word) > 3:
            at = chance.randrange(len(word) - 1)
            words[place] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def same_text(text: str, chance: random.Random, sentences: list[str]) -> str:
    return text  # with another headline: the fingerprint depends on the text only


EDITS = (half, end_cut, new_lead, agency_line, ten_typos, same_text)


def test_copies(gold: Path, report: Callable[[str, list[dict[str, Any]]], None]) -> None:
    files = (gold / "articles-more.jsonl", gold / "dev" / "articles.jsonl")
    texts = [json.loads(line)["text"] for file in files for line in file.open()]
    sentences = [found for text in texts for found in SENTENCE.split(text) if 40 < len(found) < 250]
    originals = [fingerprint(fold(text)) for text in texts]
    wrong = sum(similarity(a, b) >= COPY_THRESHOLD for a, b in itertools.combinations(originals, 2))
    rows: list[dict[str, Any]] = []
    recognised = made = 0
    for edit in EDITS:
        chance = random.Random(SEED)
        copies = [fingerprint(fold(edit(text, chance, sentences))) for text in texts]
        right = sum(similarity(a, b) >= COPY_THRESHOLD for a, b in zip(originals, copies, strict=True))
        rows.append({"edit": edit.__name__, "copies": len(copies), "recall": right / len(copies)})
        recognised, made = recognised + right, made + len(copies)
    rows.append({"edit": "all", "copies": made, "recall": recognised / made})
    pairs = len(texts) * (len(texts) - 1) // 2
    precision = recognised / (recognised + wrong)
    rows.append({"edit": f"precision, against {pairs} other pairs", "copies": wrong, "recall": precision})
    report("copies", rows)
    assert recognised / made >= 0.95
    assert precision >= 0.99
