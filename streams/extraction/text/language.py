"""The language of a text: English and Latin Kazakh by common words, others by py3langid (Lui and Baldwin 2012)."""

from __future__ import annotations

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from detectors.languages import language_code

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
_TYPOGRAPHY = str.maketrans("‘’‚“”„–—…\xa0‐‑", "'''\"\"\"--. --")  # of any language: no sign of one
_SURE = 0.12  # least share of these words in an English text

#: Kazakh in Latin letters, which the model takes for Turkmen or Crimean Tatar: words that no neighbour writes so.
_KAZAKH = frozenset(
    ("jáne", "jäne", "jane", "men", "úshin", "üşin", "ushin", "boiynsha", "boıynsha", "osy", "dep", "bolyp", "boldy")
)
_KAZAKH_ALONE = frozenset("áúóńǵıý")
_LEAST_KAZAKH = 0.02


def _is_kazakh(sample: str) -> bool:
    """Whether it has the words of Kazakh in Latin letters, and its letters."""
    words = _WORD.findall(sample.lower())
    found = [word for word in words if word in _KAZAKH]
    several = len(set(found)) > 1 or (len(found) == 1 and not _KAZAKH_ALONE.isdisjoint(sample))
    spelled = sum("q" in word and "qu" not in word for word in words) > len(words) * _LEAST_KAZAKH
    return several and spelled and "bilan" not in words and "uchun" not in words


def detect_language(clean: str) -> str:
    """The ISO 639-1 code; ``en`` for a text without letters or a short one that is not clearly another language."""
    sample = clean[:SAMPLE]
    words = sample.count(" ") + 1
    if sum(map(_ENGLISH.__contains__, _WORD.findall(sample.lower()))) / words > _SURE:
        return "en"
    if not any(map(str.isalpha, sample)):
        return "en"
    if sample.count("q") + sample.count("Q") and _is_kazakh(sample):
        return "kk"
    if words < _SHORT:
        sample = sample.translate(_TYPOGRAPHY)
    code, probability = _identifier().classify(sample)
    least = _CERTAIN_ASCII if sample.isascii() else _CERTAIN
    latin = all(letter < _BEYOND_LATIN or not letter.isalpha() for letter in sample)  # dashes and quotes are no letters
    if code in _PIDGINS or (words < _SHORT and probability < least and latin):
        return "en"
    return language_code(code) or str(code)


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
