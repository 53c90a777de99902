"""Batches that aiokafka cannot decode: what can be read is, and the rest is handed out with its offset."""

from __future__ import annotations

from typing import Any

import aiokafka.consumer.fetcher as fetcher
import pytest
from aiokafka.structs import TopicPartition
from kafka.record.default_records import DefaultRecordBatchBuilder

from streams.transport import compression, record_batches
from streams.transport.record_batches import Undecodable

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
CODECS = pytest.mark.parametrize(
    "codec", [NONE, GZIP, SNAPPY, LZ4, ZSTD], ids=["none", "gzip", "snappy", "lz4", "zstd"]
)
PACKED = pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD], ids=["gzip", "snappy", "lz4", "zstd"])
NAME = b"header-name"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)
    compression.install()
    record_batches.install()


def batch(values: list[bytes], codec: int = NONE, base: int = 0) -> bytes:
    """A record batch as kafka-python sends it; each record has a header."""
    made = DefaultRecordBatchBuilder(
        magic=2, compression_type=codec, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=10**8,
    )  # fmt: skip
    for offset, value in enumerate(values):
        made.append(
            offset, timestamp=1_700_000_000_000 + offset, key=b"k", value=value, headers=[(NAME.decode(), b"v")]
        )
    built = bytearray(made.build())
    built[:8] = base.to_bytes(8, "big")
    return bytes(built)


def fetched(raw: bytes, offset: int = 0) -> list[Any]:
    """What aiokafka makes of a fetch."""
    records = fetcher.PartitionRecords(
        TopicPartition("articles", 3), fetcher.MemoryRecords(raw), [], offset, None, None, False, 0
    )
    return list(records)


def values(records: list[Any]) -> list[Any]:
    return [None if isinstance(record.value, Undecodable) else record.value for record in records]


@CODECS
def test_every_codec_of_the_record_format_is_read(codec: int) -> None:
    sent = [b"one" * 1000, b"two", b""]
    records = fetched(batch(sent, codec) + batch([b"four"], codec, base=3))
    assert values(records) == [*sent, b"four"]
    assert [record.offset for record in records] == [0, 1, 2, 3]


def test_a_header_name_that_is_no_utf8_costs_its_name() -> None:
    raw = batch([b"one", b"two", b"three"])
    place = raw.index(NAME, raw.index(NAME) + 1)
    broken = raw[:place] + b"\xff\xfe" + raw[place + 2 :]
    records = fetched(broken)
    assert values(records) == [b"one", b"two", b"three"]
    assert records[1].headers == (("\\xff\\xfeader-name", b"v"),)
    assert [record.timestamp for record in records] == [1_700_000_000_000 + number for number in range(3)]
    assert [record.key for record in records] == [b"k"] * 3


def test_a_record_that_is_broken_costs_itself() -> None:
    raw = batch([b"one", b"two", b"three"])
    place = raw.index(NAME, raw.index(NAME) + 1) - 1
    broken = raw[:place] + b"\x7e" + raw[place + 1 :]  # a header longer than its record
    records = fetched(broken)
    assert values(records) == [b"one", None, b"three"]
    assert records[1].offset == 1
    assert "longer than its record" in records[1].value.reason


@PACKED
def test_a_batch_that_does_not_unpack_costs_its_records(codec: int) -> None:
    raw = bytearray(batch([b"one" * 100, b"two" * 100], codec))
    raw[61:] = b"\x00" * len(raw[61:])
    records = fetched(bytes(raw) + batch([b"next"], codec, base=2))
    assert values(records) == [None, None, b"next"]
    assert [record.offset for record in records] == [0, 1, 2]
    assert all(record.value.reason and record.value.size > 0 for record in records[:2])


@PACKED
def test_a_batch_that_unpacks_to_too_much_costs_its_records(codec: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "MAX_UNPACKED_BYTES", 100_000)
    records = fetched(batch([b"x" * 90_000, b"y" * 90_000], codec) + batch([b"next"], codec, base=2))
    assert values(records) == [None, None, b"next"]
    assert "TooLargeUnpackedError: unpacks to more than 100000 bytes" in records[0].value.reason


def test_reading_goes_on_from_the_middle_of_a_batch() -> None:
    raw = batch([b"one", b"two", b"three"])
    place = raw.index(NAME)
    broken = raw[:place] + b"\xff" + raw[place + 1 :]
    assert values(fetched(broken, offset=2)) == [b"three"]
