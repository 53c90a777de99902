"""The files of a rule set and their bytes. Only this module of the room reads the disk."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from detectors.reading.files import UnreadableError, decoded, read_bytes
from detectors.reading.parser import LARGEST_FILE

LARGEST_LIST = 64 * 1024 * 1024


class SourceFile(msgspec.Struct, frozen=True):
    """One file of a rule set: ``name`` is its path below the folder, ``problem`` (at ``line``) why it is unusable."""

    name: str
    text: str
    problem: str = ""
    line: int = 1


class Sources:
    """The rule files of a folder and the list files that they name; keeps all bytes read, to hash the version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real = folder.resolve()
        self.read: dict[str, bytes] = {}
        self.overlooked: list[str] = []

    @property
    def folder(self) -> Path:
        """The rules folder."""
        return self._folder

    def rule_files(self) -> list[SourceFile]:
        """All ``*.yaml`` files below the folder except ``*.test.yaml``, sorted by name.

        Skips hidden files and folders (a Kubernetes ConfigMap keeps each version in one) and linked folders, which
        could form a cycle. ``overlooked`` lists skipped paths that look like rules.
        """
        names = []
        for where, folders, files in os.walk(self._folder):
            below = Path(where).relative_to(self._folder)
            folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
            self.overlooked += [(below / name).as_posix() for name in folders if (Path(where) / name).is_symlink()]
            self.overlooked += [(below / name).as_posix() for name in files if name.endswith(".yml")]
            names += [
                (below / name).as_posix()
                for name in files
                if name.endswith(".yaml") and not name.endswith(".test.yaml") and not name.startswith(".")
            ]
        return [self._file(name, LARGEST_FILE) for name in sorted(names)]

    def list_file(self, name: str, beside: str) -> SourceFile:
        """The file of a list, relative to the folder or to the rule file that names it."""
        for candidate in (Path(name), Path(beside).parent / name):
            if candidate.is_absolute() or ".." in candidate.parts or "\0" in name:
                return SourceFile(name, "", "expected a path inside the rules folder")
            if os.path.lexists(self._folder / candidate):
                return self._file(candidate.as_posix(), LARGEST_LIST)
        return SourceFile(name, "", "no such file in the rules folder")

    def _file(self, name: str, most: int) -> SourceFile:
        path = self._folder / name
        try:
            if not path.resolve(strict=True).is_relative_to(self._real):
                return SourceFile(name, "", "a link that leads out of the rules folder; expected a file inside it")
            raw = read_bytes(path, most)
        except UnreadableError as error:
            return SourceFile(name, "", str(error))
        except (OSError, RuntimeError) as error:  # a cycle of links raises RuntimeError up to Python 3.12
            return SourceFile(name, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
        self.read[name] = raw
        try:
            return SourceFile(name, decoded(raw))
        except UnreadableError as error:
            return SourceFile(name, "", str(error), error.line)
