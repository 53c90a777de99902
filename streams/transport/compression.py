"""Compression of what the worker sends and reads: every codec of Kafka's records, with a bound on what it unpacks.

The worker sends gzip, which every Kafka client reads, by Intel's library: aiokafka packs at zlib's level 9 and has no
setting for it, which took 7% of a worker's time. ISA-L's level 2 packs enriched articles sixteen times as fast, a ninth
larger.

Producers, topics and brokers choose the codec of what is read. A packed record of 1 MB may unpack to 1 GB: unpacking
stops at ``MAX_UNPACKED_BYTES``, and the batch's records become dead letters (module ``record_batches``).
"""

from __future__ import annotations

import struct
import sys

import cramjam
import lz4.frame
import zstandard
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatch
from isal import igzip, isal_zlib

#: The algorithm's name in Kafka's and Faust's settings.
CODEC = "gzip"
LEVEL = 2
#: What one record batch may hold when it is unpacked. Brokers take 8 MB of ours packed; news packs to about a fourth.
MAX_UNPACKED_BYTES = 64 * 1024 * 1024

Data = bytes | bytearray | memoryview

_GZIP = 31  # window bits: the largest window, with a gzip header
_WINDOW_BYTES = 64 * 1024 * 1024  # Zstandard's memory beside the content
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES = 16


class TooLargeUnpackedError(ValueError):
    """A record batch unpacks to more than a worker should hold."""

    def __init__(self) -> None:
        super().__init__(f"unpacks to more than {MAX_UNPACKED_BYTES} bytes")


def install() -> None:
    """Make aiokafka pack and unpack by this module, in the whole process.

    aiokafka names these functions in the module of its batches, compiled or not. Pinned by
    tests/unit/streams/transport/test_compression.py.
    """
    sys.modules[DefaultRecordBatchBuilder.__module__].gzip_encode = pack  # type: ignore[attr-defined]
    for kind in (DefaultRecordBatch, LegacyRecordBatch):
        sys.modules[kind.__module__].gzip_decode = unpack  # type: ignore[attr-defined]
        sys.modules[kind.__module__].snappy_decode = unpack_snappy  # type: ignore[attr-defined]
        sys.modules[kind.__module__].lz4_decode = unpack_lz4  # type: ignore[attr-defined]
    sys.modules[DefaultRecordBatch.__module__].zstd_decode = unpack_zstd  # type: ignore[attr-defined]


def pack(data: Data) -> bytes:
    """One gzip member."""
    packed: bytes = igzip.compress(data, LEVEL, mtime=0)
    return packed


def unpack(data: Data) -> bytes:
    """The content of all gzip members.

    Raises:
        TooLargeUnpackedError: it is more than ``MAX_UNPACKED_BYTES``.
        ValueError: it is not gzip, or ends early.
    """
    parts: list[bytes] = []
    left = MAX_UNPACKED_BYTES
    rest = bytes(data)
    while rest:
        member = isal_zlib.decompressobj(_GZIP)
        try:
            part: bytes = member.decompress(rest, left + 1)
        except isal_zlib.error as error:  # type: ignore[misc]  # an exception class, whatever the stub says
            raise ValueError(f"not gzip: {error}") from None
        left -= len(part)
        if left < 0:
            raise TooLargeUnpackedError
        if not member.eof:
            raise ValueError("gzip that ends early")
        parts.append(part)
        rest = member.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)


def unpack_snappy(data: Data) -> bytes:
    """The content of snappy, as one block or in the frames of Java's client (xerial).

    Raises:
        TooLargeUnpackedError: it is more than ``MAX_UNPACKED_BYTES``.
        ValueError: it is not snappy, or ends early.
    """
    raw = bytes(data)
    if not raw.startswith(_XERIAL):
        return _snappy_block(raw, MAX_UNPACKED_BYTES)
    parts: list[bytes] = []
    left = MAX_UNPACKED_BYTES
    place = _XERIAL_HEADER_BYTES
    while place < len(raw):
        if place + 4 > len(raw):
            raise ValueError("snappy that ends early")
        (size,) = struct.unpack_from(">i", raw, place)
        place += 4
        if size < 0 or place + size > len(raw):
            raise ValueError("snappy that ends early")
        parts.append(_snappy_block(raw[place : place + size], left))
        left -= len(parts[-1])
        place += size
    return b"".join(parts)


def _snappy_block(block: bytes, most: int) -> bytes:
    try:
        if cramjam.snappy.decompress_raw_len(block) > most:
            raise TooLargeUnpackedError
        return bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError as error:
        raise ValueError(f"not snappy: {error}") from None


def unpack_lz4(data: Data) -> bytes:
    """The content of an LZ4 frame.

    Raises:
        TooLargeUnpackedError: it is more than ``MAX_UNPACKED_BYTES``.
        ValueError: it is not LZ4, or ends early.
    """
    frame = lz4.frame.LZ4FrameDecompressor()
    try:
        content: bytes = frame.decompress(bytes(data), max_length=MAX_UNPACKED_BYTES + 1)
    except RuntimeError as error:
        raise ValueError(f"not LZ4: {error}") from None
    if len(content) > MAX_UNPACKED_BYTES:
        raise TooLargeUnpackedError
    if not frame.eof:
        raise ValueError("LZ4 that ends early")
    return content


def unpack_zstd(data: Data) -> bytes:
    """The content of all Zstandard frames.

    Raises:
        TooLargeUnpackedError: it is more than ``MAX_UNPACKED_BYTES``.
        ValueError: it is not Zstandard, or ends early.
    """
    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).stream_reader(
        bytes(data), read_across_frames=True
    )
    try:
        content: bytes = reader.read(MAX_UNPACKED_BYTES + 1)
    except zstandard.ZstdError as error:
        raise ValueError(f"not Zstandard: {error}") from None
    if len(content) > MAX_UNPACKED_BYTES:
        raise TooLargeUnpackedError
    return content
