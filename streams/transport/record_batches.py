"""Record batches as they come from Kafka, of which no record can stop the reading.

aiokafka decodes a fetched batch while the records are handed out; what it cannot decode (a header name that is no
UTF-8, a batch that does not unpack) it raises out of the fetch, at every start anew. Here such a batch is read record
by record, and what still cannot be read is handed out in its place as :class:`Undecodable`, so that it becomes a dead
letter with its offset and the records after it go on. Pinned by tests/unit/streams/transport/test_record_batches.py.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import aiokafka.consumer.fetcher as aiokafka_fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

from streams.transport import compression

logger = logging.getLogger(__name__)

_BATCH_LENGTH_OFFSET = 8
_LOG_OVERHEAD = 12  # bytes before what the length counts
_MAGIC_OFFSET = 16
#: Base offset, then from byte 21: attributes, last offset delta, first and max timestamp; records from byte 61 on.
_HEADER = struct.Struct(">q13xhiqq14xi")
_COMPRESSION = 0x07
_LOG_APPEND_TIME = 0x08
_UNPACK: dict[int, Callable[[memoryview], bytes]] = {
    0: bytes,
    1: compression.unpack,
    2: compression.unpack_snappy,
    3: compression.unpack_lz4,
    4: compression.unpack_zstd,
}


class Undecodable(bytes):
    """The value of a record that could not be decoded: empty, with the reason and about how many bytes it has.

    A class of its own, since no client can send one.
    """

    reason: str
    size: int

    def __new__(cls, reason: str, size: int) -> Undecodable:
        """An empty value that says why."""
        made = super().__new__(cls)
        made.reason = reason
        made.size = size
        return made


class Record(NamedTuple):
    """A record as aiokafka's own batches give it."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    checksum: None = None


class _Batch:
    """One batch of aiokafka's, and its bytes."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        following = self._batch.base_offset
        try:
            for record in self._batch:
                following = record.offset + 1
                yield record
        except Exception as error:  # noqa: BLE001 - the record is at fault, whatever the library makes of it
            for one in _one_by_one(self._raw, self._batch, error):
                if one.offset >= following:
                    yield one


def _one_by_one(raw: memoryview, batch: Any, error: Exception) -> Iterator[Record]:
    """The records of a batch, each apart; :class:`Undecodable` for those that cannot be read."""
    base, attributes, last_delta, first_time, max_time, count = _HEADER.unpack_from(raw)
    logged = attributes & _LOG_APPEND_TIME
    time = max_time if logged else first_time
    kind = int(bool(logged))

    def undecodable(offset: int, reason: Exception, size: int) -> Record:
        said = f"{type(reason).__qualname__}: {reason}"
        logger.error("a record at offset %d cannot be decoded: %s", offset, said)
        return Record(offset, time, kind, None, Undecodable(said, size), [])

    try:
        if raw[_MAGIC_OFFSET] < 2:
            raise error
        content = _UNPACK[attributes & _COMPRESSION](raw[_HEADER.size :])
    except Exception as reason:  # noqa: BLE001
        for offset in range(batch.base_offset, batch.next_offset):
            yield undecodable(offset, reason, max(len(raw) // max(count, 1), 1))
        return
    place, offset = 0, base - 1
    for _ in range(count):
        length = 1
        try:
            length, start = decode_varint(content, place)
            place = start + length
            record = _record(content, start, place, base, None if logged else first_time, max_time)
        except Exception as reason:  # noqa: BLE001
            offset += 1  # its own offset may be what cannot be read
            if offset > base + last_delta:
                return
            yield undecodable(offset, reason, length)
        else:
            offset = record.offset
            yield record


def _record(content: bytes, start: int, end: int, base: int, first_time: int | None, max_time: int) -> Record:
    place = start + 1  # attributes, which are unused
    time_delta, place = decode_varint(content, place)
    offset_delta, place = decode_varint(content, place)
    key, place = _field(content, place, end)
    value, place = _field(content, place, end)
    count, place = decode_varint(content, place)
    headers: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        name, place = _field(content, place, end)
        header, place = _field(content, place, end)
        headers.append(((name or b"").decode("utf-8", "backslashreplace"), header))
    if place != end:
        raise ValueError(f"the record's length is {end - start}, its fields have {place - start} bytes")
    timed = max_time if first_time is None else first_time + time_delta
    return Record(base + offset_delta, timed, int(first_time is None), key, value, headers)


def _field(content: bytes, place: int, end: int) -> tuple[bytes | None, int]:
    length, place = decode_varint(content, place)
    if length < 0:
        return None, place
    if place + length > end:
        raise ValueError("a field that is longer than its record")
    return bytes(content[place : place + length]), place + length


class TolerantRecords:
    """What a fetch brought of one partition; in place of aiokafka's ``MemoryRecords``."""

    def __init__(self, raw: bytes) -> None:
        self._records = MemoryRecords(raw)
        self._raw = memoryview(raw)
        self._place = 0

    def has_next(self) -> bool:
        """Whether there is another whole batch."""
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        """Bytes of all batches."""
        return int(self._records.size_in_bytes())

    def next_batch(self) -> _Batch | None:
        """The next batch, None after the last."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        (length,) = struct.unpack_from(">i", self._raw, self._place + _BATCH_LENGTH_OFFSET)
        end = self._place + _LOG_OVERHEAD + length
        raw, self._place = self._raw[self._place : end], end
        return _Batch(batch, raw)


def install() -> None:
    """Make aiokafka's fetcher read by this module, in the whole process."""
    aiokafka_fetcher.MemoryRecords = TolerantRecords
