"""An article prepared for reading: a clean text, a folded text of the same length, and a mapping to the original.

The *clean* text is title, line break, text, all as a reader sees them (:mod:`detectors.visible`), with each run of
white space replaced by one character (a line break at the end of a paragraph). The *folded* text has the same length:
lower case, accents dropped, a blank for every character that is neither letter nor digit, URLs and mail addresses
blanked out. To make the lengths equal, the clean text is even: ``Straße`` becomes ``Strasse``, and combining accents
are dropped. Terms are looked up in the folded text, names are read in the clean text, and every finding is reported in
characters of the original title or text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from functools import lru_cache

from detectors.model.article import Part, Span
from detectors.visible import Visible
from streams.extraction.text.folding import even, fold, uneven_letters, uneven_pattern

_BLANKS = re.compile(r"\s{2,}|[^\S ]")
_ADDRESSES = re.compile(r"\b(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+")
_WORD = re.compile("[^ ]+")
_TERMINAL = frozenset(".!?:;\"'”’)]»…")


@lru_cache(maxsize=256)
def _changed(uneven: str) -> re.Pattern[str]:
    """The parts of the visible text that the clean text replaces: runs of blanks and uneven letters."""
    return re.compile(f"{_BLANKS.pattern}|{uneven_pattern(uneven)}")


def _clean(text: str) -> tuple[str, list[int], list[int]]:
    """The clean text, and the breakpoints (clean offset, visible offset) from which offsets run in parallel."""
    pieces: list[str] = []
    clean_at, shown_at = [0], [0]
    length = done = 0
    uneven = uneven_letters(text)
    for run in (_changed(uneven) if uneven else _BLANKS).finditer(text):
        start, end = run.span()
        pieces.append(text[done:start])
        length += start - done
        blanks = run.group()
        done = end
        if uneven and not blanks.isspace():
            pieces.append(even(blanks))
            for _ in pieces[-1]:  # each maps to the whole letter
                clean_at.append(length)
                shown_at.append(start)
                length += 1
            clean_at.append(length)
            shown_at.append(end)
            continue
        lines = blanks.count("\n") + blanks.count("\r") + blanks.count("\u2028") + blanks.count("\u2029")
        indented = end - start >= 5 or not text[end : end + 1].isupper()  # a line broken by page layout
        wrapped = lines == 1 and indented and start > 0 and text[start - 1] not in _TERMINAL
        pieces.append("\n" if lines and not wrapped else " ")
        length += 1
        if end - start > 1:
            clean_at.append(length)
            shown_at.append(end)
    pieces.append(text[done:])
    return "".join(pieces), clean_at, shown_at


class Document:
    """A title and a text, cleaned and folded; ``body`` is the clean offset at which the text begins."""

    __slots__ = ("_spellings", "_text", "_text_at", "_title", "_title_at", "body", "clean", "folded", "text", "title")

    def __init__(self, title: str, text: str) -> None:
        self.title = title
        self.text = text
        self._title = Visible(title)
        self._text = Visible(text)
        clean_title, *self._title_at = _clean(self._title.text)
        clean_text, *self._text_at = _clean(self._text.text)
        self.body = len(clean_title) + 1 if self._title.text else 0
        self.clean = f"{clean_title}\n{clean_text}" if self.body else clean_text
        folded = self.clean
        if "http" in folded or "www." in folded or "@" in folded:
            folded = _ADDRESSES.sub(lambda found: " " * len(found.group()), folded)
        self.folded = fold(folded)
        self._spellings: dict[str, str] | None = {}
        if uneven_letters(self._title.text) or uneven_letters(self._text.text):
            self._spellings = None

    def span(self, start: int, end: int) -> Span:
        """The original span of clean offsets ``start`` to ``end`` (not across the end of the title)."""
        part, shown, first, last = self._shown(start, end)
        first, last = shown.span(first, last)
        return Span(in_=part, start=first, end=last, text=(self.title if part == "title" else self.text)[first:last])

    def _shown(self, start: int, end: int) -> tuple[Part, Visible, int, int]:
        """The part that clean offsets ``start`` to ``end`` lie in, and their span of its visible text."""
        part: Part = "title" if start < self.body else "text"
        shift = 0 if part == "title" else self.body
        shown = self._title if part == "title" else self._text
        clean_at, shown_at = self._title_at if part == "title" else self._text_at
        first = self._unclean(clean_at, shown_at, start - shift)
        last = first
        if end > start:
            last = self._unclean(clean_at, shown_at, end - shift - 1) + 1
            if self._spellings != {}:  # include all of a letter of several characters, and combining accents after it
                last = max(last, self._unclean(clean_at, shown_at, end - shift))
            last = min(last, len(shown.text))
        return part, shown, first, last

    def clean_offset(self, part: Part, offset: int) -> int:
        """The clean offset of an offset into the original title or text: the inverse of `span`."""
        clean_at, shown_at = self._title_at if part == "title" else self._text_at
        shown = (self._title if part == "title" else self._text).offset(offset)
        at = bisect_left(shown_at, shown_at[bisect_right(shown_at, shown) - 1])  # the first of a letter of several
        clean = clean_at[at] + shown - shown_at[at]
        if at + 1 < len(clean_at):
            clean = min(clean, clean_at[at + 1])
        return clean + (0 if part == "title" else self.body)

    def written(self, words: str) -> str:
        """Words of the clean text in the article's spelling: ``Strauss`` is ``Strauß`` if the article has that."""
        if self._spellings is None:
            self._spellings = self._uneven_words()
        if not self._spellings:
            return words
        pieces = []
        done = 0
        for word in _WORD.finditer(fold(words)):
            start, end = word.span()
            pieces += [words[done:start], self._spellings.get(words[start:end], words[start:end])]
            done = end
        return "".join([*pieces, words[done:]])

    def _uneven_words(self) -> dict[str, str]:
        """The words of the clean text that the article spells differently, with its spelling."""
        found: dict[str, str] = {}
        for word in _WORD.finditer(self.folded):
            start, end = word.span()
            clean = self.clean[start:end]
            _, shown, first, last = self._shown(start, end)
            written = unicodedata.normalize("NFKC", shown.text[first:last])
            if written != clean:
                found.setdefault(clean, written)
        return found

    @staticmethod
    def _unclean(clean_at: list[int], shown_at: list[int], offset: int) -> int:
        at = bisect_right(clean_at, offset) - 1
        return shown_at[at] + offset - clean_at[at]
