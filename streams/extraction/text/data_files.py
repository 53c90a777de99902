"""The data files of extraction: where they are, how they are read, and what is wrong with one that a user edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
import yaml

from detectors.reading.nodes import Mapping, Node, Sequence, plain
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problem, Problems, nearest, shown
from detectors.reading.validation_errors import mismatch
from detectors.user_error import UserError

T = TypeVar("T")

DATA = Path(__file__).parents[1] / "data"
"""The data files that ship with extraction."""

_STEP = re.compile(r"([^.\[\]]+)(?![^\[]*\])|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


class DataFileError(UserError):
    """A data file that cannot be used; one line a problem: file, line, column, field, and what was expected."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        super().__init__("\n".join(map(str, problems)))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The fastest safe loader there is; a date stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> object:
    """A YAML file. Raises OSError, yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a safe loader)


def read_entries(path: Path, collection: type[T], entry: type[msgspec.Struct]) -> T:
    """A file of ``entry``s: a ``collection`` of them, which is a mapping by name or a list.

    Raises:
        DataFileError: it cannot be read, is not YAML, or an entry is not as it should be. All problems are told.
    """
    root = _root(path)
    try:
        return msgspec.convert(plain(root), type=collection, str_keys=True)
    except msgspec.ValidationError:
        problems = Problems()
        for name, node in _entries(root, collection, problems):
            try:
                msgspec.convert(plain(node), type=entry, str_keys=True)
            except msgspec.ValidationError as error:
                _tell(error, name, node, entry, problems)
        raise DataFileError(problems.errors) from None


def _root(path: Path) -> Node:
    problems = Problems()
    try:
        root = parse_yaml(path.read_text(encoding="utf-8"), str(path), problems)
    except OSError as error:
        raise DataFileError([f"{path}: {error.strerror}; expected a YAML file"]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataFileError([Problem(str(path), line, 1, "", f"expected UTF-8; {error.reason}")]) from None
    if problems.errors:
        raise DataFileError(problems.errors)
    if root is None:
        raise DataFileError([Problem(str(path), 1, 1, "", "expected entries, found an empty file")])
    return root


def _entries(root: Node, collection: type[Any], problems: Problems) -> Iterator[tuple[str, Node]]:
    wanted = dict if getattr(collection, "__origin__", collection) is dict else list
    if isinstance(root, Mapping) and wanted is dict:
        yield from ((name, node) for name, _, node in root.items())
    elif isinstance(root, Sequence) and wanted is list:
        yield from ((f"[{place}]", item) for place, item in enumerate(root.items))
    else:
        expected = "a mapping of names" if wanted is dict else "a list"
        problems.error(root, "", f"expected {expected}, found {root.what}")


def _tell(error: msgspec.ValidationError, name: str, entry: Node, type_: type[Any], problems: Problems) -> None:
    found = mismatch(error)
    path, node, struct = name, entry, type_
    for step in _STEP.finditer(found.path):
        key, place = step.groups()
        if key is not None:
            path += f".{key}"
            node = (node.get(key) if isinstance(node, Mapping) else None) or node
            struct = _struct_within(get_type_hints(struct).get(_attribute(struct, key))) or struct
        elif place != "..." and isinstance(node, Sequence):
            path += f"[{place}]"
            node = node.items[int(place)]
        else:  # below a key that msgspec does not name
            break
    said = found.said
    unknown = _UNKNOWN.fullmatch(said)
    if unknown is not None:
        known = [field.encode_name for field in msgspec.structs.fields(struct)]
        said = f"unknown key {shown(unknown[1])}: expected one of {', '.join(known)}{nearest(unknown[1], known)}"
        if isinstance(node, Mapping):
            node = node.pairs[unknown[1]][0]
    problems.error(node, path, said)


def _attribute(struct: type[Any], key: str) -> str:
    return next((field.name for field in msgspec.structs.fields(struct) if field.encode_name == key), key)


def _struct_within(hint: Any) -> type[msgspec.Struct] | None:
    """The struct that a type is, or holds."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    return next((found for part in get_args(hint) if (found := _struct_within(part)) is not None), None)
