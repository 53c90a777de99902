"""Conditions on what is looked for in English articles only, in rules that read articles in any language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detectors.conditions.fields import EXTRACTED
from detectors.conditions.nodes import Condition, Has, Lacks, Not, Within
from detectors.lints.conjuncts import conjuncts
from detectors.lints.registry import of_rule
from detectors.rules.groups import source_field
from detectors.rules.rule import Rule

IN_ENGLISH = EXTRACTED.keys() - {"country"}
"""Fields whose values are found in English articles only."""


@of_rule
def denied_in_other_languages(rule: Rule) -> Iterator[tuple[str, str]]:
    """``not: {theme: x}`` where nothing else keeps to English: other articles neither meet nor fail it."""
    wanted = conjuncts(rule.where)
    if _in_english(wanted):
        return
    named = {source_field(field) for field in (*rule.kind.group_fields(), rule.kind.value_field() or "") if field}
    for part in wanted:
        blind = (_denied(part) & IN_ENGLISH) - named  # of a field that it groups by, another lint says more
        if blind:
            said = (
                f"only met by English articles: {', '.join(sorted(blind))} is not looked for in others, so that its "
                "absence is not known; say so with 'language: en', or ask for words of the text"
            )
            yield "where", said


@of_rule
def answered_in_english_only(rule: Rule) -> Iterator[tuple[str, str]]:
    """An absence whose wait any article begins, and only an English one can answer."""
    wait = rule.kind.answered_wait()
    if wait is None:
        return
    after, without = wait
    if _in_english((*conjuncts(rule.where), *conjuncts(after))):
        return
    blind = {field for part in conjuncts(without) if isinstance(part, Has | Within) for field in part.bound_fields()}
    if blind & IN_ENGLISH:
        said = (
            f"only answered by English articles: {', '.join(sorted(blind & IN_ENGLISH))} is not looked for in others, "
            "but they begin a wait; say 'language: en' in 'where', or answer with words of the text"
        )
        yield "without", said


def _denied(part: Condition) -> frozenset[str]:
    if isinstance(part, Lacks):
        return frozenset((part.field,))
    return part.condition.bound_fields() if isinstance(part, Not) else frozenset()


def _in_english(parts: Iterable[Condition]) -> bool:
    """Whether only articles of one language, or English ones, meet these conditions."""
    return any(
        (isinstance(part, Has) and part.field == "language")
        or (isinstance(part, Has | Within) and not part.bound_fields().isdisjoint(IN_ENGLISH))
        for part in parts
    )
