"""The data files of extraction: their location, how to read them, and the errors in files that users edit."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import yaml

from detectors.reading.problems import Problem
from detectors.reading.typed import read_yaml_file
from detectors.user_error import UserError

T = TypeVar("T")

DATA = Path(__file__).parents[1] / "data"
"""The folder of the shipped data files."""


class DataFileError(UserError):
    """A data file that cannot be used; one line per problem: file, line, column, field, and what was expected."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        super().__init__("\n".join(map(str, problems)))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The fastest safe loader; dates stay texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> object:
    """Read a YAML file. Raises OSError, yaml.YAMLError."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  (a safe loader)


def read_entries(path: Path, collection: type[T]) -> T:
    """Read a file of entries: a mapping by name, or a list.

    Raises:
        DataFileError: the file cannot be read, is not YAML, or has invalid entries; lists all problems.
    """
    return read_yaml_file(path, collection, DataFileError)
