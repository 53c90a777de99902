"""The changelog of one partition on local disk, in RocksDB, so that a restart reads only what was written since.

A copy is the state of the log at its offset, exactly: facts, deletions and offset are written in one batch, after the
broker has acknowledged them. Whatever cannot be shown to be that is wiped and read anew, which costs time and nothing
else: another topic of the same name, a log that ends before the offset, a damaged database, a copy so old that the log
may have forgotten a deletion that it needs. Without a copy (no space left, held by another process) the worker goes on
in memory.

Faust has a RocksDB store of its own, which is not used: it writes the offset apart from the records, moves it for any
write of its own even where others wrote in between, closes nothing, and takes 2 GB of cache for each partition.
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

#: Key of what a copy says of itself; a rule's name begins with another character.
_LABEL = b"\0label"
_VERSION = 1
#: Another process of this machine that owned the partition until now lets go of it within so long (seconds).
LOCK_SECONDS = 5.0
_RETRY_SECONDS = 0.2
#: Records looked at before the event loop gets a turn.
_CHUNK = 2_000
_WRITE_BUFFER_BYTES = 4 * 1024 * 1024
_CACHE_BYTES = 8 * 1024 * 1024
_OPEN_FILES = 64

#: What RocksDB says where the folder is at fault, and the database may well be sound.
_NO_ROOM = ("No space left", "Disk quota", "Read-only file system", "Permission denied", "Too many open files")


class _Label(msgspec.Struct, frozen=True):
    """``topic``: the id that Kafka gave the topic; ``current_at``: Unix seconds, see :class:`LocalCopy`."""

    topic: str
    offset: int
    current_at: float
    version: int = _VERSION


class LocalCopy:
    """The records of one partition up to and including ``offset`` (-1: none), those that were not deleted.

    From ``current_at`` (Unix seconds) on, whatever was deleted of them can be read in the log, for as long as it keeps
    deletions: then the copy was at the log's end, or began. While a recovery reads old records it stays as it was.
    """

    def __init__(self, database: rocksdict.Rdict, topic: str, now: Callable[[], float]) -> None:
        self._database = database
        self._topic = topic
        self._now = now
        self.offset = -1
        self.current_at = now()
        self.closed = False

    def write(self, records: Sequence[Record], offset: int) -> None:
        """Take records that follow the newest in here, of which the last stands at ``offset``.

        Raises:
            CopyError: they could not be written, none of them.
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
        """Take records with their offsets, as the broker acknowledged them, where they follow without a gap.

        In a gap stands what another worker wrote, one that had not noticed yet that the partition moved. From there on
        nothing is taken: the next recovery reads the log from the gap on, in its order.

        Raises:
            CopyError: they could not be written, none of them.
        """
        following: list[Record] = []
        for offset, record in written:
            if offset == self.offset + 1 + len(following):
                following.append(record)
        if following:
            self.current_at = self._now()
            self.write(following, self.offset + len(following))

    def records(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """The records whose key begins with ``prefix``.

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
        """Let go of the files; safe to call more than once.

        What a damaged database cannot write any more is missing in the copy, and is read from the changelog again.
        """
        if self.closed:
            return
        self.closed = True
        try:
            self._database.close()
        except Exception as error:  # noqa: BLE001 - rocksdict raises nothing more precise
            logger.warning("a local copy was not closed in order: %s", str(error))  # the error holds it
        del self._database  # lets go of the files in any case


class LocalCopies:
    """The copies below ``folder``, one a partition.

    Args:
        folder: theirs alone.
        topic: the id of the changelog topic; empty where the broker has none, and no copy of an earlier process counts.
        longest_age: seconds after it was last at the log's end in which a copy counts; less than the log keeps
            deletions, by what clocks may differ.
        now: Unix seconds.
    """

    def __init__(self, folder: Path, topic: str, longest_age: float, now: Callable[[], float] = time) -> None:
        self._folder = folder
        self._topic = topic
        self._longest_age = longest_age
        self._now = now
        self._cache = rocksdict.Cache(_CACHE_BYTES)

    async def open(self, partition: int) -> LocalCopy | None:
        """The copy of a partition, empty where there was none that counts; None where none can be kept now."""
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
                logger.warning("partition %d goes on without a local copy: another process has %s", partition, folder)
                return None
            if any(reason in said for reason in _NO_ROOM):
                logger.error("partition %d goes on without a local copy in %s: %s", partition, folder, said)
                return None
            logger.error("the local copy in %s is damaged, the changelog is read anew: %s", folder, said)
            return self._renewed(partition, folder)

    def counts(self, copy: Copy) -> bool:
        """Whether an open copy may still be gone on from; one that met a gap grows old."""
        return not self._too_old(copy.current_at)

    def wipe(self, partition: int) -> None:
        """Delete the copy of a partition, which is closed.

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
        """An empty copy in place of one that does not belong to the log; None where none can be kept now."""
        folder = self._folder / str(partition)
        logger.warning("the local copy in %s goes further than the changelog, which is read anew", folder)
        copy.close()
        return self._renewed(partition, folder)

    def _renewed(self, partition: int, folder: Path) -> LocalCopy | None:
        try:
            self.wipe(partition)
            return self._open(folder)
        except CopyError as error:
            logger.error("partition %d goes on without a local copy in %s: %s", partition, folder, error)
            return None

    async def _checked(self, folder: Path) -> LocalCopy:
        copy = self._open(folder)
        try:
            label = self._label(copy)
            for number, _ in enumerate(copy.records()):  # every checksum
                if label is None:
                    raise CopyError("it does not say how far it goes")
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
        logger.warning("the local copy in %s does not count, the changelog is read anew: %s", folder, reason)
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
        """Why a copy does not count, None where it does."""
        if label.version != _VERSION:
            return f"it is of version {label.version}, not {_VERSION}"
        if not self._topic or label.topic != self._topic:
            return "the topic was made anew since"
        if self._too_old(label.current_at):
            age = self._now() - label.current_at
            return f"it was last complete {age:.0f} s ago, and the log keeps deletions for a time only"
        return None

    def _too_old(self, current_at: float) -> bool:
        return abs(self._now() - current_at) > self._longest_age


def _locked(said: str) -> bool:
    return "lock hold by current process" in said or "While lock file" in said
