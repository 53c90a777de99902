"""Lists: values written in the rule file, or a separate file with one value per line."""

from __future__ import annotations

import re

from detectors.loading.sources import Sources
from detectors.reading.context import Entry, ListDefinition, Place
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.problems import Wrong

MOST_ENTRIES = 1_000_000
SEPARATOR = " | "
_COMMENT = re.compile(r"(?:^|\s)#.*$")


def read_list(name: str, at: Scalar, node: Node, place: Place, sources: Sources) -> ListDefinition:
    """The list that a node defines. Raises Wrong after reporting all problems."""
    if isinstance(node, Sequence):
        entries = []
        wrong = False
        for index, item in enumerate(node.items):
            if not isinstance(item, Scalar) or item.value is None:
                place.at(index).error(item, f"expected a value, found {item.what}")
                wrong = True
            else:
                entries.append(_entry(item.text, item.file, item.line, item.column))
        if wrong:
            raise Wrong
        return ListDefinition(name, tuple(entries), at.file, at.line, at.column)
    if not isinstance(node, Mapping) or set(node.pairs) != {"file"}:
        place.fail(node, f"expected a list of values or {{file: PATH}}, found {node.what}")
    return _from_file(name, at, node.pairs["file"][1], place.at("file"), sources)


def _from_file(name: str, at: Scalar, node: Node, place: Place, sources: Sources) -> ListDefinition:
    if not isinstance(node, Scalar) or not node.text:
        place.fail(node, f"expected the path of a file, found {node.what}")
    file = sources.list_file(node.text, node.file)
    if file.problem:
        line = f", line {file.line}" if file.line > 1 else ""
        place.fail(node, f"{node.text!r}{line}: {file.problem}")
    entries = []
    for number, line in enumerate(file.text.splitlines(), 1):
        text = (_COMMENT.sub("", line) if "#" in line else line).strip()
        if text:
            entries.append(_entry(text, file.name, number, 1))
    if len(entries) > MOST_ENTRIES:
        place.fail(node, f"{node.text!r}: expected at most {MOST_ENTRIES} entries, found {len(entries)}")
    return ListDefinition(name, tuple(entries), at.file, at.line, at.column)


def _entry(text: str, file: str, line: int, column: int) -> Entry:
    if SEPARATOR not in text:
        return Entry(text, (text,), file, line, column)
    spellings = tuple(dict.fromkeys(part.strip() for part in text.split(SEPARATOR) if part.strip()))
    return Entry(spellings[0] if spellings else text, spellings or (text,), file, line, column)
