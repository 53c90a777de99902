"""The language of a text: English by its most common words, others by py3langid (Lui and Baldwin 2012)."""

from __future__ import annotations

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_WORD = re.compile(r"\w+")
_ENGLISH = frozenset(
    ("the", "of", "and", "to", "in", "that", "is", "was", "for", "on", "with", "said", "has", "by", "he", "it", "from")
)
SAMPLE = 1500  # characters read
_SHORT = 15  # words; with fewer, in Latin letters, the model is seldom certain
_CERTAIN = 0.7
_CERTAIN_ASCII = 0.95  # the model often mistakes short English, especially names, for other languages
_PIDGINS = frozenset({"pcm"})  # in news, written like English
_BEYOND_LATIN = "\u0250"
_SURE = 0.12  # least share of these words in an English text


_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?")


def language_code(given: str | None) -> str | None:
    """The ISO 639 code in a language tag ("en-US", "EN"); None if missing or not a tag ("english")."""
    found = _CODE.fullmatch(given.strip()) if given else None
    return found.group(1).lower() if found else None


def detect_language(clean: str) -> str:
    """The ISO 639-1 code; ``en`` for a text without letters or a short one that is not clearly another language."""
    sample = clean[:SAMPLE]
    words = sample.count(" ") + 1
    if sum(map(_ENGLISH.__contains__, _WORD.findall(sample.lower()))) / words > _SURE:
        return "en"
    if not any(map(str.isalpha, sample)):
        return "en"
    code, probability = _identifier().classify(sample)
    least = _CERTAIN_ASCII if sample.isascii() else _CERTAIN
    if code in _PIDGINS or (words < _SHORT and probability < least and max(sample) < _BEYOND_LATIN):
        return "en"
    return str(code)


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
