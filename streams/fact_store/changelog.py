"""Records of the changelog, and the interface of a local copy of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

Record = tuple[bytes, bytes | None]
"""Key and value of a changelog record; a value of None deletes the key."""

#: Prefix of the changelog keys of a partition's progress; no rule name begins with it.
PROGRESS = b"~progress "


class CopyError(Exception):
    """The copy cannot be read or written; the message is RocksDB's."""


class Copy(Protocol):
    """The records of one partition on local disk; every method raises CopyError if the disk fails."""

    offset: int
    current_at: float
    closed: bool

    def records(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The records whose key begins with ``prefix``."""

    def write(self, records: Sequence[Record], offset: int) -> None:
        """Add records that follow the newest one; the last has ``offset``."""

    def append(self, written: Sequence[tuple[int, Record]]) -> None:
        """Add records with their offsets, as far as they follow without a gap."""

    def close(self) -> None:
        """Close the files."""
