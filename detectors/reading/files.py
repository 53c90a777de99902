"""Files that people write, as bytes, text and nodes, with the same error messages for all."""

from __future__ import annotations

from pathlib import Path

from detectors.reading.nodes import Node
from detectors.reading.parser import LARGEST_FILE, parse_yaml
from detectors.reading.problems import Problems


class UnreadableError(Exception):
    """A file without usable text: the message says why, ``line`` says where."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def read_bytes(path: Path, most: int) -> bytes:
    """The bytes of a file. Raises UnreadableError if missing, not permitted, not a file, or over ``most`` bytes."""
    try:
        if path.exists() and not path.is_file():  # reading a pipe or device might never end
            raise UnreadableError("expected a file")
        if path.stat().st_size > most:
            raise UnreadableError(f"larger than {most // 2**20} MB")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror or error}") from None


def decoded(raw: bytes) -> str:
    """Decode UTF-8, dropping a byte order mark. Raises UnreadableError."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("not UTF-8", raw.count(b"\n", 0, error.start) + 1) from None


def read_document(path: Path, problems: Problems) -> Node | None:
    """The YAML document of a file; None if empty or unusable (then ``problems`` says why)."""
    try:
        text = decoded(read_bytes(path, LARGEST_FILE))
    except UnreadableError as error:
        problems.error(Node(str(path), error.line, 1), "", str(error))
        return None
    return parse_yaml(text, str(path), problems)
