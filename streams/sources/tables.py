"""Tables of articles: CSV and TSV with a line of names, in any quoting that spreadsheets write."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

#: The largest cell (characters).
MOST_CELL = 8 * 2**20
_DELIMITERS = ",;\t|"


class TableError(ValueError):
    """A table that cannot be read."""


def rows(stream: io.TextIOBase) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table by the names in its first line, with the line at which each ends.

    Raises:
        TableError: a row is no row of a table, such as one with a NUL.
    """
    first = stream.readline(MOST_CELL)
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(MOST_CELL)
    reader = csv.reader(_whole(first, stream), delimiter=delimiter)
    try:
        names = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if any(cells):
                yield reader.line_num, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise TableError(f"line {reader.line_num}: {error}") from None


def _whole(first: str, rest: io.TextIOBase) -> Iterator[str]:
    yield first
    yield from iter(lambda: rest.readline(MOST_CELL), "")
