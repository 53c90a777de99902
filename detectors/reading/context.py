"""The state that readers share while they read a rule set, and their position in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingABC
from typing import Any, NoReturn

import msgspec

from detectors.reading.nodes import Node
from detectors.reading.problems import Problems, Wrong
from detectors.vocabulary import Vocabulary


class Entry(msgspec.Struct, frozen=True):
    """One entry of a list: its name, all its spellings (the name first), and its position."""

    name: str
    spellings: tuple[str, ...]
    file: str
    line: int
    column: int


class ListDefinition(msgspec.Struct, frozen=True):
    """A named list, defined in the rule file or in its own file."""

    name: str
    entries: tuple[Entry, ...]
    file: str
    line: int
    column: int


class Context:
    """The problems found so far, the lists and macros by name, and the vocabulary to check conditions against."""

    def __init__(
        self,
        problems: Problems,
        vocabulary: Vocabulary,
        lists: MappingABC[str, ListDefinition],
        macros: MappingABC[str, Node],
        *,
        lint: Callable[[Any], Iterable[str]] | None = None,
        lint_text: Callable[[str, Any], Iterable[str]] | None = None,
    ) -> None:
        self.problems = problems
        self.lint = lint
        """Return the lint warnings for a condition; None if linting is off."""
        self.lint_text = lint_text
        """Return the lint warnings for a phrase, pattern or entry as written; None if linting is off."""
        self.lists = lists
        self.macros = macros
        self.vocabulary = vocabulary
        self.used_lists: set[str] = set()
        self.used_macros: set[str] = set()
        self.cache: dict[object, object] = {}
        self.conditions = 0
        """The number of conditions read in the current rule, those in macros at each use."""


class Place(msgspec.Struct, frozen=True):
    """A reader's position in the set: field path, ``sentence`` or ``near`` if inside one, and enclosing macros."""

    context: Context
    path: str = ""
    local: str = ""
    macros: tuple[str, ...] = ()

    def at(self, key: str | int) -> Place:
        """The place of a key or item below this one."""
        below = f"{self.path}[{key}]" if isinstance(key, int) else f"{self.path}.{key}" if self.path else key
        return Place(self.context, below, self.local, self.macros)

    def within(self, local: str) -> Place:
        """The same place, below ``sentence`` or ``near``."""
        return Place(self.context, self.path, local, self.macros)

    def inside(self, macro: str) -> Place:
        """The same place, inside a macro's body."""
        return Place(self.context, self.path, self.local, (*self.macros, macro))

    def lint_text(self, node: Node, text: str, form: str) -> None:
        """Warn of what the lints find in a phrase, a pattern or an entry."""
        if self.context.lint_text is not None:
            for message in self.context.lint_text(text, form):
                self.warning(node, message)

    def error(self, node: Node, message: str) -> None:
        """Report a problem and continue."""
        self.context.problems.error(node, self.path, message)

    def warning(self, node: Node, message: str) -> None:
        """Report something that is allowed but probably unintended."""
        self.context.problems.warning(node, self.path, message)

    def fail(self, node: Node, message: str) -> NoReturn:
        """Report a problem and raise Wrong: there is no value to return."""
        self.error(node, message)
        raise Wrong
