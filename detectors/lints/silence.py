"""Rules that can never fire because of their groups, exceptions, steps or input rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detectors.conditions.fields import field_named
from detectors.conditions.nodes import EVERY_ARTICLE, Has, Lacks
from detectors.conditions.predicates import Whole
from detectors.lints.conjuncts import conjuncts
from detectors.lints.registry import of_rule, of_set
from detectors.rules.groups import source_field
from detectors.rules.rule import Rule


@of_rule
def excepted_altogether(rule: Rule) -> Iterator[tuple[str, str]]:
    """An exception that every article of the rule meets."""
    wanted = conjuncts(rule.where)
    for exemption in rule.exceptions:
        if exemption.where == EVERY_ARTICLE or all(part in wanted for part in conjuncts(exemption.where)):
            yield (
                "exceptions",
                f"the rule can never fire: every article that meets 'where' meets {exemption.name!r}",
            )


@of_rule
def grouped_by_nothing(rule: Rule) -> Iterator[tuple[str, str]]:
    """A group field that the condition requires to be empty."""
    lacking = {part.field for part in conjuncts(rule.where) if isinstance(part, Lacks)}
    for field in () if rule.kind.groups_missing() else rule.kind.group_fields():
        if source_field(field) in lacking:
            yield rule.kind.GROUP_KEY, f"the rule can never fire: 'where' excludes articles with {field}"
    of = rule.kind.value_field()
    if of is not None and source_field(of) in lacking:
        yield "of", f"the rule can never fire: 'where' excludes articles with {of}"


@of_rule
def answered_at_once(rule: Rule) -> Iterator[tuple[str, str]]:
    """An absence whose wait no article can begin, because the article that begins it also answers it."""
    wait = rule.kind.answered_wait()
    if wait is not None:
        after, without = wait
        begins = (*conjuncts(rule.where), *conjuncts(after))
        if all(part in begins for part in conjuncts(without)):
            yield "without", "the rule can never fire: every article that begins the wait meets 'without'"


@of_rule
def asked_of_no_article(rule: Rule) -> Iterator[tuple[str, str]]:
    """A condition on articles in a rule that reads no articles."""
    for key, asked in (("where", rule.where != EVERY_ARTICLE), ("exceptions", bool(rule.exceptions))):
        if asked and not rule.kind.READS_ARTICLES:
            yield key, "a chain reads alerts, not articles: put this condition into the rules that it reads"


@of_set
def deaf_chains(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str, str]]:
    """A chain that reads too few rules, or rules whose alerts lack its group fields."""
    for chain in rules:
        if chain.kind.READS_ARTICLES or not chain.enabled:
            continue
        heard = [rule for rule in rules if rule.enabled and chain.kind.steps_met_by(rule) is not None]
        fields = set(chain.kind.group_fields())
        fit = [rule for rule in heard if fields <= set(rule.kind.group_fields())]
        if not heard:
            yield chain, "alerts", "the rule can never fire: it reads the alerts of no enabled rule"
        elif not fit:
            yield chain, "group_by", "the rule can never fire: no rule that it reads is grouped by these fields"
        else:
            yield from ((chain, key, said) for key, said in _steps_that_never_meet(chain, fit, sorted(fields)))
            named = _named(chain)
            unheard = [rule.name for rule in heard if rule not in fit and rule.name in named]
            if unheard:
                said = f"alerts of {', '.join(unheard[:5])} never count: these rules are not grouped by {_all(fields)}"
                yield chain, "group_by", said
        least = chain.kind.least_rules()
        if 0 < len(fit) < least:
            yield (
                chain,
                "at_least",
                f"the rule can never fire: it reads {len(fit)} rules, but needs alerts of {least:g}",
            )


def _named(chain: Rule) -> frozenset[str]:
    """The rules that a chain names: what it reads by tag may be anything."""
    inputs = (getattr(chain.kind, "alerts", None), *getattr(chain.kind, "steps", ()))
    return frozenset(name for one in inputs if one is not None for name in getattr(one, "rules", ()))


def _all(fields: set[str]) -> str:
    return ", ".join(sorted(fields))


def _steps_that_never_meet(chain: Rule, fit: list[Rule], fields: list[str]) -> Iterator[tuple[str, str]]:
    """A step that no rule grouped by these fields meets; steps whose rules never have a group in common."""
    steps: dict[int, list[Rule]] = {}
    for rule in fit:
        for step in chain.kind.steps_met_by(rule) or ():
            steps.setdefault(step, []).append(rule)
    number = len(getattr(chain.kind, "steps", ()))
    if not number:
        return
    for step in range(1, number + 1):
        if step not in steps:
            yield "steps", f"the rule can never fire: no rule of step {step} is grouped by {_all(set(fields))}"
            return
    for field in fields:
        values = [_values_of_step(rules, field) for rules in steps.values()]
        known = [one for one in values if one is not None]
        if len(known) > 1 and not frozenset.intersection(*known):
            yield "steps", f"the rule can never fire: the rules of its steps have no {field} in common"


def _values_of_step(rules: list[Rule], field: str) -> frozenset[str | float] | None:
    """The values of a group field that these rules' conditions allow; None if any."""
    found: frozenset[str | float] = frozenset()
    for rule in rules:
        allowed = [
            frozenset(predicate.names)
            for part in conjuncts(rule.where)
            if isinstance(part, Has)
            for attribute, predicate in part.tests
            if isinstance(predicate, Whole) and not predicate.negated and _grouped(part.field, attribute) == field
        ]
        if not allowed:
            return None
        found |= frozenset.intersection(*allowed)
    return found


def _grouped(field: str, attribute: str) -> str:
    """The group field that a condition's attribute gives."""
    known = field_named(field)
    return field if known is not None and known.main.name == attribute else f"{field}.{attribute}"
