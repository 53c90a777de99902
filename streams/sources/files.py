"""Articles from files: JSON lines, or plain text with one article a file; ``-`` is standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from detectors.user_error import UserError
from streams.records.article import Article

#: A longer line is not an article (1 MB of text, every character escaped). It is cut to this size, which fits into a
#: record, and becomes a dead letter.
MAX_LINE_BYTES = 8 * 1024 * 1024 - 64 * 1024


class UnreadableFileError(UserError):
    """An article file that cannot be read."""


class Line(msgspec.Struct, frozen=True):
    """One record of a file, and its position: ``number`` counts lines from 1."""

    file: str
    number: int
    value: bytes


def read_lines(places: Iterable[Path]) -> Iterator[Line]:
    """The records in the files, in order: each line of a ``.jsonl`` file unchanged, each ``.txt`` file as one article.

    Skips blank lines. Passes on lines that are not articles unchanged: the stream sends them to the dead-letter topic
    with the reason.

    Raises:
        UnreadableFileError: a file is missing or cannot be read.
    """
    for place in places:
        if str(place) == "-":
            if sys.stdin is None:  # closed by the parent process
                raise UnreadableFileError("-: standard input is closed; expected articles on standard input")
            yield from _lines("-", sys.stdin.buffer)
            continue
        try:
            if place.suffix == ".txt":
                yield Line(str(place), 1, _text_article(place))
            else:
                with place.open("rb") as file:
                    yield from _lines(str(place), file)
        except OSError as error:
            raise UnreadableFileError(f"{place}: {error.strerror}; expected a file of articles") from None


def count_lines(places: Iterable[Path]) -> int | None:
    """The number of records in the files, None if standard input is among them."""
    total = 0
    for place in places:
        if str(place) == "-":
            return None
        if place.suffix == ".txt":
            total += 1
        elif place.is_file():
            with place.open("rb") as file:
                total += sum(1 for line in file if line.strip())
    return total


def _lines(name: str, file: BinaryIO) -> Iterator[Line]:
    number = 0
    begins = True
    while line := file.readline(MAX_LINE_BYTES):
        number += begins
        if begins and (record := line.strip(b"\r\n\t ")):
            yield Line(name, number, record)
        begins = line.endswith(b"\n")  # otherwise the rest of a line that was cut follows


def _text_article(place: Path) -> bytes:
    text = place.read_bytes().decode("utf-8", "replace")
    return msgspec.json.encode(Article(id=place.stem, text=text))
