"""A header name that is no UTF-8 is read, and costs neither its record nor its batch."""

import pytest
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords

from streams.kafka import header_names


class Name(str):
    """A header name that is written as these bytes."""

    written: bytes

    def __new__(cls, written: bytes) -> "Name":
        made = super().__new__(cls, written.decode("latin-1"))
        made.written = written
        return made

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self.written


def batch(compression: int) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=compression,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=10_000,
    )
    for offset, name in enumerate((b"good", b"\xff\xfe", b"caf\xc3\xa9 \xe9", b"good")):
        builder.append(offset, timestamp=5, key=b"k", value=b"v%d" % offset, headers=[(Name(name), b"x")])
    return bytes(builder.build())


@pytest.mark.parametrize("compression", [0, 1, 2, 3, 4], ids=["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_record_of_the_batch_is_read(compression: int) -> None:
    header_names.install()
    found = list(MemoryRecords(batch(compression)).next_batch())
    assert [(record.offset, record.value) for record in found] == [(n, b"v%d" % n) for n in range(4)]
    assert [record.headers for record in found] == [
        [("good", b"x")],
        [("\\xff\\xfe", b"x")],
        [("café \\xe9", b"x")],
        [("good", b"x")],
    ]


def test_what_is_corrupt_stays_so() -> None:
    header_names.install()
    raw = bytearray(batch(0))
    raw[-2] = 0x10  # the length of the last header's value
    with pytest.raises(CorruptRecordError):
        list(MemoryRecords(bytes(raw)).next_batch())
