"""Text from anywhere, made harmless for a terminal and for a line of a log: what cannot be seen becomes visible.

Articles, feeds' servers, file names and other programs' records choose such characters: to move the cursor, to set the
window's title, to show a headline backwards, or to begin what looks like a line of its own.
"""

from __future__ import annotations

import re

#: Control characters (C0 without tab and line feed, DEL, C1), line and paragraph separators, marks and overrides of
#: direction, tags, and lone surrogates, which no output can encode.
_UNSAFE = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f"
)
_TEXT = re.compile(f"[{_UNSAFE}]")


def escaped(text: str) -> str:
    """The text with a symbol or an escape such as ``\\u202e`` for each character that a terminal would obey.

    Tabs and line feeds are kept.
    """
    return text if text.isascii() and text.isprintable() else _TEXT.sub(_shown, text)


def escaped_json(encoded: bytes) -> bytes:
    """The same JSON, with escapes for the characters that a terminal would obey; readers get the same strings."""
    if encoded.isascii() and b"\x7f" not in encoded:  # JSON itself escapes other control characters
        return encoded
    return _TEXT.sub(_in_json, encoded.decode()).encode()


def _shown(found: re.Match[str]) -> str:
    code = ord(found.group())
    if code < 0x20:
        return chr(0x2400 + code)  # the symbols of control characters, U+2400 and the following
    if code == 0x7F:
        return "\u2421"
    return f"\\x{code:02x}" if code < 0x100 else _in_json(found) if code < 0x10000 else f"\\U{code:08x}"


def _in_json(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
