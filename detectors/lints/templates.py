"""Templates that print themselves, or nothing, for every alert of their rule or for some."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from detectors.conditions.nodes import Condition, Not
from detectors.lints.registry import of_rule
from detectors.rules.groups import source_field
from detectors.rules.rule import Rule
from detectors.rules.templates import METHODS, parsed
from detectors.rules.thresholds import Thresholds

_FIELDS = ("official", "country")
"""Names whose attributes fail if the alert has none."""


@of_rule
def missing_values(rule: Rule) -> Iterator[tuple[str, str]]:
    """``{{ country.name }}`` in a rule that asks for no country, ``{{ value }}`` in one that judges none."""
    for name, source in rule.annotations.items():
        if "{" in source:
            for said in dict.fromkeys(_said(rule, parsed(source))):
                yield "annotations", f"{name!r}: {said}"


def _said(rule: Rule, tree: nodes.Template) -> Iterator[str]:
    tested = _tested(tree)
    given = _asked(rule)
    for one in tree.find_all(nodes.Getattr):
        if not isinstance(one.node, nodes.Name):
            continue
        name = one.node.name
        if name in _FIELDS and rule.kind.READS_ARTICLES and name not in given | tested:
            yield (
                f"the rule asks for no {name}, and an article without one would show the template itself; write "
                f"{name}: {{exists: true}} into 'where', or {{% if {name} %}} into the template"
            )
        if name == "group" and one.attr not in rule.kind.group_fields() and one.attr not in METHODS:
            fields = ", ".join(f"group[{field!r}]" for field in rule.kind.group_fields()) or "no groups"
            yield f"the rule has no group {one.attr!r}: it has {fields}"
    lacking = _lacking(rule)
    for name in sorted({one.name for one in tree.find_all(nodes.Name)} & lacking - tested):
        yield f"alerts of kind {rule.kind.NAME} have no {name!r}: it prints as nothing"
    if "value" in rule.kind.SOMETIMES - tested:
        for used in tree.find_all(nodes.Filter):
            if used.name not in {"default", "d"} and isinstance(used.node, nodes.Name) and used.node.name == "value":
                yield (
                    "a rise from nothing has no 'value', and would show the template itself; "
                    f"write value | default('') before {used.name}, or {{% if value %}}"
                )


def _tested(tree: nodes.Template) -> set[str]:
    """The names in the tests of ``if``: the template says what to print without them."""
    tests = [one.test for one in tree.find_all(nodes.If)] + [one.test for one in tree.find_all(nodes.CondExpr)]
    names = {name.name for test in tests for name in test.find_all(nodes.Name)}
    return names | {test.name for test in tests if isinstance(test, nodes.Name)}


def _asked(rule: Rule) -> set[str]:
    """The fields that every article of the rule has, and those of its groups."""
    groups = () if rule.kind.groups_missing() else rule.kind.group_fields()
    fields = {*groups, rule.kind.value_field() or ""}
    found = {source_field(field) for field in fields if field}
    for condition in (rule.where, *rule.kind.conditions()):
        found |= set(_positive(condition))
    return found


def _positive(condition: Condition) -> Iterator[str]:
    if not isinstance(condition, Not):
        yield from condition.bound_fields()


def _lacking(rule: Rule) -> set[str]:
    kind = rule.kind
    thresholds = any(isinstance(getattr(kind, field), Thresholds) for field in kind.__struct_fields__)
    given = kind.SHOWS | ({"value", "threshold"} if thresholds else set()) | ({"window"} if kind.span() else set())
    return {"value", "threshold", "previous", "current", "window"} - given
