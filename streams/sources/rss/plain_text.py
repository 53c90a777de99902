"""HTML as plain text, in time linear in its length, whatever it holds."""

from __future__ import annotations

import html
import re

#: Neither pattern crosses a ``<``, so an unclosed tag costs no search to the end of the text.
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_BLOCK = re.compile(r"</?(?:p|div|br|li|h[1-6]|tr|blockquote)\b[^<>]*>", re.IGNORECASE)


def plain_text(markup: str) -> str:
    """The text of an HTML fragment; a block begins a line."""
    return html.unescape(_TAG.sub("", _BLOCK.sub("\n", markup))).strip()
