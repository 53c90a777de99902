"""Phrases and patterns that hold the signs of another language: of search engines, shells, YAML, or a list file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import re2

from detectors.conditions.fields import FIELDS
from detectors.conditions.lexicon import phrase
from detectors.conditions.predicates import compiled
from detectors.lints.registry import of_text

_SUSPECT = re.compile(r"[^\w\s.]|[\x00-\x08\x0b-\x1f]|\b(?:AND|OR|NOT|NEAR|ADJ)")
"""Most entries of a long list are letters, blanks and full stops: nothing in them needs a closer look."""
_OPERATOR = re.compile(r"(?:(?<=\s)|^)(AND|OR|NOT|&&|\|\||(?:NEAR|ADJ|ONEAR|WITHIN)(?:/?\d+)?|W/\d+|PRE/\d+)(?=\s|$)")
_REMEDIES = {
    "AND": "all: [{text: ...}, {text: ...}]",
    "&&": "all: [{text: ...}, {text: ...}]",
    "OR": "a list, as in text: [coup, putsch]",
    "||": "a list, as in text: [coup, putsch]",
    "NOT": "none: [{text: ...}]",
}
_SIGNED = re.compile(r"(?:^|\s)\+(?=\w)|\s-(?=[^\W\d])")
_FIELD = re.compile(rf"^({'|'.join(FIELDS)}):(?=\S)")
_DISTANCE = re.compile(r"[\w\"'”’]~\d+$")
_QUOTES = dict(zip("\"'“”„«»‘‚‹`", ('"', "'", "”", "”", "“”", "»", "«", "’", "‘’", "›", "`'"), strict=True))
"""What ends a quotation, by the mark that begins it."""
_LETTERS = {"\b": r"\b", "\f": r"\f", "\a": r"\a", "\v": r"\v", "\x1b": r"\e"}
_DELIMITED = re.compile(r"/.+/[a-zA-Z]{0,6}")


@of_text("phrase")
def signs(text: str) -> Iterator[str]:
    """The first sign of another language in a phrase."""
    if _SUSPECT.search(text) or not any(map(str.isalnum, text)):
        said = next(_said(text.strip()), None)
        if said is not None:
            yield said


@of_text("pattern")
def patterns(pattern: str) -> Iterator[str]:
    """A pattern between slashes, with a backspace, or one that meets every text."""
    written = next((shown for letter, shown in _LETTERS.items() if letter in pattern), None)
    if written is not None:
        yield f"{written} in double quotes is a control character in YAML: write the pattern in single quotes"
    elif _DELIMITED.fullmatch(pattern):
        flags = pattern.rpartition("/")[2]
        remedy = " (?i) before the pattern ignores case" if "i" in flags else ""
        yield f"the slashes are part of the pattern: write it without them{';' if remedy else ''}{remedy}"
    elif _meets_nothing_too(pattern):
        yield "this pattern meets every text, since it also meets an empty one"


def _meets_nothing_too(pattern: str) -> bool:
    try:
        return compiled(pattern).search("") is not None and pattern not in {"^$", r"\A\z", r"^\s*$"}
    except re2.error:
        return False


def _said(text: str) -> Iterator[str]:
    letter = next((shown for sign, shown in _LETTERS.items() if sign in text), None)
    if letter is not None:
        yield f"{letter} in double quotes is a control character in YAML: for a pattern write matches: in single quotes"
    if not any(sign.isalnum() or unicodedata.category(sign)[0] == "S" for sign in text.strip("*")):
        if text.strip("*"):
            yield "there is no letter or digit in it: it meets every text with this punctuation"
        return
    quotes = _quoted(text)
    if quotes:
        yield f"the quotation marks are part of the phrase, so only quoted words meet it: {quotes}"
    if _DELIMITED.fullmatch(text) or "\\" in text or (text[0] == "^" or text[-1] == "$"):
        yield "this is a phrase, not a pattern: for a pattern write matches: in single quotes, without slashes"
    operator = _OPERATOR.search(text)
    if operator is not None:
        name = operator[1]
        remedy = _REMEDIES.get(name, "near: {all: [{text: ...}, {text: ...}]}, or sentence:")
        yield f"{name!r} is part of the phrase, no operator; for the operator write {remedy}"
    yield from _stars(text)
    if re.search(r"\w\?\w", text):
        yield "a ? stands for itself in a phrase; for one letter or none write matches: in single quotes"
    if _SIGNED.search(text):
        yield "+ and - are part of the phrase, no operators; write all: [{text: ...}] and none: [{text: ...}]"
    if (text[0], text[-1]) in {("(", ")"), ("[", "]"), ("{", "}")}:
        yield "the brackets are part of the phrase: remove them"
    if _FIELD.match(text):
        field = _FIELD.match(text)[1]  # type: ignore[index]
        yield f"{field}: is part of the phrase; for the field write it as a key, as in {{{field}: ...}}"
    if _DISTANCE.search(text):
        yield "~ is part of the phrase; for words near each other write near: {all: [{text: ...}, {text: ...}]}"
    if re.match(r"[-•]\s", text):
        yield "the dash is part of the phrase: an entry of a list file needs none"


def _stars(text: str) -> Iterator[str]:
    try:
        left = phrase(text).text
    except ValueError:  # an error of its own
        return
    if "*" in left:
        yield f"a * counts only at the end of a phrase, as in 'cancel*': elsewhere it is part of the phrase {text!r}"


def _quoted(text: str) -> str:
    """The remedy for a phrase within quotation marks, or with one mark of a pair; empty if there is none."""
    first, last = text[0], text[-1]
    if len(text) > 2 and last in _QUOTES.get(first, "") and first not in text[1:-1]:
        return f"remove them, as in {text[1:-1]}"
    double = {'"', "“", "”", "„", "«", "»"}
    if (first in double) != (last in double) and sum(text.count(mark) for mark in double) == 1:
        return "remove the single one"
    return ""


@of_text("entry")
def separators(text: str) -> Iterator[str]:
    """Signs that look as if they separated the spellings of a list's entry."""
    if re.search(r"[^\s|]\|[^\s|]", text):
        yield "spellings of one entry are separated by ' | ', with blanks; without them the | is part of the phrase"
    elif re.search(r"[^\W\d][,;](?=[^\W\d])", text) or ";" in text:
        yield "a comma or semicolon is part of the entry: write one entry a line, spellings separated by ' | '"


@of_text("phrase")
def alternatives(text: str) -> Iterator[str]:
    """`` | `` in a phrase that is not an entry of a list."""
    if " | " in text and text.strip(" |"):
        yield "' | ' separates spellings only in the entries of lists; in a rule write a list, as in [coup, putsch]"
