"""Problems of a rule set: what is wrong, where, and what was expected; and the wording of messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec

from detectors.user_error import UserError

MOST_PROBLEMS = 1000
"""Most problems reported for one set, with a notice if there are more: a broken list would otherwise print whole."""


class Located(Protocol):
    """Anything with a position in a file; lines and columns count from 1."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Problem(msgspec.Struct, frozen=True, order=True):
    """One problem: ``path`` is the field's path, as ``rules[2].where.country``; ``message`` says what was expected."""

    file: str
    line: int
    column: int
    path: str
    message: str
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.level}: "
        return place + (f"{self.path}: {self.message}" if self.path else self.message)


class RuleSetError(UserError):
    """The rule set cannot be used; ``problems`` lists all errors, in order of file, line and column."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Wrong(Exception):  # noqa: N818 - control flow, not an error: the problem is already reported
    """Raised by a reader that cannot produce its value, after it has reported why."""


class TooManyProblems(Exception):  # noqa: N818 - control flow, not an error: the problems are already reported
    """Raised when a set has too many problems for a further search to be useful."""


class Problems:
    """Collects the problems of one set, so that one pass reports all of them."""

    def __init__(self) -> None:
        self._errors: dict[Problem, None] = {}
        self._warnings: dict[Problem, None] = {}

    def error(self, at: Located, path: str, message: str) -> None:
        """Report an error. Raises TooManyProblems once the limit is reached."""
        self._add(self._errors, Problem(at.file, at.line, at.column, path, message))
        if len(self._errors) > MOST_PROBLEMS:
            raise TooManyProblems

    def warning(self, at: Located, path: str, message: str) -> None:
        self._add(self._warnings, Problem(at.file, at.line, at.column, path, message, "warning"))

    @staticmethod
    def _add(found: dict[Problem, None], problem: Problem) -> None:
        if len(found) < MOST_PROBLEMS:
            found.setdefault(problem)
        elif len(found) == MOST_PROBLEMS and problem not in found:
            more = f"more than {MOST_PROBLEMS} problems; the rest are not shown"
            found.setdefault(Problem(problem.file, problem.line, problem.column, "", more, problem.level))

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._errors))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._warnings))


def nearest(word: str, valid: Iterable[str], cutoff: float = 0.6) -> str:
    """`; did you mean 'x'?` for the valid value nearest to ``word``; empty if none is near."""
    known = {option.lower(): option for option in valid}
    near = difflib.get_close_matches(word[:100].lower(), known, n=1, cutoff=cutoff)
    return f"; did you mean {known[near[0]]!r}?" if near else ""


_MEANT = {
    "and": "all",
    "or": "any",
    "group_by": "once_per",
    "once_per": "group_by",
    "timeframe": "window",
    "threshold": "at_least",
    "num_events": "at_least",
    "if": "where",
    "when": "where",
    "condition": "where",
}
"""Keys of other rule languages and other kinds, and what they are called here."""


def meant(word: str, valid: Iterable[str]) -> str:
    """`; did you mean 'x'?` for a key that is called otherwise elsewhere, or is misspelt."""
    known = frozenset(valid)
    other = _MEANT.get(word)
    return f"; did you mean {other!r}?" if other in known else nearest(word, known)


def one_of(word: str, valid: Iterable[str], what: str) -> str:
    """The message for a word that is not in a closed set of names; lists short sets in full."""
    names = sorted(valid)
    listed = f"expected one of {', '.join(names)}" if len(names) <= 30 else f"expected {what}"
    return f"unknown {what} {shown(word)}: {listed}{nearest(word, names)}"


def unknown_key(key: str, valid: Iterable[str]) -> str:
    """The message for a key that is not in a closed set: names the nearest key, else all keys of a short set."""
    names = sorted(valid)
    near = meant(key, names)
    listed = f": expected one of {', '.join(names)}" if not near and 0 < len(names) <= 30 else ""
    return f"unknown key {shown(key)}{listed}{near}"


def shown(value: object) -> str:
    """A value as quoted in messages: short, on one line."""
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return repr(text)
