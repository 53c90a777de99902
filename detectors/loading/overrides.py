"""Defaults within a file and overrides across files, applied to a rule's keys before the rule is read."""

from __future__ import annotations

from typing import Any

from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.problems import Wrong, nearest, shown, unknown_key
from detectors.reading.readers import ListOf, Reader, Word, read_keys
from detectors.rules.kind import keys_of, kinds
from detectors.rules.rule import Rule

MERGED = ("labels", "annotations")
UNITED = ("tags",)
ADDED = ("exceptions", "tags")


def all_keys() -> frozenset[str]:
    """The keys of all kinds."""
    return frozenset(keys_of(Rule)).union(*(keys_of(kind) for kind in kinds().values()), ("kind",))


def with_defaults(rule: Mapping, defaults: Mapping | None, known: frozenset[str]) -> Mapping:
    """The rule, with missing keys filled in from its file's defaults.

    ``labels`` and ``annotations`` are merged key by key, ``tags`` are combined. Keys that the rule's kind does not
    have are skipped.
    """
    if defaults is None:
        return rule
    pairs = {key: pair for key, pair in defaults.pairs.items() if key in known}
    for key, (at, node) in rule.pairs.items():
        inherited = pairs.get(key)
        if inherited is not None and key in MERGED and isinstance(node, Mapping) and isinstance(inherited[1], Mapping):
            node = Mapping(node.file, node.line, node.column, {**inherited[1].pairs, **node.pairs})  # noqa: PLW2901
        elif inherited is not None and key in UNITED:
            node = joined(inherited[1], node)  # noqa: PLW2901
        pairs[key] = (at, node)
    return Mapping(rule.file, rule.line, rule.column, pairs)


def joined(first: Node, second: Node) -> Sequence:
    """The items of two lists or single values, without duplicate texts."""
    items: list[Node] = []
    texts: set[str] = set()
    for node in (first, second):
        for item in node.items if isinstance(node, Sequence) else [node]:
            if isinstance(item, Scalar):
                if item.text in texts:
                    continue
                texts.add(item.text)
            items.append(item)
    return Sequence(second.file, second.line, second.column, items)


class _Node(Reader[Any]):
    def read(self, node: Node, place: Place) -> Node:
        if not isinstance(node, Mapping):
            place.fail(node, f"expected a mapping, found {node.what}")
        return node


_READERS: dict[str, Reader[Any]] = {
    "rules": ListOf(Word("the name of a rule"), one=True),
    "tags": ListOf(Word("a tag"), one=True),
    "set": _Node(),
    "add": _Node(),
}


def apply_overrides(nodes: list[tuple[Node, Place]], rules: dict[str, Mapping]) -> None:
    """Apply the overrides of all files to the rules (by name), and report problems."""
    tags = {name: _texts(rule.get("tags")) for name, rule in rules.items()}
    set_by: dict[tuple[str, str], Scalar] = {}
    for node, place in nodes:
        try:
            _apply(node, place, rules, tags, set_by)
        except Wrong:
            continue


def _texts(node: Node | None) -> set[str]:
    items = node.items if isinstance(node, Sequence) else [node]
    return {item.text for item in items if isinstance(item, Scalar)}


def _apply(
    node: Node,
    place: Place,
    rules: dict[str, Mapping],
    tags: dict[str, set[str]],
    set_by: dict[tuple[str, str], Scalar],
) -> None:
    if not isinstance(node, Mapping):
        place.fail(node, f"expected an override such as {{rules: [NAME], set: {{KEY: VALUE}}}}, found {node.what}")
    given = read_keys(node, place, _READERS, frozenset())
    chosen = _chosen(node, place, given, rules, tags)
    if "set" not in given and "add" not in given:
        place.fail(node, "an override needs 'set' or 'add'")
    known = all_keys()
    for key, at, value in given["set"].items() if "set" in given else ():
        below = place.at("set").at(key)
        if key in {"name", "kind"}:
            below.error(at, f"an override cannot change {key!r}")
            continue
        if key not in known:
            below.error(at, unknown_key(key, known))
            continue
        for name in chosen:
            first = set_by.setdefault((name, key), at)
            if first is not at:
                below.error(at, f"{key!r} of {name!r} is already set by the override at {first.file}:{first.line}")
                continue
            rule = rules[name]
            rules[name] = Mapping(rule.file, rule.line, rule.column, {**rule.pairs, key: (at, value)})
    for key, at, value in given["add"].items() if "add" in given else ():
        below = place.at("add").at(key)
        if key not in ADDED:
            below.error(at, f"an override can add exceptions and tags, found {shown(key)}{nearest(key, ADDED)}")
            continue
        for name in chosen:
            rule = rules[name]
            own = rule.get(key)
            more = value if own is None else joined(own, value)
            rules[name] = Mapping(rule.file, rule.line, rule.column, {**rule.pairs, key: (at, more)})


def _chosen(
    node: Mapping, place: Place, given: dict[str, Any], rules: dict[str, Mapping], tags: dict[str, set[str]]
) -> list[str]:
    if "rules" not in given and "tags" not in given:
        place.fail(node, "an override needs 'rules' or 'tags' to select the rules that it changes")
    wrong = False
    for name in given.get("rules", ()):
        if name not in rules:
            place.at("rules").error(node.pairs["rules"][1], f"unknown rule {shown(name)}{nearest(name, rules)}")
            wrong = True
    wanted = set(given.get("tags", ()))
    for tag in sorted(wanted):
        if not any(tag in own for own in tags.values()):
            place.at("tags").warning(node.pairs["tags"][1], f"no rule has the tag {shown(tag)}")
    if wrong:
        raise Wrong
    return [name for name in rules if name in given.get("rules", ()) or wanted & tags[name]]
