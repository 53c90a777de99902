"""The fenced blocks of a document: what each is for, its output, and how the two are compared.

A block of ``sh`` holds commands; the block of ``text`` right after it is what they print. There a line ``...`` is any
number of lines, and times, ports and durations that differ from run to run are masked. A title, as in
```` ```yaml title="my-rules/blasts.yaml" ````, is the file that the reader saves the block as.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: Set it to write into the documents what their commands print now: NEWSWATCH_UPDATE_DOCS=1 pytest tests/integration/docs
UPDATE = bool(os.environ.get("NEWSWATCH_UPDATE_DOCS"))
ANY_LINES = "..."

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_VARIES = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"\b\d+(\.\d+)? ?(ms|s)\b"), "DURATION"),
    (re.compile(r"(articles/s +│ )[\d.]+"), r"\1RATE"),
    (re.compile(r"\bversion [0-9a-f]{16}\b"), "version HASH"),  # it changes with any text of the shipped rules
    (re.compile(r"\b20(2[6-9]|[3-9]\d)-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?"), "NOW"),  # examples live in 2025
    (re.compile(r"(_timestamp_seconds(\{.*\})?) \S+"), r"\1 NOW"),
    (re.compile(r" +"), " "),  # columns are as wide as what varies
    (re.compile(r"[─━]+"), "─"),
)


@dataclass(frozen=True)
class Block:
    """One fenced block; ``output`` is the block of text that follows it, ``line`` where it begins (from 1)."""

    file: Path
    line: int
    language: str
    title: str | None
    text: str
    output: str | None = None

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


def blocks_of(file: Path) -> list[Block]:
    """The blocks of a document in order, without those that are the output of another."""
    document = file.read_text(encoding="utf-8")
    found = list(_BLOCK.finditer(document))
    outputs = {
        one.start(): after[3]
        for one, after in pairwise(found)
        if one[1] != "text" and after[1] == "text" and not document[one.end() : after.start()].strip()
    }
    return [
        Block(file, document[: one.start()].count("\n") + 1, one[1], one[2], one[3], outputs.get(one.start()))
        for one in found
        if one[1] != "text"
    ]


def masked(text: str) -> str:
    """A text without what differs from run to run, and without blanks at the ends of lines."""
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def agrees(expected: str, printed: str) -> bool:
    """Whether the output that a document shows is what was printed."""
    lines = [r"(?:.*\n)*" if line == ANY_LINES else re.escape(line) + r"\n" for line in masked(expected).splitlines()]
    return re.fullmatch("".join(lines), masked(printed) + "\n") is not None


def compare(block: Block, printed: str) -> None:
    """Hold the output that follows a block against what was printed; or write it there, see UPDATE."""
    if block.output is None or agrees(block.output, printed):
        return
    if not UPDATE:
        raise AssertionError(f"{block}: it prints\n{printed}\nand the document shows\n{block.output}")
    document = block.file.read_text(encoding="utf-8")
    old = f"{block.text}```\n\n```text\n{block.output}```"
    assert document.count(old) == 1, f"{block}: the block is there twice"
    lines = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
    block.file.write_text(document.replace(old, f"{block.text}```\n\n```text\n{lines}\n```"), encoding="utf-8")
