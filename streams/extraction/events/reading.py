"""A trigger word in its sentence: verb or noun, tense, modality, negation, and what of it speaks for background."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from streams.extraction.events.triggers import Trigger
from streams.extraction.text.words import word_list

_BE = frozenset({"is", "are", "was", "were", "be", "been", "being", "'s"})
_HAVE = frozenset({"has", "have", "had", "having"})
_WILL = word_list("events.will") - {"to", "would"}
_MAY = word_list("events.may")
_NOT = word_list("events.not")
_DETERMINERS = word_list("events.determiners")
_PLANNED = word_list("events.planned")
_POSSIBLE = word_list("events.possible")
_CANCELLED = word_list("events.cancelled")
_DENIED = word_list("events.denied")
_BACKGROUND = word_list("events.background")
_SAYING = word_list("events.saying")
_BEGUN = word_list("events.begun")
STATUS_WORDS = _WILL | _MAY | _NOT | _PLANNED | _POSSIBLE | _CANCELLED | _DENIED | _BEGUN | _BE | _HAVE
"""Words that say whether something happened, will happen, may happen, or does not."""

_HYPOTHETICAL = frozenset({"if", "unless", "whether", "could", "would", "should"})
_CLAUSE = frozenset({"that", "which", "who", "whose", "where", "when", "because", "while", "although", "as", "but"})
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEFORE = 7  # words read before a trigger
_AFTER = 6


class Words(NamedTuple):
    """The words of a sentence: as written, in lower case, and where they start and end (clean offsets)."""

    written: Sequence[str]
    lower: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]


class Mention(NamedTuple):
    """A trigger in its sentence: ``first`` and ``last`` are the indexes of its words, ``last`` exclusive."""

    trigger: Trigger
    start: int
    end: int
    sentence: int
    first: int
    last: int
    marks: frozenset[str]


def marks_of(form: str, words: Words, first: int, last: int) -> frozenset[str]:
    """What the words around a trigger say of it; `sentence_marks` has what the whole sentence says."""
    return frozenset(_marks(form, words, first, last))


def _marks(form: str, words: Words, first: int, last: int) -> Iterator[str]:
    lower = words.lower
    before = _same_clause(lower, first)
    after = lower[last : last + _AFTER]
    previous = before[-1] if before else ""
    if form in {"either", "s"}:
        form = _form_of(form, words, first, last)
    yield f"form:{form}"
    if form == "past" and (not _BE.isdisjoint(before[-3:]) or after[:1] == ["by"]):
        yield "passive"
    if form == "base":
        yield "to" if previous == "to" else "bare"
    if form == "past" and not _HAVE.isdisjoint(before[-3:]):
        yield "perfect:had" if "had" in before[-3:] else "perfect"
    for name, listed, reach in _LISTS:
        if not listed.isdisjoint(before[-reach:]):
            yield name
    for name, listed in _LISTS_AFTER:
        if not listed.isdisjoint(after):
            yield name
    if not _WILL.isdisjoint(after[:3]):
        yield "will>"
    if form == "noun" and after and after[0] in {"in", "on", "at"}:
        yield "located"
    if previous in _BACKGROUND:
        yield f"after:{previous}"
    elif not _BACKGROUND.isdisjoint(before[-4:]):
        yield "after"
    if previous in _ARTICLES:
        yield f"det:{previous}"
    if not _CLAUSE.isdisjoint(lower[max(0, first - 12) : first]):
        yield "clause"
    if not _QUOTES.isdisjoint(words.written[max(0, first - 15) : first]):
        yield "quoted"
    if first < 8:
        yield "early"


_LISTS = (
    ("will", _WILL, 3),
    ("may", _MAY, 3),
    ("to<", frozenset({"to"}), 3),
    ("not", _NOT, 5),
    ("if", _HYPOTHETICAL, _BEFORE),
    ("planned<", _PLANNED, 5),
    ("possible<", _POSSIBLE, 5),
    ("cancelled<", _CANCELLED, 5),
    ("denied<", _DENIED, 5),
    ("begun<", _BEGUN, 4),
)
_LISTS_AFTER = (("planned>", _PLANNED), ("possible>", _POSSIBLE), ("cancelled>", _CANCELLED), ("denied>", _DENIED))
_ARTICLES = frozenset({"a", "an", "the", "his", "her", "their", "its", "this", "that", "any", "no", "another", "more"})
_QUOTES = frozenset('"“”')
_AGO = frozenset({"ago", "earlier", "previous", "previously", "formerly", "once", "since", "anniversary"})
_PERIODS = frozenset({"year", "month", "summer", "winter", "autumn", "spring", "century", "decade"})
_DAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "today", "yesterday"})


def sentence_marks(words: Words, day: str) -> frozenset[str]:
    """What a sentence says of the time of all that it tells; ``day`` is the article's, ``YYYY-MM-DD`` or empty."""
    return frozenset(_sentence_marks(words.lower, day))


def _sentence_marks(lower: Sequence[str], day: str) -> Iterator[str]:
    if not _AGO.isdisjoint(lower):
        yield "ago"
    if any(len(word) == 4 and word != day[:4] and _YEAR.fullmatch(word) for word in lower):
        yield "year"
    for word, following in pairwise(lower):
        if word == "last" and following in _PERIODS:
            yield "last year"
        elif word == "last" and (following in {"week", "night"} or following in _DAYS):
            yield "last week"
    if "next" in lower:
        yield "next"
    if not _DAYS.isdisjoint(lower):
        yield "weekday"
    if not _SAYING.isdisjoint(lower):
        yield "said"


def told_status(before: Sequence[str]) -> str:
    """The status that the nearest word before a trigger tells: "threatened to impose new" is possible."""
    if any(word in _BREAKING and following == "off" for word, following in pairwise(before)):
        return "cancelled"
    for word in reversed(before):
        for status, listed in _TOLD:
            if word in listed:
                return status
    return "happened"


_BREAKING = frozenset(
    {"break", "breaks", "breaking", "broke", "broken", "call", "calls", "calling", "called", "put", "puts"}
)
_TOLD = (
    ("denied", _DENIED),
    ("possible", _POSSIBLE | _MAY),
    ("planned", _PLANNED | _WILL),
    ("cancelled", _CANCELLED),
)


def _same_clause(lower: Sequence[str], first: int) -> Sequence[str]:
    """The words before a trigger, back to a mark that ends a clause."""
    start = max(0, first - _BEFORE)
    for at in range(first - 1, start - 1, -1):
        if lower[at] in {";", ":", "(", ")"}:
            return lower[at + 1 : first]
    return lower[start:first]


def _form_of(form: str, words: Words, first: int, last: int) -> str:
    """Whether a word that may be noun or verb is one or the other here."""
    previous = words.lower[first - 1] if first else ""
    following = words.lower[last] if last < len(words.lower) else ""
    if form == "s":
        return "s"
    if previous in {"to"} | _WILL | _MAY or previous in {"not", "n't", "they", "we", "i", "who"}:
        return "base"
    if previous in _DETERMINERS or previous.endswith(("'s", "’s")) or following in {"of", "by", "between"}:
        return "noun"
    if previous in {"in", "of", "on", "for", "after", "by", "with", "from", "at", "against", "into", "over"}:
        return "noun"
    if following in {"the", "a", "an", "his", "her", "its", "their", "that", "him", "them", "it"}:
        return "s" if words.lower[last - 1].endswith("s") else "base"
    return "noun"
