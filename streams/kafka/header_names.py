"""Header names that are no UTF-8: kafka-python (3.0.12) takes the whole batch for corrupt, now and at every start.

Any client can send such a name, and other Kafka clients read it. Here it is read with escapes such as ``\\xff`` in the
place of what cannot be decoded. Pinned by tests/unit/streams/kafka/test_header_names.py.
"""

from __future__ import annotations

from typing import Any, SupportsIndex, overload

from kafka.record.default_records import DefaultRecordBatch


class _Lenient(bytes):
    """Bytes that decode with escapes, and whose parts do so too."""

    @overload
    def __getitem__(self, at: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> _Lenient: ...
    def __getitem__(self, at: SupportsIndex | slice) -> int | _Lenient:
        part = super().__getitem__(at)
        return _Lenient(part) if isinstance(part, bytes) else part

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The text; ``errors`` is not asked."""
        del errors
        return super().decode(encoding, "backslashreplace")


def install() -> None:
    """Patch kafka-python's batches, in this process."""
    read = DefaultRecordBatch._read_msg  # noqa: SLF001 - it has no public way
    if read.__name__ == "read_leniently":
        return

    def read_leniently(self: Any) -> Any:
        try:
            return read(self)
        except UnicodeDecodeError:  # nothing is passed over yet: the batch moves on once a record is read
            strict = self._buffer
            self._buffer = _Lenient(bytes(strict))
            try:
                return read(self)
            finally:
                self._buffer = strict

    DefaultRecordBatch._read_msg = read_leniently  # noqa: SLF001
