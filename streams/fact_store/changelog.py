"""Records of the changelog, and what a copy of them on local disk offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

Record = tuple[bytes, bytes | None]
"""Key and value of a changelog record; None deletes."""

#: Beginning of the changelog keys of a partition's progress; no rule's name begins so.
PROGRESS = b"~progress "


class CopyError(Exception):
    """The copy cannot be read or written; the message is RocksDB's."""


class Copy(Protocol):
    """The records of one partition on local disk; every method raises CopyError where the disk fails."""

    offset: int
    current_at: float
    closed: bool

    def records(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The records whose key begins with ``prefix``."""

    def write(self, records: Sequence[Record], offset: int) -> None:
        """Take records that follow the newest in here, of which the last stands at ``offset``."""

    def append(self, written: Sequence[tuple[int, Record]]) -> None:
        """Take records with their offsets, where they follow without a gap."""

    def close(self) -> None:
        """Let go of the files."""
