"""JSON files: lines, an array, objects over several lines, or the answer of a service with a list of articles."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from streams.records.article import MAX_TEXT_BYTES, BadArticleError
from streams.sources.field_names import articles_in

#: A longer line is not an article (1 MB of text, every character escaped). It is cut to this size, which fits into a
#: record.
MAX_LINE_BYTES = 8 * 1024 * 1024 - 64 * 1024
#: The largest file that is read as one JSON value; JSON lines have no limit.
MAX_WHOLE_BYTES = 64 * MAX_TEXT_BYTES

#: A record and its place: the line, or the number of an item.
Numbered = tuple[int, bytes | BadArticleError]


class _Joined(io.RawIOBase):
    """What was read already, and the rest."""

    def __init__(self, begun: bytes, rest: io.BufferedReader) -> None:
        self._begun = io.BytesIO(begun)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._begun.read(len(buffer)) or self._rest.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def json_records(stream: io.BufferedReader) -> Iterator[Numbered]:
    """The records of a file of JSON, each as the bytes of one JSON value; lines are passed on unchanged."""
    head = stream.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head not in (b"[", b"{"):
        yield from lines(stream)
        return
    first = b"" if head == b"[" else stream.readline(MAX_LINE_BYTES)
    if head == b"{" and (len(first) == MAX_LINE_BYTES or not _may_go_on(first)):
        yield from lines(io.BufferedReader(_Joined(first, stream)))
        return
    content = first + stream.read(MAX_WHOLE_BYTES + 1)
    found = _values(content) if len(content) <= MAX_WHOLE_BYTES else None
    if found is not None:
        yield from found
    elif head == b"[" and len(content) > MAX_WHOLE_BYTES:
        said = f"larger than {MAX_WHOLE_BYTES // 1_000_000} MB as one JSON array; expected one object a line"
        yield 1, BadArticleError("too_large", said)
    else:
        yield from lines(io.BufferedReader(_Joined(content, stream)))


def lines(stream: io.BufferedReader) -> Iterator[Numbered]:
    """The lines that are not blank, each cut to the most that fits into a record."""
    number = 0
    begins = True
    while line := stream.readline(MAX_LINE_BYTES):
        number += begins
        if begins and (record := line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip(b"\r\n\t ")):
            yield number, record
        begins = line.endswith(b"\n")  # otherwise the rest of a line that was cut follows


def _may_go_on(first: bytes) -> bool:
    """Whether a first line is the beginning of a longer object, or an object with a list of articles."""
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return not first.rstrip().endswith(b"}")
    return isinstance(found, dict) and "text" not in found and _listed(found) is not None


def _listed(found: object) -> list[Any] | None:
    items = articles_in(found)
    return items if items and all(isinstance(item, dict) for item in items) else None


def _values(content: bytes) -> Iterator[Numbered] | None:
    """The articles in one JSON value, or in several one after another; None if it is not all JSON."""
    try:
        text = content.decode("utf-8-sig").strip()
        decoder = json.JSONDecoder()
        values: list[Any] = []
        at = 0
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            values.append(value)
            while text[at : at + 1].isspace() or text[at : at + 1] == ",":
                at += 1
    except (ValueError, RecursionError):
        return None
    if len(values) == 1 and (isinstance(values[0], list) or "text" not in values[0]):
        values = _listed(values[0]) or (values[0] if isinstance(values[0], list) else values)
    return ((number, json.dumps(value).encode()) for number, value in enumerate(values, 1))
