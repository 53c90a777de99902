"""The changelog of one partition on local disk, in RocksDB, so that a restart reads only what was written since.

A copy is exactly the state of the log at its offset: facts, deletions and offset are written in one batch, after the
broker has acknowledged them. A copy that does not match Kafka is deleted and rebuilt, which costs only time: another
topic of the same name, a log that ends before the offset, a damaged database, a copy so old that the log may have
dropped a tombstone that it needs. Without a copy (disk full, held by another process) the worker continues in memory.

Faust's own RocksDB store is not used: it writes the offset separately from the records, advances it for any write of
its own even if others wrote in between, closes nothing, and takes 2 GB of cache for each partition.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic, time

import msgspec
import rocksdict

from streams.fact_store.changelog import Copy, CopyError, Record

logger = logging.getLogger(__name__)

#: Key of a copy's label; rule names begin with other characters.
_LABEL = b"\0label"
_VERSION = 1
#: Timeout for the partition's previous owner, a process on this machine, to release its copy (seconds).
LOCK_SECONDS = 5.0
_RETRY_SECONDS = 0.2
#: Number of records to check before yielding to the event loop.
_CHUNK = 2_000
_WRITE_BUFFER_BYTES = 4 * 1024 * 1024
_CACHE_BYTES = 8 * 1024 * 1024
_OPEN_FILES = 64

#: RocksDB errors caused by the folder; the database itself may be intact.
_NO_ROOM = ("No space left", "Disk quota", "Read-only file system", "Permission denied", "Too many open files")


class _Label(msgspec.Struct, frozen=True):
    """``topic``: the id that Kafka gave the topic; ``current_at``: Unix seconds, see :class:`LocalCopy`."""

    topic: str
    offset: int
    current_at: float
    version: int = _VERSION


class LocalCopy:
    """The records of one partition up to and including ``offset`` (-1: none), without deleted ones.

    ``current_at`` (Unix seconds) is when the copy was last at the log's end, or was created. The log has all deletions
    since then while it keeps their tombstones. It does not change while a recovery reads old records.
    """

    def __init__(self, database: rocksdict.Rdict, topic: str, now: Callable[[], float]) -> None:
        self._database = database
        self._topic = topic
        self._now = now
        self.offset = -1
        self.current_at = now()
        self.closed = False

    def write(self, records: Sequence[Record], offset: int) -> None:
        """Add records that follow the newest one; the last has ``offset``.

        Raises:
            CopyError: the write failed; none of the records is written.
        """
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in records:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(_LABEL, msgspec.json.encode(_Label(self._topic, offset, self.current_at)))
        try:
            self._database.write(batch)
        except Exception as error:  # noqa: BLE001 - rocksdict raises nothing more precise
            raise CopyError(str(error)) from None
        self.offset = offset

    def append(self, written: Sequence[tuple[int, Record]]) -> None:
        """Add records with their offsets, as the broker acknowledged them, as far as they follow without a gap.

        A gap holds records of another worker that had not yet noticed that the partition moved. Nothing is added after
        a gap: the next recovery reads the log from there, in order.

        Raises:
            CopyError: the write failed; none of the records is written.
        """
        following: list[Record] = []
        for offset, record in written:
            if offset == self.offset + 1 + len(following):
                following.append(record)
        if following:
            self.current_at = self._now()
            self.write(following, self.offset + len(following))

    def records(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The records whose keys begin with ``prefix``.

        Raises:
            CopyError: the database is damaged.
        """
        found = self._database.iter()
        found.seek(prefix or _LABEL + b"\0")
        try:
            while found.valid():
                key = found.key()
                if not key.startswith(prefix):
                    return
                yield key, found.value()
                found.next()
            found.status()
        except Exception as error:  # noqa: BLE001 - rocksdict raises nothing more precise
            raise CopyError(str(error)) from None

    def close(self) -> None:
        """Close the files; safe to call more than once.

        The copy lacks what a damaged database can no longer write; it is read from the changelog again.
        """
        if self.closed:
            return
        self.closed = True
        try:
            self._database.close()
        except Exception as error:  # noqa: BLE001 - rocksdict raises nothing more precise
            logger.warning("a local copy was not closed cleanly: %s", str(error))  # the error refers to the database
        del self._database  # closes the files in any case


class LocalCopies:
    """The copies below ``folder``, one a partition.

    Args:
        folder: used for nothing else.
        topic: the id of the changelog topic; empty if the broker has none: no copy of an earlier process is then valid.
        longest_age: how long after it was last at the log's end a copy stays valid (seconds); shorter than the log
            keeps tombstones, by the possible difference between clocks.
        now: Unix seconds.
    """

    def __init__(self, folder: Path, topic: str, longest_age: float, now: Callable[[], float] = time) -> None:
        self._folder = folder
        self._topic = topic
        self._longest_age = longest_age
        self._now = now
        self._cache = rocksdict.Cache(_CACHE_BYTES)

    async def open(self, partition: int) -> LocalCopy | None:
        """Open the copy of a partition, empty if there was no valid one; None if no copy is possible now."""
        folder = self._folder / str(partition)
        deadline = monotonic() + LOCK_SECONDS
        while True:
            try:
                return await self._checked(folder)
            except CopyError as error:
                said = str(error)
            if _locked(said):
                if monotonic() < deadline:
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                logger.warning("partition %d continues in memory: another process holds %s", partition, folder)
                return None
            if any(reason in said for reason in _NO_ROOM):
                logger.error("partition %d continues in memory without a copy in %s: %s", partition, folder, said)
                return None
            logger.error("the local copy in %s is damaged, reading the whole changelog: %s", folder, said)
            return self._renewed(partition, folder)

    def counts(self, copy: Copy) -> bool:
        """Whether an open copy is still valid; one with a gap expires."""
        return not self._too_old(copy.current_at)

    def wipe(self, partition: int) -> None:
        """Delete the closed copy of a partition.

        Raises:
            CopyError: its files cannot be deleted.
        """
        try:
            shutil.rmtree(self._folder / str(partition))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise CopyError(str(error)) from None

    def renewed(self, partition: int, copy: LocalCopy) -> LocalCopy | None:
        """Replace a copy that does not belong to the log by an empty one; None if no copy is possible now."""
        folder = self._folder / str(partition)
        logger.warning("the local copy in %s is ahead of the changelog, reading the whole changelog", folder)
        copy.close()
        return self._renewed(partition, folder)

    def _renewed(self, partition: int, folder: Path) -> LocalCopy | None:
        try:
            self.wipe(partition)
            return self._open(folder)
        except CopyError as error:
            logger.error("partition %d continues in memory without a copy in %s: %s", partition, folder, error)
            return None

    async def _checked(self, folder: Path) -> LocalCopy:
        copy = self._open(folder)
        try:
            label = self._label(copy)
            for number, _ in enumerate(copy.records()):  # reading checks every checksum
                if label is None:
                    raise CopyError("it does not have an offset")
                if number % _CHUNK == 0:
                    await asyncio.sleep(0)
        except BaseException:
            copy.close()
            raise
        if label is None:
            return copy
        reason = self._doubt(label)
        if reason is None:
            copy.offset, copy.current_at = label.offset, label.current_at
            return copy
        copy.close()
        logger.warning("the local copy in %s is not valid, reading the whole changelog: %s", folder, reason)
        self.wipe(int(folder.name))
        return self._open(folder)

    def _open(self, folder: Path) -> LocalCopy:
        options = rocksdict.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
        options.set_max_open_files(_OPEN_FILES)
        options.set_keep_log_file_num(2)
        options.set_compression_type(rocksdict.DBCompressionType.lz4())
        options.set_wal_recovery_mode(rocksdict.DBRecoveryMode.point_in_time())
        blocks = rocksdict.BlockBasedOptions()
        blocks.set_block_cache(self._cache)
        options.set_block_based_table_factory(blocks)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return LocalCopy(rocksdict.Rdict(str(folder), options), self._topic, self._now)
        except Exception as error:  # noqa: BLE001 - rocksdict raises nothing more precise
            raise CopyError(str(error)) from None

    @staticmethod
    def _label(copy: LocalCopy) -> _Label | None:
        for key, value in copy.records(_LABEL):
            if key == _LABEL:
                try:
                    return msgspec.json.decode(value, type=_Label)
                except msgspec.MsgspecError as error:
                    raise CopyError(f"its label: {error}") from None
        return None

    def _doubt(self, label: _Label) -> str | None:
        """Why a copy is not valid, None if it is."""
        if label.version != _VERSION:
            return f"it has version {label.version}, expected {_VERSION}"
        if not self._topic or label.topic != self._topic:
            return "the topic was recreated since"
        if self._too_old(label.current_at):
            age = self._now() - label.current_at
            return f"it was last complete {age:.0f} s ago, and the log keeps tombstones only for a limited time"
        return None

    def _too_old(self, current_at: float) -> bool:
        return abs(self._now() - current_at) > self._longest_age


def _locked(said: str) -> bool:
    return "lock hold by current process" in said or "While lock file" in said
