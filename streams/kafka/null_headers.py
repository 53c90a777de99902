"""Headers without a value, which Kafka tells from empty ones: kafka-python (3.0.12) reads them, but sends none.

Its record builder knows them, but the producer in front of it takes only bytes. Here a value that stands for none goes
through the producer, and the builder writes none. Pinned by tests/unit/streams/kafka/test_null_headers.py.
"""

from __future__ import annotations

from typing import Any

from kafka.record.default_records import DefaultRecordBatchBuilder

from streams.records.cloudevents import Headers


class _Null(bytes):
    """A header's missing value, in a form that kafka-python accepts."""


_NULL = _Null()


def sendable(headers: Headers) -> list[tuple[str, bytes]]:
    """The headers as kafka-python's producer takes them."""
    return [(name, _NULL if value is None else value) for name, value in headers]


def install() -> None:
    """Patch kafka-python's record builder, in this process."""
    append = DefaultRecordBatchBuilder.append
    if append.__name__ == "append_with_nulls":
        return

    def append_with_nulls(self: Any, offset: int, timestamp: int, key: Any, value: Any, headers: Any) -> Any:
        if any(part is _NULL for _, part in headers):
            headers = [(name, None if part is _NULL else part) for name, part in headers]
        return append(self, offset, timestamp, key, value, headers)

    DefaultRecordBatchBuilder.append = append_with_nulls
