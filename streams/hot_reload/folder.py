"""The rules folder: find it, poll it for changes, and load it as a whole."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import msgspec

from detectors.loading.ruleset import Problem, RuleSet, RuleSetError, load_rules
from detectors.user_error import UserError
from detectors.vocabulary import Vocabulary, shipped_vocabulary
from streams.extraction.organisations import organisation_names
from streams.extraction.themes import themes_in
from streams.hot_reload.trial_process import Trial
from streams.shipped import shipped

LOCAL = Path("deploy") / "rules"

Signature = tuple[tuple[str, int, int, int], ...]


class RulesNotFoundError(UserError):
    """A rules folder does not exist."""


def find_rules(folder: Path | None) -> Path:
    """The rules folder: ``folder`` if given, else ``./deploy/rules``, else the copy that ships with the package.

    Raises:
        RulesNotFoundError: the given folder does not exist.
    """
    if folder is not None:
        if not folder.is_dir():
            raise RulesNotFoundError(f"{folder}: no such folder; expected a folder of watch rules (*.yaml)")
        return folder
    if LOCAL.is_dir():
        return LOCAL
    found = shipped("rules", "deploy/rules")
    if found is not None:
        return found
    raise RulesNotFoundError("no folder of watch rules; set one with --rules or NEWSWATCH_RULES")


def vocabulary_of(taxonomy: Path | None) -> Vocabulary:
    """The names that rules may use: themes of the taxonomy (by default the shipped one), role classes, organisations.

    Raises:
        DataFileError: the taxonomy cannot be read.
    """
    usual = shipped_vocabulary()
    themes = usual.themes if taxonomy is None else themes_in(taxonomy)
    return Vocabulary(themes, usual.role_classes, organisation_names())


class Change(msgspec.Struct, frozen=True):
    """The content of a changed folder: a rule set, possibly the previous one, or the errors in it."""

    rules: RuleSet | None = None
    error: RuleSetError | None = None


class RulesFolder:
    """Polls a folder of rules and loads it when it changes.

    Compares path, size, modification time and inode of each file, and where each link leads, so that the update of a
    Kubernetes ConfigMap (its ``..data`` link) is one change. Linked folders are not entered: they could form a cycle.

    ``seconds`` is the limit on loading a change, which a process of its own then tries first.
    """

    def __init__(self, folder: Path, vocabulary: Vocabulary | None = None, *, seconds: float | None = None) -> None:
        self.folder = folder
        self._vocabulary = vocabulary
        self._seconds = seconds
        self._seen: Signature | None = None

    def load(self) -> RuleSet:
        """Load the current rules.

        Raises:
            RuleSetError: a rule is invalid; the message names file, line and field.
        """
        self._seen = self._signature()
        return load_rules(self.folder, self._vocabulary)

    def poll(self) -> Change | None:
        """Load the rules if a file has changed since the last poll, else return None."""
        before = self._signature()
        if before == self._seen:
            return None
        try:
            self._try()
            rules = load_rules(self.folder, self._vocabulary)
        except RuleSetError as error:
            self._seen = before
            return Change(error=error)
        if self._signature() != before:  # changed while it was read: poll again
            return None
        self._seen = before
        return Change(rules=rules)

    def _try(self) -> None:
        """Load the rules in a process of its own. Raises RuleSetError if that takes too long or ends the process."""
        if self._seconds is None:
            return
        done = subprocess.run(
            [sys.executable, "-P", "-m", "streams.hot_reload.trial_process"],
            input=msgspec.json.encode(Trial(str(self.folder), self._vocabulary, self._seconds)),
            capture_output=True,
            check=False,
        )
        if done.returncode == -signal.SIGALRM:
            said = f"takes more than {self._seconds:g} s (rules_load_seconds); `newswatch rules check` shows where"
        elif done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            said = f"fails with status {done.returncode} {last[:200]}".rstrip()
        else:
            return
        raise RuleSetError((Problem(str(self.folder), 1, 1, "", f"loading the changed rules {said}"),))

    def _signature(self) -> Signature:
        found: list[tuple[str, int, int, int]] = []
        for root, folders, files in os.walk(self.folder):
            folders.sort()
            for name in sorted((*folders, *files)):
                place = Path(root) / name
                try:
                    state = place.stat()
                except OSError:  # deleted since it was listed, or a link that leads nowhere
                    continue
                if stat.S_ISREG(state.st_mode):
                    found.append((str(place), state.st_size, state.st_mtime_ns, state.st_ino))
                elif place.is_symlink():
                    found.append((f"{place} -> {place.readlink()}", 0, 0, state.st_ino))
        return tuple(found)
