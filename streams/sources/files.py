"""Articles from files: JSON lines, or plain text with one article a file; ``-`` is standard input."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from detectors.user_error import UserError
from streams.records.article import MAX_TEXT_BYTES, Article, BadArticleError, decode_article

#: A longer line is not an article (1 MB of text, every character escaped). It is cut to this size, which fits into a
#: record, and becomes a dead letter.
MAX_LINE_BYTES = 8 * 1024 * 1024 - 64 * 1024
#: A larger text file is no article: it would be read into memory whole. One that is a little too large becomes a
#: dead letter.
MAX_TEXT_FILE_BYTES = 4 * MAX_TEXT_BYTES
#: How many lines of a file are looked at for an article.
FIRST_LINES = 20

logger = logging.getLogger(__name__)


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
    with the reason. Memory is bounded, whatever a file holds.

    Raises:
        UnreadableFileError: a file is missing, cannot be read, or is not a file but a device.
    """
    for place in places:
        if str(place) == "-":
            if sys.stdin is None:  # closed by the parent process
                raise UnreadableFileError("-: standard input is closed; expected articles on standard input")
            yield from _lines("-", sys.stdin.buffer)
            continue
        try:
            require_file(place)
            with place.open("rb") as file:
                if place.suffix == ".txt":
                    yield Line(str(place), 1, _text_article(place, file))
                else:
                    yield from _lines(str(place), file)
        except OSError as error:
            raise UnreadableFileError(f"{place}: {error.strerror}; expected a file of articles") from None


def count_lines(places: Iterable[Path]) -> int | None:
    """The number of records in the files, None if standard input or a pipe is among them.

    Raises:
        UnreadableFileError: a file is not a file but a device.
    """
    total = 0
    for place in places:
        if str(place) == "-" or place.is_fifo():
            return None
        if place.suffix == ".txt":
            total += 1
        elif place.is_file():
            with place.open("rb") as file:
                total += sum(1 for _ in _lines(str(place), file))
    return total


def without_articles(places: Iterable[Path]) -> Iterator[str]:
    """For each file without an article among its first lines: what it is instead. Standard input and pipes are left
    out, for they can be read only once.
    """
    for place in places:
        if str(place) == "-" or place.suffix == ".txt" or not place.is_file():
            continue
        reasons: list[str] = []
        for line in islice(read_lines([place]), FIRST_LINES):
            try:
                decode_article(line.value)
            except BadArticleError as error:
                reasons.append(f"{line.file}:{line.number}: {error}")
            else:
                break
        else:
            if reasons:
                seen = f"none of its first {len(reasons)} lines is" if len(reasons) > 1 else "its first line is not"
                yield f"{place}: {seen} an article ({reasons[0]})"


def require_file(place: Path) -> None:
    """Refuse devices, whose content may never end; say that a pipe is waited for.

    Raises:
        UnreadableFileError: it is a device.
        OSError: it is missing.
    """
    mode = place.stat().st_mode
    if stat.S_ISFIFO(mode):
        logger.warning("%s is a pipe: waiting for what another program writes to it", place)
    elif (stat.S_ISCHR(mode) or stat.S_ISBLK(mode)) and str(place) != os.devnull:
        raise UnreadableFileError(f"{place}: is a device; expected a file of articles, or - for standard input")


def _lines(name: str, file: BinaryIO) -> Iterator[Line]:
    number = 0
    begins = True
    while line := file.readline(MAX_LINE_BYTES):
        number += begins
        if begins and (record := line.strip(b"\r\n\t ")):
            yield Line(name, number, record)
        begins = line.endswith(b"\n")  # otherwise the rest of a line that was cut follows


def _text_article(place: Path, file: BinaryIO) -> bytes:
    content = file.read(MAX_TEXT_FILE_BYTES + 1)
    if len(content) > MAX_TEXT_FILE_BYTES:
        raise UnreadableFileError(
            f"{place}: larger than {MAX_TEXT_FILE_BYTES // 1_000_000} MB; expected the text of one article, at most "
            f"{MAX_TEXT_BYTES // 1_000_000} MB (several articles: one JSON object a line, in a .jsonl file)"
        )
    name = os.fsencode(place.stem).decode("utf-8", "replace")  # a file may be called anything
    return msgspec.json.encode(Article(id=name, text=content.decode("utf-8", "replace")))
