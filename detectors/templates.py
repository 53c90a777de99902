"""Annotations: sandboxed Jinja over what an alert knows; a template that fails prints itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError, Undefined, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from detectors.loading.context import Place
from detectors.loading.nodes import Node, Scalar
from detectors.loading.readers import JsonSchema, Reader, Word
from detectors.problems import nearest, shown

NAMES = frozenset({
    "officials", "countries", "themes", "organisations", "terms", "official", "country", "theme", "organisation",
    "term", "article", "group", "count", "value", "threshold", "previous", "current", "severity", "window", "rule",
    "labels",
})  # fmt: skip
"""What a template may name."""

FILTERS = frozenset({
    "abs", "capitalize", "count", "default", "d", "dictsort", "e", "escape", "first", "float", "forceescape", "groupby",
    "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
    "reverse", "round", "select", "selectattr", "sort", "string", "striptags", "sum", "title", "tojson", "trim",
    "truncate", "unique", "upper", "wordcount",
})  # fmt: skip
LONGEST_TEMPLATE = 10_000
LONGEST_TEXT = 10_000
"""Characters of a rendered annotation; the rest is cut off."""


class _Environment(ImmutableSandboxedEnvironment):
    """No attribute of Python's own, no multiplication or power that could fill the memory."""

    intercepted_binops = frozenset(("*", "**", "%"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Jinja's own name
        if not all(isinstance(side, int | float) for side in (left, right)):
            raise TypeError("only numbers can be multiplied")
        if operator == "**" and not (abs(left) <= 1e6 and abs(right) <= 8):
            raise OverflowError("the power is too large")
        if operator == "*":
            return left * right
        return left**right if operator == "**" else left % right


def _environment() -> _Environment:
    environment = _Environment(autoescape=False, cache_size=0)
    environment.filters = {name: made for name, made in environment.filters.items() if name in FILTERS}
    environment.globals.clear()
    return environment


_ENVIRONMENT = _environment()


@lru_cache(maxsize=16_384)
def check_template(source: str) -> str | None:
    """What is wrong with a template, or None."""
    if "{" not in source:
        return None
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateError as error:
        return f"not a template: {error.message}"
    except RecursionError:
        return "not a template: nested too deep"
    unknown = sorted(meta.find_undeclared_variables(tree) - NAMES)
    if unknown:
        near = nearest(unknown[0], NAMES)
        return (
            f"unknown name {shown(unknown[0])} in a template{near or '; expected one of ' + ', '.join(sorted(NAMES))}"
        )
    for used in tree.find_all(nodes.Filter):
        if used.name not in FILTERS:
            return f"unknown filter {shown(used.name)} in a template{nearest(used.name, FILTERS)}"
    for loop in tree.find_all(nodes.For):
        if any(True for _ in loop.find_all(nodes.For)):
            return "a loop within a loop is not allowed in a template"
    if any(True for _ in tree.find_all((nodes.Macro, nodes.CallBlock, nodes.Include, nodes.Import, nodes.FromImport))):
        return "macros and imports are not allowed in a template"
    return None


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Template:
    return _ENVIRONMENT.from_string(source)


def render(source: str, names: Mapping[str, Any]) -> str:
    """The template's text, at most ``LONGEST_TEXT`` characters; the template itself where it fails in use."""
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
    except Exception:  # noqa: BLE001 - whatever an analyst's template runs into, the alert goes out
        return source
    return "".join(pieces)[:LONGEST_TEXT]


def missing(name: str) -> Undefined:
    """What a name stands for where an alert has nothing for it: prints as nothing, and fails when asked for more."""
    return Undefined(name=name)


class TemplateReader(Reader[str]):
    """A template, checked for syntax, names and filters."""

    def read(self, node: Node, place: Place) -> str:
        source = Word("a text", longest=LONGEST_TEMPLATE).read(node, place)
        problem = check_template(source)
        if problem is not None and isinstance(node, Scalar):
            place.fail(node, problem)
        return source

    def schema(self) -> JsonSchema:
        return {"type": ["string", "number", "boolean"]}
