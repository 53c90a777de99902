"""What readers share while a rule set is read, and where they are in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingABC
from typing import Any, NoReturn

import msgspec

from detectors.reading.nodes import Node
from detectors.reading.problems import Problems, Wrong
from detectors.vocabulary import Vocabulary


class Entry(msgspec.Struct, frozen=True):
    """One entry of a list: its name, all its spellings (the name first), and where it stands."""

    name: str
    spellings: tuple[str, ...]
    file: str
    line: int
    column: int


class ListDefinition(msgspec.Struct, frozen=True):
    """A named list, from its file or from the rule file itself."""

    name: str
    entries: tuple[Entry, ...]
    file: str
    line: int
    column: int


class Context:
    """The problems found so far, the lists by name, and the words that conditions are checked against."""

    def __init__(
        self,
        problems: Problems,
        vocabulary: Vocabulary,
        lists: MappingABC[str, ListDefinition],
        macros: MappingABC[str, Node],
        *,
        lint: Callable[[Any], Iterable[str]] | None = None,
    ) -> None:
        self.problems = problems
        self.lint = lint
        """What the lints say of a condition that was read; None where nobody asks them."""
        self.lists = lists
        self.macros = macros
        self.vocabulary = vocabulary
        self.used_lists: set[str] = set()
        self.used_macros: set[str] = set()
        self.cache: dict[object, object] = {}


class Place(msgspec.Struct, frozen=True):
    """Where in the set a reader is: the path of fields, whether below ``sentence`` or ``near``, in which macros."""

    context: Context
    path: str = ""
    local: str = ""
    macros: tuple[str, ...] = ()

    def at(self, key: str | int) -> Place:
        """The place of a key or an item below this one."""
        below = f"{self.path}[{key}]" if isinstance(key, int) else f"{self.path}.{key}" if self.path else key
        return Place(self.context, below, self.local, self.macros)

    def within(self, local: str) -> Place:
        """The same place, below ``sentence`` or ``near``."""
        return Place(self.context, self.path, local, self.macros)

    def inside(self, macro: str) -> Place:
        """The same place, in what a macro holds."""
        return Place(self.context, self.path, self.local, (*self.macros, macro))

    def error(self, node: Node, message: str) -> None:
        """Report a problem and go on."""
        self.context.problems.error(node, self.path, message)

    def warning(self, node: Node, message: str) -> None:
        """Report something that is allowed and probably not meant."""
        self.context.problems.warning(node, self.path, message)

    def fail(self, node: Node, message: str) -> NoReturn:
        """Report a problem that leaves nothing to return."""
        self.error(node, message)
        raise Wrong
