"""Packed files, unpacked while they are read: gzip, bzip2, xz, Zstandard, and the files of a zip archive."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import zstandard

#: A file that unpacks to more than this, and to more than so many times its size, is a bomb: text packs to a tenth.
MOST_FREE = 64 * 2**20
MOST_RATIO = 250
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zstd")
PACKING_ERRORS = (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, zipfile.BadZipFile, NotImplementedError)


class PackedFileError(ValueError):
    """A packed file that is damaged, or a bomb."""


class _Bounded(io.RawIOBase):
    """Counts what is unpacked, against what was read for it."""

    def __init__(self, unpacked: BinaryIO, packed: Callable[[], int]) -> None:
        self._unpacked = unpacked
        self._packed = packed
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._unpacked.read(len(buffer))
        except (*PACKING_ERRORS, OSError) as error:
            raise PackedFileError(f"cannot be unpacked: {error}") from None
        self._count += len(data)
        if self._count > MOST_FREE and self._count > MOST_RATIO * self._packed():
            raise PackedFileError(f"unpacks to more than {MOST_RATIO} times its size; expected articles")
        buffer[: len(data)] = data
        return len(data)


class _Counted(io.RawIOBase):
    """A stream that may be a pipe, and how much was read from it."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._count = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._count

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read1(len(buffer))
        self._count += len(data)
        buffer[: len(data)] = data
        return len(data)


def unpacked(name: str, stream: io.BufferedReader) -> Iterator[tuple[str, io.BufferedReader]]:
    """The files in a stream, with their names: itself if it is not packed, those of an archive one by one.

    Raises:
        PackedFileError: it is damaged, or a bomb; also while it is read.
    """
    head = stream.peek(8)[:8]
    if head.startswith(b"PK\x03\x04"):
        yield from _members(name, stream)
        return
    counted = _Counted(stream)
    packed = io.BufferedReader(counted)
    inner: BinaryIO
    if head.startswith(b"\x1f\x8b"):
        inner = gzip.GzipFile(fileobj=packed)  # type: ignore[assignment]
    elif head.startswith(b"BZh"):
        inner = bz2.BZ2File(packed)  # type: ignore[assignment]
    elif head.startswith(b"\xfd7zXZ\0"):
        inner = lzma.LZMAFile(packed)  # type: ignore[assignment]  # noqa: SIM115 - read by the caller
    elif head.startswith(b"\x28\xb5\x2f\xfd"):
        inner = zstandard.ZstdDecompressor(max_window_size=2**27).stream_reader(packed, read_across_frames=True)
    else:
        yield name, stream
        return
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    yield name, io.BufferedReader(_Bounded(inner, counted.tell))


def _members(name: str, stream: io.BufferedReader) -> Iterator[tuple[str, io.BufferedReader]]:
    if not stream.seekable():
        raise PackedFileError("is a zip archive on a pipe; expected a file")
    try:
        with zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                if member.is_dir() or member.filename.startswith("__MACOSX/"):
                    continue
                if member.file_size > MOST_FREE and member.file_size > MOST_RATIO * member.compress_size:
                    raise PackedFileError(f"{member.filename} unpacks to more than {MOST_RATIO} times its size")
                if member.flag_bits & 1:
                    raise PackedFileError(f"{member.filename} is encrypted")
                with archive.open(member) as inner:
                    size = member.compress_size
                    yield f"{name}/{member.filename}", io.BufferedReader(_Bounded(inner, lambda size=size: size))  # type: ignore[arg-type, misc]
    except (*PACKING_ERRORS, OSError) as error:
        raise PackedFileError(f"cannot be unpacked: {error}") from None
