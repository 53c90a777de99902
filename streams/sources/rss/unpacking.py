"""Packed answers of HTTP, unpacked up to a size: a bomb is refused before it takes memory."""

from __future__ import annotations

import zlib

#: Content-Encoding as servers write it, and zlib's window for each.
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_GZIP = b"\x1f\x8b"


class UnpackingError(ValueError):
    """Content that is too large unpacked, damaged, or packed in another way; the message says so."""


def unpacked(content: bytes, encoding: str, most: int) -> bytes:
    """The content without its ``Content-Encoding``; a gzip file is unpacked without one.

    Args:
        encoding: the header, possibly several names; "" for none.
        most: the largest result, in bytes.

    Raises:
        UnpackingError: it cannot be unpacked to at most ``most`` bytes.
    """
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in {"", "identity"}:
            continue
        if name not in _WINDOWS:
            raise UnpackingError(f"packed with {name[:40]!r}; expected gzip, deflate or nothing")
        if name != "deflate" and not content.startswith(_GZIP):
            continue  # the header says so, and it is not: served as it is by some
        content = _unpacked(content, _WINDOWS[name], most)
    return _unpacked(content, _WINDOWS["gzip"], most) if content.startswith(_GZIP) else content


def _unpacked(content: bytes, window: int, most: int) -> bytes:
    try:
        return _members(content, window, most)
    except zlib.error as error:
        if window == _WINDOWS["deflate"]:
            try:
                return _members(content, -15, most)  # many servers send deflate without zlib's header
            except zlib.error:
                pass
        raise UnpackingError(f"cannot be unpacked: {error}") from None


def _members(content: bytes, window: int, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while content:
        unpacker = zlib.decompressobj(window)
        parts.append(unpacker.decompress(content, most - size + 1))
        size += len(parts[-1])
        if size > most:
            raise UnpackingError(f"larger than {most // 2**20} MB unpacked")
        if not unpacker.eof:
            raise UnpackingError("ended within its packed content")
        content = unpacker.unused_data if unpacker.unused_data.startswith(_GZIP) else b""
    return b"".join(parts)
