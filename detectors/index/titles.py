"""Find the leaves that the phrases of an article's title and lead meet."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.conditions.lexicon import Phrase
from detectors.conditions.nodes import Says
from detectors.conditions.view import ArticleView
from detectors.index.leaves import Need


class TitleIndex:
    """The leaves on ``title`` and ``lead``, by their phrases."""

    __slots__ = ("_fields",)

    def __init__(self, leaves: Iterable[tuple[int, Says]]) -> None:
        self._fields: dict[str, dict[Phrase, list[int]]] = {}
        for number, leaf in leaves:
            by_phrase = self._fields.setdefault(leaf.field, {})
            for wanted in leaf.terms.names:
                by_phrase.setdefault(wanted, []).append(number)

    def met(self, view: ArticleView, into: set[Need]) -> None:
        """Add the leaves that the article meets."""
        for field, by_phrase in self._fields.items():
            for wanted in by_phrase.keys() & view.found:
                if view.in_title(wanted) or (field == "lead" and view.whole.places(field, wanted)):
                    into.update(by_phrase[wanted])
