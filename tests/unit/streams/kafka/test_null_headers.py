"""A header without a value goes through kafka-python's producer, and stays without one."""

import pytest
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from streams.kafka import null_headers
from streams.records.cloudevents import Headers


@pytest.mark.parametrize("compression", [0, 1], ids=["none", "gzip"])
@pytest.mark.parametrize(
    "headers", [[], [("null", None)], [("a", b"1"), ("empty", b""), ("null", None), ("null", b"x")]], ids=len
)
def test_headers_are_sent_as_they_are(compression: int, headers: Headers) -> None:
    null_headers.install()
    null_headers.install()  # a second time does nothing
    given = null_headers.sendable(headers)
    assert all(isinstance(value, bytes) for _, value in given)
    builder = MemoryRecordsBuilder(2, compression, 10_000)
    for _ in range(2):
        assert builder.append(timestamp=5, key=b"k", value=b"v", headers=given) is not None
    builder.close()
    read = [record.headers for batch in MemoryRecords(builder.buffer()) for record in batch]
    assert read == [headers, headers]
