"""The characters of a feed: which encoding it is in, and numbers that are no characters."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBERED = re.compile(rb"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?")
#: An emoji as two halves of UTF-16, each a number of its own.
_HALVES = re.compile(
    rb"&#(?:[xX]([dD][89abAB][0-9a-fA-F]{2})|(5[56][0-9]{3}));&#(?:[xX]([dD][c-fC-F][0-9a-fA-F]{2})|(5[67][0-9]{3}));"
)
_REPLACEMENT = b"&#xFFFD;"


def characters_only(content: bytes) -> bytes:
    """The document with numbers of no character replaced: feedparser (#591, #599) fails on them as a whole."""
    return _NUMBERED.sub(_character, _HALVES.sub(_joined, content))


def _code(hexadecimal: bytes | None, decimal: bytes | None) -> int:
    digits = hexadecimal or decimal or b""
    return int(digits, 16 if hexadecimal else 10) if len(digits) <= 8 else 0x110000


def _joined(found: re.Match[bytes]) -> bytes:
    high, low = _code(found[1], found[2]), _code(found[3], found[4])
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return found[0]
    return b"&#x%X;" % (0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


def _character(found: re.Match[bytes]) -> bytes:
    code = _code(found[1], found[2])
    return found[0] if code < 0x110000 and not 0xD800 <= code < 0xE000 else _REPLACEMENT


def content_headers(content: bytes, url: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that feedparser reads: where the document is, its type with the charset, its language.

    A document that is valid UTF-8 with other letters than ASCII is UTF-8, whatever a server's default says; else the
    header goes before the document's own declaration (RFC 7303).
    """
    given = {name.lower(): value for name, value in headers.items()}
    found = {"content-location": url}
    if language := given.get("content-language"):
        found["content-language"] = language
    kind = given.get("content-type", "")
    if not content.isascii() and _is_utf8(content):
        kind = "application/xml; charset=utf-8"
    if kind:
        found["content-type"] = kind
    return found


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
