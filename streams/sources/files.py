"""Articles from files and folders, packed or not: JSON, tables, text, Markdown; ``-`` is standard input."""

from __future__ import annotations

import io
import logging
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from detectors.user_error import UserError
from streams.records.article import MAX_TEXT_BYTES, Article, BadArticleError, decode_article
from streams.sources.documents import SNIFFED, documents, kind_of
from streams.sources.encodings import decoded, encoding_of
from streams.sources.field_names import article_of
from streams.sources.json_files import MAX_WHOLE_BYTES, json_records, lines
from streams.sources.packed_files import PackedFileError, unpacked
from streams.sources.reading import Reading
from streams.sources.tables import TableError, rows
from streams.sources.text_files import front_matter, titled

#: A larger text file is no article: it would be read into memory whole. One that is a little too large is refused as
#: an article.
MAX_TEXT_FILE_BYTES = 4 * MAX_TEXT_BYTES
#: How much is looked at to tell what a file is (bytes).
HEAD = 64 * 1024
TEXTS = (".txt", ".text", ".md", ".markdown")
TABLES = (".csv", ".tsv")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")  # marks of UTF-16 and UTF-32
_JSON = (".json", ".jsonl", ".ndjson", ".jl", ".geojson", "")

logger = logging.getLogger(__name__)


class UnreadableFileError(UserError):
    """An article file that cannot be read."""


class Line(msgspec.Struct, frozen=True):
    """One record of a file, and its position: ``number`` counts lines from 1, or the items of an array or rows.

    ``refused`` says why it is no article.
    """

    file: str
    number: int
    value: bytes
    refused: BadArticleError | None = None


def read_lines(places: Iterable[Path], reading: Reading | None = None) -> Iterator[Line]:
    """The records in the files, in order, and in the files of folders by name.

    A JSON line that is an article is passed on unchanged, unless its date or its text needs reading. Memory is bounded,
    whatever a file holds.

    Raises:
        UnreadableFileError: a file is missing, cannot be read, or is not a file but a device.
    """
    reading = reading or Reading()
    for place in places:
        if str(place) == "-":
            if sys.stdin is None:  # closed by the parent process
                raise UnreadableFileError("-: standard input is closed; expected articles on standard input")
            yield from _read("-", sys.stdin.buffer, reading, "-", 0.0)
            continue
        for file in _files(place):
            try:
                require_file(file)
                with io.BufferedReader(file.open("rb", buffering=0), HEAD) as stream:
                    id_ = str(file.relative_to(place).with_suffix("")) if place.is_dir() else file.stem
                    yield from _read(str(file), stream, reading, id_, os.fstat(stream.fileno()).st_mtime)
            except OSError as error:
                raise UnreadableFileError(f"{file}: {error.strerror}; expected a file of articles") from None


def count_lines(places: Iterable[Path]) -> int | None:
    """The number of records in the files; None if only reading them tells: standard input, a pipe, a folder, a table...

    Raises:
        UnreadableFileError: a file is not a file but a device.
    """
    total = 0
    for place in places:
        if str(place) == "-" or place.is_fifo() or place.is_dir():
            return None
        if place.suffix.lower() in TEXTS:
            total += 1
        elif place.is_file():
            with place.open("rb") as file:
                if place.suffix != ".jsonl" or file.peek(1)[:1] not in {b"{", b"\0", b"\n", b""}:
                    return None
                total += sum(1 for _ in lines(file))
    return total


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


def _files(place: Path) -> Iterator[Path]:
    """The files of a folder and its folders by name, without hidden ones; a file is itself."""
    if not place.is_dir():
        yield place
        return
    for path in sorted(place.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
        if path.is_file() and not hidden:
            yield path


def _read(name: str, stream: BinaryIO, reading: Reading, id_: str, changed: float) -> Iterator[Line]:
    """The records of one file, each finished or refused, and counted."""
    for file, number, found in _found(name, stream, reading, id_):
        reading.read += 1
        value, error = (b"", found) if isinstance(found, BadArticleError) else (found, None)
        if error is None:
            try:
                value = _finished(found, reading, f"{file}:{number}", file, changed)  # type: ignore[arg-type]
            except BadArticleError as bad:
                error = bad
        if error is not None:
            reading.refused[error.reason] += 1
            yield Line(file, number, found if isinstance(found, bytes) else b"", error)
        elif value:
            yield Line(file, number, value)  # type: ignore[arg-type]


def _finished(found: bytes | Article, reading: Reading, place: str, name: str, changed: float) -> bytes:
    """The record to send, empty if it lies outside of the times that are read."""
    article, as_it_is = reading.article(found) if isinstance(found, bytes) else (found, False)
    finished = reading.finished(article, place, name=name, changed=changed)
    if finished is None:
        return b""
    if as_it_is and finished is article and isinstance(found, bytes):
        return found
    value = msgspec.json.encode(finished)
    decode_article(value)  # its limits
    return value


_Found = tuple[str, int, bytes | Article | BadArticleError]


def _found(name: str, stream: BinaryIO, reading: Reading, id_: str) -> Iterator[_Found]:
    """What a file holds, unpacked and told apart by its name and its beginning."""
    raw: Any = stream  # standard input may be a stream without a buffer
    buffered: io.BufferedReader = raw if isinstance(stream, io.BufferedReader) else io.BufferedReader(raw)
    last = name
    try:
        for last, inner in unpacked(name, buffered):
            inner_id = id_ if last == name else last.removeprefix(name).strip("/") or id_
            for number, found in _records(last, inner, reading, inner_id):
                yield last, number, found
    except PackedFileError as error:
        yield last, 1, BadArticleError("undecodable", str(error))
    except (UnicodeError, TableError) as error:
        yield last, 1, BadArticleError("undecodable", f"cannot be read on: {error}")


def _records(
    name: str, stream: io.BufferedReader, reading: Reading, id_: str
) -> Iterator[tuple[int, bytes | Article | BadArticleError]]:
    suffix = Path(name).suffix.lower()
    head = stream.peek(SNIFFED)[:SNIFFED]
    if suffix in TEXTS:
        yield 1, _text_article(name, stream, id_)
    elif suffix in TABLES:
        yield from _rows(name, stream, reading)
    elif (kind := kind_of(suffix, head)) is not None:
        yield from documents(kind, name, stream, id_)
    elif head.startswith(_WIDE):
        content = decoded(stream.read(MAX_WHOLE_BYTES), name)
        yield from json_records(io.BufferedReader(io.BytesIO((content or "").encode("utf-8", "replace"))))
    elif suffix not in _JSON and b"\0" in head:
        yield 1, BadArticleError("undecodable", "is a binary file; expected JSON lines, CSV, text or HTML")
    else:
        yield from json_records(stream)


def _rows(name: str, stream: io.BufferedReader, reading: Reading) -> Iterator[tuple[int, Article | BadArticleError]]:
    encoding = encoding_of(stream.peek(HEAD)[:HEAD], name)
    if encoding is None:
        yield 1, BadArticleError("not_utf8", "expected a table in UTF-8")
        return
    missing: set[str] | None = None
    for number, row in rows(io.TextIOWrapper(stream, encoding, newline="")):
        if missing is None and (missing := set(reading.columns.values()) - row.keys()):
            said = f"{name}: --map: no column {', '.join(sorted(missing))}; it has {', '.join(row)}"
            raise UnreadableFileError(said)
        article = article_of(row, reading.columns)
        if article is None:
            columns = ", ".join(row)[:200]
            yield number, BadArticleError("no_text", f"no text and no title; its columns are {columns}: use --map")
        else:
            yield number, article


def _text_article(name: str, file: io.BufferedReader, id_: str) -> Article | BadArticleError:
    content = file.read(MAX_TEXT_FILE_BYTES + 1)
    if len(content) > MAX_TEXT_FILE_BYTES:
        raise UnreadableFileError(
            f"{name}: larger than {MAX_TEXT_FILE_BYTES // 1_000_000} MB; expected the text of one article, at most "
            f"{MAX_TEXT_BYTES // 1_000_000} MB (several articles: one JSON object a line, in a .jsonl file)"
        )
    text = decoded(content, name)
    if text is None:
        return BadArticleError("not_utf8", "expected text in UTF-8 or an encoding that can be detected")
    keys: dict[str, str] = {}
    if not name.lower().endswith((".txt", ".text")):
        keys, text = front_matter(text)
    title, body = titled(text)
    id_ = os.fsencode(id_).decode("utf-8", "replace")  # a file may be called anything
    given = article_of({"id": id_, "title": title, **keys, "text": body})
    return given if given is not None else BadArticleError("no_text", "the file is empty; expected an article's text")
