"""The lexicon of offices: nouns of titles, public bodies, and words that distinguish private posts from public ones."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NamedTuple, cast

from streams.extraction.text.data_files import DATA, read_yaml
from streams.extraction.text.folding import fold
from streams.extraction.text.lexicon import Lexicon


class OfficeTerm(NamedTuple):
    """A term of an office: ``head`` (noun of a title), public ``body`` (``label``: its kind) or ``private`` body.

    ``cased``: an abbreviation that matches only in capitals (DA, not "da").
    """

    kind: Literal["head", "body", "private"]
    label: str
    weak: bool = False
    rank: bool = False
    country: str = ""
    plural: bool = False
    cased: bool = False


_PLURALS = frozenset({"sens.", "reps.", "govs.", "senators", "congressmen", "mps", "meps"})  # listed in full


class Offices(NamedTuple):
    """Lexicons of heads and of bodies, and the words allowed inside a title."""

    heads: Lexicon[OfficeTerm]
    bodies: Lexicon[OfficeTerm]
    modifiers: frozenset[str]
    title_words: frozenset[str]


def _plural(term: str) -> str:
    if term.endswith("man"):
        return f"{term[:-3]}men"
    if term.endswith("y") and term[-2:-1] not in "aeiou":
        return f"{term[:-1]}ies"
    first, *rest = term.split(" of ")
    return " of ".join([f"{first}s", *rest])


@cache
def offices() -> Offices:
    """The lexicon of ``data/offices.yaml``, built once."""
    data = cast("dict[str, Any]", read_yaml(DATA / "offices.yaml"))
    heads: Lexicon[OfficeTerm] = Lexicon()
    words: set[str] = set()
    known: set[str] = set()
    for group in data["heads"]:
        entry = OfficeTerm(
            "head", group["class"], bool(group.get("weak")), bool(group.get("rank")), group.get("country", "")
        )
        for term in map(str, group["terms"]):
            folded = " ".join(fold(term).split())
            if folded in known:
                continue
            known.add(folded)
            own = entry._replace(cased=term.rstrip("s").isupper(), plural=term.lower() in _PLURALS)
            heads.add(term, own)
            words.update(folded.split())
            plural = " ".join(fold(_plural(term)).split())
            if not term.endswith((".", "s")) and plural not in known:
                known.add(plural)
                heads.add(plural, own._replace(plural=True))
    bodies: Lexicon[OfficeTerm] = Lexicon()
    seen: set[str] = set()
    groups = data["bodies"]
    for label, terms in sorted(groups.items(), key=lambda group: group[0] != "national"):  # narrower kinds first
        for term in map(str, terms):
            if fold(term) not in seen:
                seen.add(fold(term))
                bodies.add(term, OfficeTerm("body", label))
    for term in map(str, data["private"]):
        if fold(term) not in seen:
            seen.add(fold(term))
            bodies.add(term, OfficeTerm("private", "private"))
    heads.close()
    bodies.close()
    modifiers = frozenset(str(word).lower() for word in data["modifiers"])
    modifiers |= {word for term in seen for word in [" ".join(term.split())] if " " not in word}
    return Offices(
        heads,
        bodies,
        modifiers,
        frozenset(words - {"of", "the", "for", "and", "in", "to", "on", "at", "a", "s", "with", "or"}),
    )
