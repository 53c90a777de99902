"""Sentence boundaries by one regular expression for news: titles with points, initials, glued sentences, quotes.

Uses no model: a point after a known abbreviation, an initial or a list number does not end a sentence.
"""

from __future__ import annotations

import re

from streams.extraction.text.words import word_list

_ABBREVIATIONS = word_list("sentences.abbreviations")
# Each run of marks is tried once (look-behind, possessive), so a megabyte of points takes linear time. The pattern
# begins with a plain set because the engine skips to the next member of a set five times as fast as it tries every
# character.
_END = re.compile(
    r"""(?P<mark>[.!?…\n](?:(?<=\n)\n*+|(?<![.!?…]{2})[.!?…]*+))"""
    r"""(?:(?<=\n)|(?P<close>["'”’)\]»]*+)(?:\s++|(?=[A-Z"“‘][a-z]))(?=["“‘'(\[«]*+[^\W_a-z]))"""
)
_INITIALS = re.compile(r"(?:[A-Z]\.){1,5}[A-Z]")
_BEFORE_WORD = re.compile(r"[\s(\"“‘'\[]")


def sentence_bounds(clean: str) -> list[tuple[int, int]]:
    """Start and end offsets of the sentences of a clean text, in order; blanks between sentences belong to none."""
    bounds: list[tuple[int, int]] = []
    start = 0
    for found in _END.finditer(clean):
        at = found.start()
        if found["mark"] == "." and _no_end(clean, start, at, found):
            continue
        end = at if found["close"] is None else found.end("close")
        if clean[start:end].strip():
            bounds.append((start, end))
        start = found.end()
    if clean[start:].strip():
        bounds.append((start, len(clean)))
    return [_trimmed(clean, bound) for bound in bounds]


def _trimmed(clean: str, bound: tuple[int, int]) -> tuple[int, int]:
    start, end = bound
    while start < end and clean[start].isspace():
        start += 1
    while end > start and clean[end - 1].isspace():
        end -= 1
    return start, end


def _no_end(clean: str, start: int, at: int, found: re.Match[str]) -> bool:
    """Whether the point at ``at`` belongs to an abbreviation or an initial."""
    if found.end("close") > at + 1:
        return False
    word = _BEFORE_WORD.split(clean[max(start, at - 24) : at])[-1]
    if found.end() == at + 1:  # glued: "ended.The"; not "U.S.Army", not "example.Com"
        return len(word) < 3 or not word.isalpha() or not word[1:].islower()
    lower = word.lower()
    if lower in _ABBREVIATIONS:
        follows = clean[found.end() : found.end() + 12].split(" ", 1)[0]
        return not (lower in {"u.s", "u.n", "u.k"} and follows in _OPENERS)
    if word in {"No", "Nos", "no"} and clean[found.end() : found.end() + 1].isdigit():
        return True
    if len(word) == 1 and word.isupper():
        return True
    return (
        bool(word)
        and "." in word
        and (len(word) <= 5 or _INITIALS.fullmatch(word) is not None)
        and clean[found.end() : found.end() + 1].isupper()
        and clean[found.end() : found.end() + 12].split(" ", 1)[0] not in _OPENERS
    )


_OPENERS = word_list("sentences.openers")
