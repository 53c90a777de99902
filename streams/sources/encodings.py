"""The character encoding of a file: UTF-8, else what its mark says, else what its bytes are most like."""

from __future__ import annotations

import codecs
import logging

#: How much of a file is looked at (bytes).
SAMPLE = 256 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

logger = logging.getLogger(__name__)


def encoding_of(content: bytes, name: str) -> str | None:
    """The encoding of a file or of its beginning, None if nothing fits. What is not UTF-8 is told.

    Args:
        name: the file's, for the message.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    sample = content[:SAMPLE]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=len(sample) == len(content))
    except UnicodeDecodeError:
        pass
    else:
        if b"\0" not in sample:
            return "utf-8"
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    if best is None:
        return None
    logger.warning("%s: is not UTF-8; read as %s", name, best.encoding)
    return str(best.encoding)


def decoded(content: bytes, name: str) -> str | None:
    """The content as text, None if no encoding fits all of it."""
    encoding = encoding_of(content, name)
    try:
        return None if encoding is None else content.decode(encoding)
    except (UnicodeError, LookupError):
        return None
