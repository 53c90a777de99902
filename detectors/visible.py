"""Text as a reader sees it: no invisible characters, and no letters of another script that pass for Latin ones.

A soft hyphen, a direction mark or a NUL inside a word changes nothing on the page, but a search for the word fails.
Editors insert such characters unasked, and others insert them to evade searches. Extraction and conditions therefore
read the visible text, and report places in the original.

Invisible are Unicode's Default_Ignorable code points, the marks of annotations, and control characters that are no
white space. A Cyrillic or Greek letter passes for a Latin one (``а`` for ``a``) only in a word that has Latin letters.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u3164\ufeff\uffa0",
    *(("\u180b", "\u180f"), ("\u200b", "\u200f"), ("\u202a", "\u202e"), ("\u2060", "\u206f"), ("\ufe00", "\ufe0f")),
    *(("\ufff0", "\ufffb"), ("\U0001bca0", "\U0001bca3"), ("\U0001d173", "\U0001d17a"), ("\U000e0000", "\U000e0fff")),
)
_CONTROL = (("\x00", "\x08"), ("\x0e", "\x1f"), ("\x7f", "\x84"), ("\x86", "\x9f"))
INVISIBLE = frozenset(
    letter
    for part in (*_IGNORABLE, *_CONTROL)
    for letter in (part if isinstance(part, str) else map(chr, range(ord(part[0]), ord(part[1]) + 1)))
)
_RUN = re.compile(
    f"[{''.join(part if isinstance(part, str) else '-'.join(part) for part in (*_IGNORABLE, *_CONTROL))}]+"
)
_PLAIN = bytes(code for code in range(128) if chr(code).isprintable() or chr(code) in "\t\n\v\f\r")

_CYRILLIC = "авекмнорстухіјѕһԁԛԝӏѵ", "abekmhopctyxijshdqwlv"
_GREEK = "αβεζικνορτυχ", "abezikvoptux"  # not the μ of units
_LOOKALIKES = {
    ord(case(letter)): case(latin)
    for letters, latins in (_CYRILLIC, _GREEK)
    for letter, latin in zip(letters, latins, strict=True)
    for case in (str.lower, str.upper)
}
_ANY = "".join(map(chr, _LOOKALIKES))
_MIXED = re.compile(f"[A-Za-z](?:(?=[{_ANY}])|(?<=[{_ANY}].))")
_WORD = re.compile(r"\w+")
_FIRST_BYTES = (
    {letter.encode("utf-8")[0] for letter in INVISIBLE},
    {chr(code).encode("utf-8")[0] for code in _LOOKALIKES},
)
_NO_INVISIBLE, _NO_LOOKALIKE = (bytes({*range(256)} - first) for first in _FIRST_BYTES)


def unusual(text: str) -> str:
    """The characters of ``text`` beyond ASCII and its control characters, in order.

    Most texts have few of them. One pass over the bytes is ten times as fast as a search for a set of characters.
    """
    return text.encode("utf-8", "surrogatepass").translate(None, _PLAIN).decode("utf-8", "surrogatepass")


def visible(text: str) -> str:
    """The text as a reader sees it."""
    return Visible(text).text


class Visible:
    """The visible ``text`` of an original; ``span`` maps its offsets (characters) to the original."""

    __slots__ = ("_shifts", "_starts", "text")

    def __init__(self, original: str) -> None:
        self._starts: list[int] = []
        self._shifts = [0]
        self.text = original
        if original.isascii() and original.isprintable():
            return
        raw = original.encode("utf-8", "surrogatepass")
        if raw.translate(None, _NO_INVISIBLE) and _RUN.search(unusual(original)) is not None:
            self.text = self._without_invisible(original)
        if raw.translate(None, _NO_LOOKALIKE):
            self.text = in_one_script(self.text)

    def _without_invisible(self, original: str) -> str:
        pieces: list[str] = []
        done = left_out = 0
        for run in _RUN.finditer(original):
            start, end = run.span()
            pieces.append(original[done:start])
            self._starts.append(start - left_out)
            left_out += end - start
            self._shifts.append(left_out)
            done = end
        return "".join([*pieces, original[done:]])

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the visible text to the original; ``end`` is exclusive in both."""
        if not self._starts:
            return start, end
        first = self._origin(start)
        return first, self._origin(end - 1) + 1 if end > start else first

    def offset(self, original: int) -> int:
        """The visible offset of an offset into the original: the inverse of `span`."""
        runs = range(len(self._starts))
        at = bisect_right(runs, original, key=lambda run: self._starts[run] + self._shifts[run + 1])
        shown = original - self._shifts[at]
        return min(shown, self._starts[at]) if at < len(self._starts) else shown

    def _origin(self, offset: int) -> int:
        return offset + self._shifts[bisect_right(self._starts, offset)]


def in_one_script(text: str) -> str:
    """The text with the letters replaced that pass for Latin ones in words that have Latin letters.

    It changes no case and no length.
    """
    return text if _MIXED.search(text) is None else _WORD.sub(_one_script, text)


def _one_script(word: re.Match[str]) -> str:
    letters = word.group()
    return letters.translate(_LOOKALIKES) if _MIXED.search(letters) is not None else letters
