"""One article prepared for reading: a clean text, a folded text of the same length, and the way back to the original.

The *clean* text is title, line break, text, with runs of white space made one character (a line break where a paragraph
ends). The *folded* text has the clean text's length: lower case, accents dropped, every character that is neither
letter nor digit a blank, URLs and mail addresses blanked out. Terms are looked up in the folded text, names are read in
the clean one, and every finding is reported as characters of the original title or text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

from detectors.model.article import Part, Span

_BLANKS = re.compile(r"\s{2,}|[^\S ]")
_ADDRESSES = re.compile(r"\b(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+")
_TERMINAL = frozenset(".!?:;\"'”’)]»…")


_INDIC = 0x900  # scripts from here on write vowels as marks


class _Fold(dict[int, str]):
    """Code point to its folded character, one for one, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = " "
        if character.isalnum():
            base = unicodedata.normalize("NFKD", character)[0]
            lower = (base if base.isalnum() else character).lower()
            folded = lower if len(lower) == 1 else lower[0]
        elif code >= _INDIC and unicodedata.category(character).startswith("M"):
            folded = character  # a vowel sign, without which a word falls apart
        self[code] = folded
        return folded


_FOLD = _Fold()


def fold(text: str) -> str:
    """The folded form of ``text``, of the same length."""
    return text.translate(_FOLD)


def _clean(text: str) -> tuple[str, list[int], list[int]]:
    """Clean text, and the breakpoints (clean offset, original offset) from which offsets run in parallel."""
    pieces: list[str] = []
    clean_at, original_at = [0], [0]
    length = done = 0
    for run in _BLANKS.finditer(text):
        start, end = run.span()
        pieces.append(text[done:start])
        length += start - done
        blanks = run.group()
        lines = blanks.count("\n") + blanks.count("\r") + blanks.count("\u2028") + blanks.count("\u2029")
        indented = end - start >= 5 or not text[end : end + 1].isupper()  # a line of a page, broken by its layout
        wrapped = lines == 1 and indented and start > 0 and text[start - 1] not in _TERMINAL
        pieces.append("\n" if lines and not wrapped else " ")
        length += 1
        done = end
        if end - start > 1:
            clean_at.append(length)
            original_at.append(end)
    pieces.append(text[done:])
    return "".join(pieces), clean_at, original_at


class Document:
    """A title and a text, cleaned and folded; ``body`` is the clean offset at which the text begins."""

    __slots__ = ("_text_at", "_title_at", "body", "clean", "folded", "text", "title")

    def __init__(self, title: str, text: str) -> None:
        self.title = title
        self.text = text
        clean_title, *self._title_at = _clean(title)
        clean_text, *self._text_at = _clean(text)
        self.body = len(clean_title) + 1 if title else 0
        self.clean = f"{clean_title}\n{clean_text}" if title else clean_text
        folded = self.clean
        if "http" in folded or "www." in folded or "@" in folded:
            folded = _ADDRESSES.sub(lambda found: " " * len(found.group()), folded)
        self.folded = fold(folded)

    def span(self, start: int, end: int) -> Span:
        """The original span of clean offsets ``start`` to ``end`` (not across the end of the title)."""
        part: Part = "title" if start < self.body else "text"
        shift = 0 if part == "title" else self.body
        original = self.title if part == "title" else self.text
        clean_at, original_at = self._title_at if part == "title" else self._text_at
        first = self._original(clean_at, original_at, start - shift)
        last = self._original(clean_at, original_at, end - shift - 1) + 1 if end > start else first
        last = min(last, len(original))
        return Span(in_=part, start=first, end=last, text=original[first:last])

    @staticmethod
    def _original(clean_at: list[int], original_at: list[int], offset: int) -> int:
        at = bisect_right(clean_at, offset) - 1
        return original_at[at] + offset - clean_at[at]
