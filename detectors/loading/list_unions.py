"""Lists made of lists (``{lists: [A, B], add: [...], remove: [...]}``), and overrides of the lists of other files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from detectors.loading.lists import entry_of
from detectors.reading.context import Entry, ListDefinition, Place
from detectors.reading.nodes import Mapping, Node, Scalar
from detectors.reading.problems import Wrong, nearest, shown, unknown_key
from detectors.reading.readers import JsonSchema, ListOf, Reader, Word, read_keys


class _Entries(Reader[tuple[Entry, ...]]):
    """Entries written in a rule file."""

    def read(self, node: Node, place: Place) -> tuple[Entry, ...]:
        ListOf(Word("a value")).read(node, place)
        return tuple(entry_of(item) for item in getattr(node, "items", ()) if isinstance(item, Scalar))

    def schema(self) -> JsonSchema:
        return {"type": "array", "items": {"$ref": "#/definitions/scalar"}}


_KEYS: dict[str, Reader[Any]] = {
    "lists": ListOf(Word("the name of a list"), one=True, least=1),
    "add": _Entries(),
    "remove": _Entries(),
}
_CHANGE: dict[str, Reader[Any]] = {"entries": _Entries()}


def is_union(node: Node) -> bool:
    """Whether a list is defined by others."""
    return isinstance(node, Mapping) and not {"lists", "add", "remove"}.isdisjoint(node.pairs)


class Unions:
    """The lists of a set that are made of others, resolved in the order that they need."""

    def __init__(self, lists: dict[str, ListDefinition], used: set[str]) -> None:
        self._lists = lists
        self._used = used
        self._waiting: dict[str, tuple[Scalar, Mapping, Place]] = {}
        self._changes: dict[str, list[tuple[tuple[Entry, ...], tuple[Entry, ...]]]] = {}

    def define(self, name: str, at: Scalar, node: Node, place: Place) -> None:
        """Take the definition of a list by others; :meth:`resolve` makes its entries."""
        assert isinstance(node, Mapping)
        self._waiting[name] = (at, node, place)
        self._lists[name] = ListDefinition(name, (), at.file, at.line, at.column)

    def resolve(self) -> None:
        """Make the entries of all of them, and report names that are no lists, and cycles."""
        for name in self._lists:
            if name not in self._waiting:
                self._lists[name] = self._changed(self._lists[name])
        for name in list(self._waiting):
            self._made(name, ())

    def _made(self, name: str, above: tuple[str, ...]) -> None:
        waiting = self._waiting.pop(name, None)
        if waiting is None:
            return
        at, node, place = waiting
        try:
            given = read_keys(node, place, _KEYS, frozenset({"lists"}))
        except Wrong:
            return
        entries: list[Entry] = []
        for other in given["lists"]:
            if other in (*above, name):
                place.error(node, f"lists form a cycle: {' -> '.join((*above, name, other))}")
                return
            if other not in self._lists:
                place.at("lists").error(node, f"unknown list {shown(other)}{nearest(other, self._lists)}")
                return
            self._made(other, (*above, name))
            self._used.add(other)
            entries += self._lists[other].entries
        found = ListDefinition(name, tuple(entries), at.file, at.line, at.column)
        found = _with(found, given.get("add", ()), given.get("remove", ()), place, node)
        self._lists[name] = self._changed(found)

    def change(self, node: Mapping, place: Place) -> None:
        """Take an override of lists: ``{lists: [NAMES], add: {entries: [...]}, remove: {entries: [...]}}``."""
        known: dict[str, tuple[Entry, ...]] = {"add": (), "remove": ()}
        for key, at, value in node.items():
            below = place.at(key)
            if key in known:
                if not isinstance(value, Mapping):
                    below.error(value, f"expected {{entries: [...]}}, found {value.what}")
                    return
                known[key] = read_keys(value, below, _CHANGE, frozenset({"entries"}))["entries"]
            elif key != "lists":
                below.error(at, unknown_key(key, (*known, "lists")))
                return
        for name in _KEYS["lists"].read(node.pairs["lists"][1], place.at("lists")):
            if name not in self._lists:
                place.at("lists").error(node, f"unknown list {shown(name)}{nearest(name, self._lists)}")
                continue
            self._changes.setdefault(name, []).append((known["add"], known["remove"]))
            absent = _absent(self._lists[name].entries, known["remove"]) if name not in self._waiting else ()
            for entry in absent:
                place.at("remove").warning(node, f"the list {name!r} has no entry {shown(entry.name)}")

    def _changed(self, found: ListDefinition) -> ListDefinition:
        for add, remove in self._changes.get(found.name, ()):
            found = _with(found, add, remove)
        return found


def _with(
    found: ListDefinition,
    add: Iterable[Entry],
    remove: tuple[Entry, ...],
    place: Place | None = None,
    node: Node | None = None,
) -> ListDefinition:
    """The list with these entries more and less, each name once."""
    if place is not None and node is not None:
        for entry in _absent(found.entries, remove):
            place.at("remove").warning(node, f"none of the lists has the entry {shown(entry.name)}")
    gone = {entry.name for entry in remove}
    entries = {(entry.name, entry.spellings): entry for entry in (*found.entries, *add) if entry.name not in gone}
    return ListDefinition(found.name, tuple(entries.values()), found.file, found.line, found.column)


def _absent(entries: tuple[Entry, ...], wanted: tuple[Entry, ...]) -> list[Entry]:
    names = {entry.name for entry in entries}
    return [entry for entry in wanted if entry.name not in names]
