"""From the phrases that an article holds to the leaves that they meet."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.conditions.lexicon import Phrase
from detectors.conditions.nodes import Says
from detectors.conditions.view import ArticleView

Postings = dict[Phrase, tuple[int, ...]]


class TextIndex:
    """The leaves on ``text``, ``title`` and ``lead``, by their phrases."""

    __slots__ = ("_lead", "_text", "_title")

    def __init__(self, leaves: Iterable[tuple[int, Says]]) -> None:
        by_field: dict[str, dict[Phrase, list[int]]] = {"text": {}, "title": {}, "lead": {}}
        for number, leaf in leaves:
            by_phrase = by_field[leaf.field]
            for wanted in leaf.terms.names:
                by_phrase.setdefault(wanted, []).append(number)
        self._text, self._title, self._lead = (_frozen(by_phrase) for by_phrase in by_field.values())

    def __bool__(self) -> bool:
        return bool(self._text or self._title or self._lead)

    def met(self, view: ArticleView, into: set[int]) -> None:
        """Add the leaves that the article meets."""
        title, body = view.found.values()
        in_title = (self._text, self._title, self._lead)
        for postings, found in (*((one, title) for one in in_title), (self._text, body)):
            if postings:
                for wanted in found:
                    into.update(postings.get(wanted, ()))
        for wanted in self._lead.keys() & body:
            if view.whole.places("lead", wanted):
                into.update(self._lead[wanted])


def _frozen(by_phrase: dict[Phrase, list[int]]) -> Postings:
    """Postings as tuples, equal ones shared: the entries of a long list have all the same."""
    shared: dict[tuple[int, ...], tuple[int, ...]] = {}
    return {wanted: shared.setdefault(found := tuple(numbers), found) for wanted, numbers in by_phrase.items()}
