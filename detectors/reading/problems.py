"""What is wrong with a rule set, where it stands and what was expected: every message a reader sees is made here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Literal, Protocol

import msgspec

from detectors.user_error import UserError

MOST_PROBLEMS = 1000
"""A set with more problems than this reports the first so many, and says so: a broken list need not print itself."""


class Located(Protocol):
    """Anything that stands somewhere in a file: lines and columns count from 1."""

    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing wrong: ``path`` is the field's, as ``rules[2].where.country``; ``message`` says what was expected."""

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
    """The rule set cannot be used; ``problems`` has all of them, in order of file, line and column."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Wrong(Exception):  # noqa: N818 - not an error of the program: the problem itself is already reported
    """Raised by a reader that could not make its value, after it has reported why."""


class TooManyProblems(Exception):  # noqa: N818 - not an error of the program: all that is to be said has been reported
    """Raised where a set has so many problems that looking for more would only take time."""


class Problems:
    """Collects the problems of one set, so that all of them are reported in one pass."""

    def __init__(self) -> None:
        self._errors: dict[Problem, None] = {}
        self._warnings: dict[Problem, None] = {}

    def error(self, at: Located, path: str, message: str) -> None:
        """Raises TooManyProblems with the last one that is told."""
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
            more = f"more than {MOST_PROBLEMS} problems; the rest is not shown"
            found.setdefault(Problem(problem.file, problem.line, problem.column, "", more, problem.level))

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._errors))

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._warnings))


def nearest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the valid value nearest to ``word``, or nothing when none is near."""
    known = {option.lower(): option for option in valid}
    near = difflib.get_close_matches(word[:100].lower(), known, n=1, cutoff=0.6)
    return f"; did you mean {known[near[0]]!r}?" if near else ""


def one_of(word: str, valid: Iterable[str], what: str) -> str:
    """The message for a word that is not one of a closed set of names; short sets are printed whole."""
    names = sorted(valid)
    listed = f"expected one of {', '.join(names)}" if len(names) <= 30 else f"expected {what}"
    return f"unknown {what} {shown(word)}: {listed}{nearest(word, names)}"


def unknown_key(key: str, valid: Iterable[str]) -> str:
    """The message for a key that is none of a closed set: the nearest one, else all of a short set."""
    names = sorted(valid)
    near = nearest(key, names)
    listed = f": expected one of {', '.join(names)}" if not near and 0 < len(names) <= 30 else ""
    return f"unknown key {shown(key)}{listed}{near}"


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, on one line."""
    text = value if isinstance(value, str) else str(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return repr(text)
