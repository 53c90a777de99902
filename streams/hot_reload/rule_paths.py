"""Rule files and folders as a command takes them: several, single files, and standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from detectors.loading.ruleset import RuleSet, load_rules
from detectors.loading.sources import STDIN
from detectors.user_error import UserError
from detectors.vocabulary import Vocabulary
from streams.hot_reload.folder import RulesNotFoundError, find_rules

TEST = ".test.yaml"


class NoRulesError(UserError):
    """There are no rules where rules were expected."""


class RulePaths(msgspec.Struct, frozen=True):
    """Folders and files of rules; ``-`` is standard input, read once. ``usual``: nobody named them."""

    paths: tuple[Path, ...]
    usual: bool = False
    stdin: str = ""

    def __str__(self) -> str:
        return ", ".join(map(str, self.paths))

    def load(self, vocabulary: Vocabulary, *, linting: bool = False) -> RuleSet:
        """Load the rules as one set.

        Raises:
            RuleSetError: a rule is invalid; the message names file, line and field.
            NoRulesError: there are none.
        """
        found = load_rules(self.paths, vocabulary, linting=linting, stdin=self.stdin)
        if not found.rules:
            ignored = "".join(
                f"; {one.file} is ignored" for one in found.warnings if one.message.startswith("ignored:")
            )
            raise NoRulesError(f"{self}: 0 rules; expected `rules:` in *.yaml{ignored}")
        return found


def rule_paths(given: Sequence[Path], usual: Path | None) -> RulePaths:
    """The paths given, else the usual folder. ``NAME.test.yaml`` stands for the rules beside it.

    Raises:
        RulesNotFoundError: a path does not exist.
    """
    if not given:
        return RulePaths((find_rules(usual),), usual=usual is None)
    paths = dict.fromkeys(
        path.with_name(path.name.removesuffix(TEST) + ".yaml") if path.name.endswith(TEST) else path for path in given
    )
    for path in paths:
        if path != STDIN and not path.exists():
            raise RulesNotFoundError(
                f"{path}: no such folder or file; expected watch rules: a folder, a .yaml file, or - for standard input"
            )
    return RulePaths(tuple(paths), stdin=sys.stdin.read() if STDIN in paths else "")
