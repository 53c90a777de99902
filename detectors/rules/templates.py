"""Annotations: sandboxed Jinja templates over an alert's values; a template that fails is shown as written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, wraps
from typing import Any

from jinja2 import Template, TemplateError, Undefined, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from detectors.reading.context import Place
from detectors.reading.nodes import Mapping as MappingNode
from detectors.reading.nodes import Node, Scalar
from detectors.reading.problems import nearest, shown
from detectors.reading.readers import JsonSchema, Reader, Word

NAMES = frozenset({
    "officials", "countries", "themes", "organisations", "terms", "events", "official", "country", "theme",
    "organisation", "term", "event", "article", "group", "count", "value", "threshold", "previous", "current",
    "severity", "window", "rule", "labels",
})  # fmt: skip
"""The names that a template may use."""

_PARTY = frozenset({"country", "name", "official", "class", "organisation"})
ATTRIBUTES: dict[str, frozenset[str]] = {
    "official": frozenset({"id", "name", "role", "class", "country", "organisation", "former"}),
    "country": frozenset({"code", "name"}),
    "event": frozenset({"type", "status", "actor", "target", "actors", "targets", "place", "sentence"}),
    "event.actor": _PARTY,
    "event.target": _PARTY,
    "event.place": frozenset({"code", "name"}),
    "article": frozenset({"article_id", "url", "title", "source", "published_at", "step", "spans"}),
}
"""The attributes of these names that a template may use."""

FILTERS = frozenset({
    "abs", "capitalize", "count", "default", "d", "dictsort", "e", "escape", "first", "float", "forceescape", "groupby",
    "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
    "reverse", "round", "select", "selectattr", "sort", "string", "striptags", "sum", "title", "tojson", "trim",
    "truncate", "unique", "upper", "wordcount",
})  # fmt: skip
LONGEST_TEMPLATE = 10_000
LONGEST_TEXT = 10_000
"""Limit on the characters of a rendered annotation; the rest is cut off."""


METHODS = frozenset({
    "capitalize", "endswith", "get", "items", "keys", "lower", "split", "startswith", "strip", "title", "upper",
    "values",
})  # fmt: skip
"""Methods that a template may call: none can turn a short text into a long one."""


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox without Python internals and without operations that use much memory or time."""

    intercepted_binops = frozenset(("*", "**", "%"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Jinja's own name
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise TypeError("only numbers can be multiplied")
        if operator == "**" and not (abs(left) <= 1e6 and abs(right) <= 8):
            raise OverflowError("the power is too large")
        if operator == "*":
            return left * right
        return left**right if operator == "**" else left % right


def _bounded(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a filter so that it refuses to run long, or to make a text of much more than ``LONGEST_TEXT`` characters."""

    @wraps(made)
    def limited(*given: Any, **named: Any) -> Any:
        if name == "round" and any(abs(one) > _MOST_DIGITS for one in (*given[1:], *named.values()) if _is_number(one)):
            raise OverflowError("the precision is too large")  # Jinja computes a power of ten with that exponent
        if name == "tojson" and (named or len(given) > 2):  # after Jinja's own argument and the value
            raise OverflowError("tojson takes no indent here: each level would be that long")
        if name in _GROWING:
            texts = [len(one) for one in (*given, *named.values()) if isinstance(one, str | tuple | list)]
            if math.prod(length + 1 for length in texts) > _MOST_WORK:
                raise OverflowError("the text becomes too long")
        made_of = made(*given, **named)
        if isinstance(made_of, str) and len(made_of) > LONGEST_TEXT:
            raise OverflowError("the text becomes too long")
        return made_of

    return limited


_GROWING = frozenset({"join", "replace"})
_MOST_WORK = 1_000_000
_MOST_DIGITS = 20


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _environment() -> _Environment:
    environment = _Environment(autoescape=False, cache_size=0)
    environment.filters = {name: _bounded(name, made) for name, made in environment.filters.items() if name in FILTERS}
    environment.globals.clear()
    return environment


_ENVIRONMENT = _environment()


@lru_cache(maxsize=16_384)
def check_template(source: str) -> str | None:
    """The problem of a template, or None."""
    if "{" not in source:
        return None
    try:
        tree = _ENVIRONMENT.parse(source)
        return next(_problems(tree), None)
    except TemplateError as error:
        return f"not a template: {error.message}"
    except RecursionError:
        return "not a template: nested too deep"
    except ValueError:  # a number with thousands of digits
        return "not a template: a number is too large"


def parsed(source: str) -> nodes.Template:
    """The syntax tree of a valid template."""
    return _ENVIRONMENT.parse(source)


def names_in(source: str) -> frozenset[str]:
    """The names that a valid template uses."""
    return frozenset(meta.find_undeclared_variables(parsed(source)) if "{" in source else ())


def _problems(tree: nodes.Template) -> Iterator[str]:
    for used in tree.find_all(nodes.Filter):
        if used.name not in FILTERS:
            yield f"unknown filter {shown(used.name)} in a template{nearest(used.name, FILTERS)}"
    yield from _forbidden(tree)
    for asked in tree.find_all(nodes.Getattr):
        name = _dotted(asked.node)
        known = ATTRIBUTES.get(name)
        if known is not None and asked.attr not in known:
            near = nearest(asked.attr, known) or "; expected one of " + ", ".join(sorted(known))
            yield f"{name!r} has no {shown(asked.attr)} in a template{near}"
    for name in sorted(meta.find_undeclared_variables(tree) - NAMES):
        near = nearest(name, NAMES) or "; expected one of " + ", ".join(sorted(NAMES))
        yield f"unknown name {shown(name)} in a template{near}"


def _dotted(node: nodes.Node) -> str:
    """``event.actor`` for that expression; empty for one of another form."""
    if isinstance(node, nodes.Name):
        return node.name
    above = _dotted(node.node) if isinstance(node, nodes.Getattr) else ""
    return f"{above}.{node.attr}" if above and isinstance(node, nodes.Getattr) else ""


def _forbidden(tree: nodes.Template) -> Iterator[str]:
    """Constructs that the sandbox allows, but that could run forever or fill the memory."""
    for loop in tree.find_all(nodes.For):
        if loop.recursive or any(True for _ in loop.find_all(nodes.For)):
            yield "a loop within a loop is not allowed in a template"
    if any(True for _ in tree.find_all((nodes.Macro, nodes.CallBlock, nodes.Include, nodes.Import, nodes.FromImport))):
        yield "macros and imports are not allowed in a template"
    if any(True for _ in tree.find_all((nodes.Extends, nodes.Block))):
        yield "blocks are not allowed in a template"
    if any(True for _ in tree.find_all((nodes.Assign, nodes.AssignBlock, nodes.With))):
        yield "'set' and 'with' are not allowed in a template"
    for call in tree.find_all(nodes.Call):
        name = call.node.attr if isinstance(call.node, nodes.Getattr) else ""
        if name not in METHODS:
            said = f"{shown(name)}{nearest(name, METHODS)}" if name else "something else"
            yield f"a template may call {', '.join(sorted(METHODS))}, found {said}"


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)


def render(source: str, names: Mapping[str, Any]) -> str:
    """Render the template to at most ``LONGEST_TEXT`` characters; return the template itself if it fails."""
    if "{" not in source:
        return source
    pieces: list[str] = []
    length = 0
    try:
        for piece in _compiled(source).generate(names):
            pieces.append(piece)
            length += len(piece)
            if length >= LONGEST_TEXT:
                break
    except Exception:  # noqa: BLE001 - a failing template must not stop the alert
        return source
    return "".join(pieces)[:LONGEST_TEXT]


def missing(name: str) -> Undefined:
    """The value of a name that the alert does not have: prints as nothing; its attributes fail."""
    return Undefined(name=name)


class TemplateReader(Reader[str]):
    """Read a template and check its syntax, names and filters."""

    def read(self, node: Node, place: Place) -> str:
        if isinstance(node, MappingNode):
            place.fail(node, "expected a text, found a mapping: put a template that begins with {{ in quotes")
        source = Word("a text", longest=LONGEST_TEMPLATE).read(node, place)
        problem = check_template(source)
        if problem is not None and isinstance(node, Scalar):
            place.fail(node, problem)
        return source

    def schema(self) -> JsonSchema:
        return {"type": ["string", "number", "boolean"]}
