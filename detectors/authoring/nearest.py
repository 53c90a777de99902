"""What came nearest to a clause that was not met: the value with the fewest failed tests, the most complete phrase."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from detectors.authoring.wording import asked, number, words_of
from detectors.conditions.fields import FIELDS
from detectors.conditions.nodes import Has, Reads, Says
from detectors.conditions.predicates import Compare, Each, Exists, Predicate, Whole, Words
from detectors.conditions.values import Value
from detectors.conditions.view import Scene

LOOKED_AT = 20_000
"""Limit on the list entries to compare letter by letter with a value."""


def nearest_value(condition: Has, scene: Scene) -> str:
    """The value that fails the fewest tests, and why it fails each."""
    values = scene.values(condition.field)
    if not values:
        return f"no {condition.field} {'in the article' if scene.whole else 'here'}"
    best: tuple[float, int] | None = None
    said = ""
    for order, value in enumerate(values):
        short = [(attribute, one) for attribute, one in condition.tests if not one.holds(value, attribute)]
        shortfalls = [_shortfall(value, attribute, one) for attribute, one in short]
        rank = (len(short) + sum(far for _, far in shortfalls) / (len(short) + 1), order)
        if best is None or rank < best:
            best = rank
            said = f"{value.name}: " + "; ".join(text for text, _ in shortfalls)
    return said


def _shortfall(value: Value, attribute: str, predicate: Predicate) -> tuple[str, float]:
    """What was found instead, and its distance from what was wanted, from 0 to 1."""
    if isinstance(predicate, Each):
        missed = [one for one in predicate.predicates if not one.holds(value, attribute)]
        return _shortfall(value, attribute, missed[0])
    given = value.attributes.get(attribute)
    if given is None:
        return f"it has no {attribute}", 1.0
    shown = given[0] if isinstance(given, tuple) else given
    known = FIELDS.get(value.field)
    name = "" if known is None or attribute == known.main.name else f"{attribute} "
    if isinstance(predicate, Compare) and not isinstance(given, tuple | bool):
        far = abs(given - predicate.bound)
        return (
            f"{name}{number(given, attribute)}, wanted {asked(predicate, attribute)}",
            far / (far + 1),
        )
    names: Iterable[str] = ()
    if isinstance(predicate, Whole) and not predicate.negated:
        names = predicate.names.values()
    elif isinstance(predicate, Words) and not predicate.negated:
        names = predicate.terms.names.values()
    near, likeness = nearest_entry([str(one) for one in given] if isinstance(given, tuple) else [str(given)], names)
    wanted = f"nearest {near!r}" if near and len(set(names)) > 1 else f"wanted {asked(predicate, attribute)}"
    if isinstance(predicate, Exists):
        wanted = f"wanted {asked(predicate, attribute)}"
    return (f"{name}{str(shown)!r}, {wanted}" if name or str(shown) != value.name else wanted), 1 - likeness


def nearest_entry(spellings: Iterable[str], names: Iterable[str]) -> tuple[str, float]:
    """The entry most similar to one of the spellings, and the similarity; ("", 0) if there are no entries."""
    best, likeness = "", 0.0
    entries = list(dict.fromkeys(names))
    matcher = difflib.SequenceMatcher(autojunk=False)
    for spelling in spellings:
        matcher.set_seq2(spelling.lower())
        for entry in entries[:LOOKED_AT]:
            matcher.set_seq1(entry.lower())
            if matcher.real_quick_ratio() > likeness and matcher.quick_ratio() > likeness:
                ratio = matcher.ratio()
                if ratio > likeness:
                    best, likeness = entry, ratio
    return best, likeness


def nearest_phrase(condition: Says | Reads, scene: Scene) -> str:
    """The phrase with the fewest missing words, those words, and similar words in the text."""
    text = " ".join(_texts(scene, condition.field))
    if not text:
        return f"there is no {condition.field}" if scene.whole else "there is no text here"
    if isinstance(condition, Reads):
        return ""
    present = words_of(text)
    known = set(present)
    best: tuple[float, int, str, list[str]] | None = None
    for order, phrase in enumerate(condition.terms.names):
        words = words_of(phrase.text)
        missing = [word for word in words if word not in known]
        if phrase.prefix and missing and missing[-1] == words[-1] and any(w.startswith(words[-1]) for w in known):
            missing.pop()
        rank = (len(missing) / max(1, len(words)), order)
        if best is None or rank < best[:2]:
            best = (*rank, phrase.text + ("*" if phrase.prefix else ""), missing)
    if best is None:
        return "the condition lists no phrase"
    _, _, wanted, missing = best
    if not missing:
        return f"{wanted!r}: its words are there, but not as one phrase"
    instead = [near for word in missing if (near := _like(word, known))]
    said = f"{wanted!r}: missing {', '.join(map(repr, missing))}"
    return said + (f"; found {', '.join(map(repr, dict.fromkeys(instead)))}" if instead else "")


def _like(word: str, known: set[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.75)
    return near[0] if near else ""


def _texts(scene: Scene, field: str) -> Iterator[str]:
    article = scene.view.article
    for part, start, end in scene.text(field):
        yield (article.title if part == "title" else article.text)[start:end]
