"""Articles as they are posted: one, an array, or JSON lines; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from streams.records.article import BadArticleError, decode_article

#: How many problems of a request are told.
MOST_PROBLEMS = 20


class PostedError(Exception):
    """Articles that cannot be sent; each problem with its message, and its place if there are several articles."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(problems[0][0])
        self.problems = [{"place": place, "message": message} for message, place in problems]


class Posted(msgspec.Struct, frozen=True):
    """What was posted: records, the ids of their articles, and their places."""

    records: tuple[bytes, ...]
    ids: tuple[str, ...]
    places: tuple[str, ...]


def read_posted(body: bytes) -> Posted:
    """Read a request's body.

    Raises:
        PostedError: something in it is no article; nothing of it may be sent.
    """
    found: list[tuple[bytes, str, str]] = []
    problems: list[tuple[str, str]] = []
    for place, record in _records(body):
        try:
            found.append((record, decode_article(record).key, place))
        except BadArticleError as error:
            problems.append((f"{error.reason}: {error}", place))
    if problems:
        raise PostedError(problems[:MOST_PROBLEMS])
    if not found:
        raise PostedError([("no_text: expected an article, an array of articles, or JSON lines", "")])
    records, ids, places = zip(*found, strict=True)
    return Posted(records, ids, places)


def _records(body: bytes) -> Iterator[tuple[str, bytes]]:
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if body.startswith(b"["):
        try:
            items = msgspec.json.decode(body, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise PostedError([(f"not_json: expected an array of articles; {error}", "")]) from None
        except RecursionError:
            raise PostedError([("not_json: nested too deeply", "")]) from None
        yield from ((f"[{number}]", bytes(item)) for number, item in enumerate(items))
        return
    lines = body.splitlines() if b"\n" in body else [body]
    if len(lines) > 1 and lines[0].rstrip().endswith(b"}"):
        yield from ((f"line {number}", line) for number, line in enumerate(lines, start=1) if line.strip())
    elif body:
        yield "", body
