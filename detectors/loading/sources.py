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


STDIN = Path("-")


class Sources:
    """The rule files of folders, or single files, and the list files that they name; keeps all bytes read for a hash.

    A single folder names its files by their path below it; otherwise each has the path as given. ``stdin`` is the text
    of the file ``-``.
    """

    def __init__(self, *places: Path, stdin: str = "") -> None:
        self._places = places
        self._stdin = stdin
        self._roots: dict[str, tuple[Path, str]] = {}  # by rule file: the folder of its lists, and the names' prefix
        self.read: dict[str, bytes] = {}
        self.overlooked: list[str] = []

    @property
    def missing(self) -> Path | None:
        """The first of the places that is neither a file nor a folder."""
        return next((place for place in self._places if place != STDIN and not place.exists()), None)

    def rule_files(self) -> list[SourceFile]:
        """All ``*.yaml`` files below the folders except ``*.test.yaml``, and the single files, sorted by name.

        Skips hidden files and folders (a Kubernetes ConfigMap keeps each version in one) and linked folders, which
        could form a cycle. ``overlooked`` lists skipped paths that look like rules.
        """
        found: dict[str, SourceFile] = {}
        for place in self._places:
            if place == STDIN:
                self._roots["-"] = (Path(), "")
                self.read["-"] = self._stdin.encode()
                found["-"] = SourceFile("-", self._stdin)
            elif place.is_dir():
                found |= self._below(place, "" if len(self._places) == 1 else f"{place.as_posix().rstrip('/')}/")
            else:
                found |= self._single(place)
        return [found[name] for name in sorted(found)]

    def beside(self) -> list[SourceFile]:
        """The other ``*.yaml`` files in the folders of the single files: these may use their lists and macros."""
        found: dict[str, SourceFile] = {}
        for place in self._places:
            if place != STDIN and place.is_file():
                for other in sorted(place.parent.glob("*.yaml")):
                    if other not in self._places and not other.name.endswith(".test.yaml") and other.name[0] != ".":
                        found |= self._single(other)
        return list(found.values())

    def list_file(self, name: str, beside: str) -> SourceFile:
        """The file of a list, relative to the folder or to the rule file that names it."""
        root, prefix = self._roots[beside]
        for candidate in (Path(name), Path(beside.removeprefix(prefix)).parent / name):
            if candidate.is_absolute() or ".." in candidate.parts or "\0" in name:
                return SourceFile(name, "", "expected a path inside the rules folder")
            if os.path.lexists(root / candidate):
                return self._file(root, candidate.as_posix(), LARGEST_LIST, prefix)
        return SourceFile(name, "", "no such file in the rules folder")

    def _below(self, folder: Path, prefix: str) -> dict[str, SourceFile]:
        names = []
        for where, folders, files in os.walk(folder):
            below = Path(where).relative_to(folder)
            folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
            self.overlooked += [(below / name).as_posix() for name in folders if (Path(where) / name).is_symlink()]
            self.overlooked += [(below / name).as_posix() for name in files if _looks_like_rules(name)]
            names += [
                (below / name).as_posix()
                for name in files
                if name.endswith(".yaml") and not name.endswith(".test.yaml") and not name.startswith(".")
            ]
        for name in names:
            self._roots[f"{prefix}{name}"] = (folder, prefix)
        return {f"{prefix}{name}": self._file(folder, name, LARGEST_FILE, prefix) for name in names}

    def _single(self, path: Path) -> dict[str, SourceFile]:
        folder = path.parent
        prefix = "" if folder == Path() else f"{folder.as_posix().rstrip('/')}/"
        name = f"{prefix}{path.name}"
        self._roots[name] = (folder, prefix)
        return {name: self._file(folder, path.name, LARGEST_FILE, prefix)}

    def _file(self, root: Path, below: str, most: int, prefix: str) -> SourceFile:
        path, name = root / below, f"{prefix}{below}"
        try:
            if not path.resolve(strict=True).is_relative_to(root.resolve()):
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


def _looks_like_rules(name: str) -> bool:
    """Whether a file that is not read has the end of one that is, but for its letters."""
    return name.lower().endswith((".yml", ".yaml")) and not name.endswith(".yaml")
