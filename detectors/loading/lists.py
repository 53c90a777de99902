"""Lists: values written in the rule file, or a separate file with one value per line."""

from __future__ import annotations

import re

from detectors.loading.sources import Sources
from detectors.reading.context import Entry, ListDefinition, Place
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.problems import Wrong

MOST_ENTRIES = 1_000_000
SEPARATOR = " | "
_COMMENT = re.compile(r"(?:^|\s)#(.*)$")
_ESCAPED = re.compile(r"\\#")
_SIGN = "\0"
"""Stands for an escaped # while comments are cut off; no line of a text file has it."""


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
                entries.append(entry_of(item))
        if wrong:
            raise Wrong
        return ListDefinition(name, tuple(entries), at.file, at.line, at.column)
    if not isinstance(node, Mapping) or set(node.pairs) != {"file"}:
        place.fail(node, f"expected a list of values, {{file: PATH}} or {{lists: [NAMES]}}, found {node.what}")
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
        text = _uncommented(line, Node(file.name, number, 1), place) if "#" in line else line.strip()
        if text:
            entries.append(_entry(text, file.name, number, 1))
    if len(entries) > MOST_ENTRIES:
        place.fail(node, f"{node.text!r}: expected at most {MOST_ENTRIES} entries, found {len(entries)}")
    return ListDefinition(name, tuple(entries), at.file, at.line, at.column)


def entry_of(scalar: Scalar) -> Entry:
    """The entry that a value of a rule file spells."""
    return _entry(scalar.text, scalar.file, scalar.line, scalar.column)


def _uncommented(line: str, at: Node, place: Place) -> str:
    """The entry before a comment; ``\\#`` is the sign itself. Warn of a # that looks like part of the entry."""
    text = _ESCAPED.sub(_SIGN, line)
    comment = _COMMENT.search(text)
    if comment is not None:
        said = comment[1]
        text = text[: comment.start()]
        tagged = said[:1].isalnum() and not said.strip().count(" ")
        if tagged and place.context.lint_text is not None:
            place.warning(at, f"#{said.strip()} is a comment; for a # in an entry write \\#{said.strip()}")
    return text.replace(_SIGN, "#").strip()


def _entry(text: str, file: str, line: int, column: int) -> Entry:
    if SEPARATOR not in text:
        return Entry(text, (text,), file, line, column)
    spellings = tuple(dict.fromkeys(part.strip() for part in text.split(SEPARATOR) if part.strip()))
    return Entry(spellings[0] if spellings else text, spellings or (text,), file, line, column)
