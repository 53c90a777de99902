"""Macros: named YAML fragments, substituted where the name is used."""

from __future__ import annotations

from detectors.reading.context import Place
from detectors.reading.nodes import Mapping, Node, Scalar
from detectors.reading.problems import nearest, shown

DEEPEST = 20
KEY = "macro"


def expanded(node: Node, place: Place) -> tuple[Node, Place]:
    """The node with ``macro: NAME`` replaced by the macro's body, and the place inside it.

    Only a macro whose body is a mapping can be combined with other keys. Unknown names, cycles, and a key that is both
    in the macro and beside it are problems.
    """
    while isinstance(node, Mapping) and KEY in node:
        at = node.pairs[KEY][1]
        if not isinstance(at, Scalar):
            place.at(KEY).fail(at, f"expected the name of a macro, found {at.what}")
        macros = place.context.macros
        held = macros.get(at.text)
        if held is None:
            known = nearest(at.text, macros) or (f"; the macros are {', '.join(sorted(macros)[:20])}" if macros else "")
            place.at(KEY).fail(at, f"unknown macro {shown(at.text)}{known}")
        if at.text in place.macros or len(place.macros) >= DEEPEST:
            cycle = " -> ".join((*place.macros, at.text))
            place.at(KEY).fail(at, f"the macro {at.text!r} contains itself: {cycle}")
        place.context.used_macros.add(at.text)
        place = place.inside(at.text)
        others = {key: pair for key, pair in node.pairs.items() if key != KEY}
        if not others:
            node = held
            continue
        if not isinstance(held, Mapping):
            place.fail(at, f"the macro {at.text!r} is {held.what}, which cannot be combined with other keys")
        for key in others:
            if key in held:
                place.fail(others[key][0], f"the key {key!r} is also in the macro {at.text!r}: write all: [...]")
        node = Mapping(node.file, node.line, node.column, {**held.pairs, **others})
    return node, place
