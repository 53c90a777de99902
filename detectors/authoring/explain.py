"""Explain why a rule did or did not fire on an article: where each clause was met, or what came nearest to it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from detectors.authoring.events import event_in_words, nearest_event
from detectors.authoring.nearest import nearest_phrase, nearest_value
from detectors.authoring.wording import asked_of_text, asked_of_value
from detectors.conditions.bindings import TERM, Bindings
from detectors.conditions.event_values import EventValue
from detectors.conditions.events import Different, HasEvent
from detectors.conditions.lexicon import Lexicon
from detectors.conditions.nodes import Condition, Every, Has, Lacks, Not, Reads, Says, Some, Within
from detectors.conditions.values import Value, position
from detectors.conditions.view import ArticleView, Scene
from detectors.loading.ruleset import RuleSet
from detectors.model.alert import EvidenceSpan, GroupValue
from detectors.model.article import EnrichedArticle
from detectors.rules.groups import Found, groups_of
from detectors.rules.kind import Kind, keys_of
from detectors.rules.rule import Rule

MOST_PLACES = 20
"""Limit on the places to report for one clause."""


class Clause(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One condition evaluated on an article, or on the stretch of it that came nearest.

    ``values`` and ``places`` are what met it and where; ``nearest`` is what came nearest if nothing met it. ``stretch``
    is the sentence (or three sentences) on which the clauses below were evaluated.
    """

    clause: str
    met: bool
    asks: str = ""
    values: tuple[str, ...] = ()
    places: tuple[EvidenceSpan, ...] = ()
    nearest: str = ""
    stretch: str = ""
    clauses: tuple[Clause, ...] = ()


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A named condition of a rule: ``where``, an exception, or a step."""

    name: str
    clause: Clause


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """How a rule evaluates an article.

    ``met``: the article meets no exception, meets ``where`` and, if the rule has steps, one of them. ``excepted`` names
    the exceptions that it meets. ``groups`` are the groups that it counts for, with the values of ``of`` in each.
    """

    article_id: str
    rule: str
    kind: str
    met: bool
    why: str
    where: Clause
    exceptions: tuple[Explained, ...] = ()
    excepted: tuple[str, ...] = ()
    steps: tuple[Explained, ...] = ()
    groups: tuple[dict[str, GroupValue | tuple[GroupValue, ...]], ...] = ()


class Explainer:
    """Explains how the rules of a set evaluate articles."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = {rule.name: rule for rule in rules.rules}
        self._lexicon = Lexicon(
            dict.fromkeys(
                phrase for rule in rules.rules for condition in _conditions(rule) for phrase in condition.phrases()
            )
        )

    def explain(self, article: EnrichedArticle, names: tuple[str, ...] = ()) -> Iterator[Explanation]:
        """Explain an article for the named rules, or for all. Raises KeyError for an unknown rule."""
        view = ArticleView(article, self._lexicon)
        for name in names or self.rules:
            yield _explanation(self.rules[name], view)


def _conditions(rule: Rule) -> Iterator[Condition]:
    yield rule.where
    yield from (exemption.where for exemption in rule.exceptions)
    yield from rule.kind.conditions()


def _explanation(rule: Rule, view: ArticleView) -> Explanation:
    scene = view.whole
    where = _clause(rule.where, scene)
    exceptions = tuple(Explained(name=one.name, clause=_clause(one.where, scene)) for one in rule.exceptions)
    excepted = tuple(one.name for one in exceptions if one.clause.met)
    names = dict(_step_names(rule.kind))
    steps = tuple(
        Explained(name=names.get(id(step), f"step {number}"), clause=_clause(step, scene))
        for number, step in enumerate(rule.kind.conditions(), 1)
    )
    exists = where.met and not excepted and rule.kind.READS_ARTICLES
    groups, left_out = _groups(rule, view) if exists else ((), False)
    met = exists and (not steps or any(step.clause.met for step in steps))
    return Explanation(
        article_id=view.article.id,
        rule=rule.name,
        kind=rule.kind.NAME,
        met=met and bool(groups),
        why=_why(rule, where, excepted, steps, groups, left_out),
        where=where,
        exceptions=exceptions,
        excepted=excepted,
        steps=steps,
        groups=groups,
    )


def _step_names(kind: Kind) -> Iterator[tuple[int, str]]:
    """The conditions of a kind that have their own key (``after``, ``count``), by object identity."""
    for key, spec in keys_of(type(kind)).items():
        value = getattr(kind, spec.attribute)
        if isinstance(value, Condition):
            yield id(value), key


def _why(
    rule: Rule,
    where: Clause,
    excepted: tuple[str, ...],
    steps: tuple[Explained, ...],
    groups: tuple[dict[str, GroupValue | tuple[GroupValue, ...]], ...],
    left_out: bool,
) -> str:
    if not rule.kind.READS_ARTICLES:
        return "the rule reads alerts of other rules, not articles"
    if not where.met:
        return "the article does not meet 'where'"
    if excepted:
        return f"the article meets the exception {', '.join(map(repr, excepted))}"
    if steps and not any(step.clause.met for step in steps):
        return "the article meets 'where', but none of the steps"
    fields = rule.kind.group_fields()
    if not groups:
        of = rule.kind.value_field()
        return f"the article has no value for {', '.join((*fields, *([of] if of else ())))}, so no group"
    said = "one alert for the article" if rule.kind.stateless() else "the article counts"
    if fields:
        said += f" for {len(groups)} group{'s' if len(groups) > 1 else ''}" + (
            "; further groups are skipped" if left_out else ""
        )
    return said if rule.enabled else f"{said}, but the rule is not enabled"


def _groups(rule: Rule, view: ArticleView) -> tuple[tuple[dict[str, GroupValue | tuple[GroupValue, ...]], ...], bool]:
    """The groups as the engine determines them: a step's own condition on a field overrides that of ``where``."""
    bindings = Bindings()
    rule.where.collect(view.whole, bindings)
    layer = (bindings, rule.where.bound_fields())
    layers: list[tuple[tuple[Bindings, frozenset[str]], ...]] = []
    for step in rule.kind.conditions():
        if step.holds(view.whole):
            own = Bindings()
            step.collect(view.whole, own)
            layers.append(((own, step.bound_fields()), layer))
    if not rule.kind.conditions():
        layers.append((layer,))
    fields, of = rule.kind.group_fields(), rule.kind.value_field()
    found: dict[tuple[GroupValue, ...], dict[GroupValue, None]] = {}
    left_out = False
    for one in layers:
        groups = groups_of(Found(view, one), fields, of, rule.kind.groups_missing())
        left_out |= groups.left_out
        for group, values in groups.values.items():
            found.setdefault(group, {}).update(dict.fromkeys(values))
    made = []
    for group, values_of in found.items():
        named: dict[str, GroupValue | tuple[GroupValue, ...]] = dict(zip(fields, group, strict=True))
        if of is not None:
            named[of] = tuple(values_of)
        made.append(named)
    return tuple(made), left_out


def _clause(condition: Condition, scene: Scene) -> Clause:
    met = condition.holds(scene)
    if isinstance(condition, Within):
        return _within(condition, scene, met)
    if isinstance(condition, Not):
        inner = condition.condition
        if isinstance(inner, Some):
            return Clause(clause="none", met=met, clauses=tuple(_clause(one, scene) for one in inner.conditions))
        return Clause(clause="not", met=met, clauses=(_clause(inner, scene),))
    if isinstance(condition, Every | Some | Different):
        parts = tuple(_clause(one, scene) for one in condition.conditions)
        name = {Every: "all", Some: "any", Different: "all different"}[type(condition)]
        return Clause(clause=name, met=met, asks="" if parts or name == "any" else "every article", clauses=parts)
    name, asks = _named(condition)
    values, places = _found(condition, scene) if met else ((), ())
    nearest = "" if met else _nearest(condition, scene)
    return Clause(clause=name, met=met, asks=asks, values=values, places=places, nearest=nearest)


def _named(condition: Condition) -> tuple[str, str]:
    if isinstance(condition, Has):
        return condition.field, asked_of_value(condition)
    if isinstance(condition, Says | Reads):
        return condition.field, asked_of_text(condition)
    if isinstance(condition, Lacks):
        return condition.field, "none"
    return type(condition).__name__.lower(), ""


def _found(condition: Condition, scene: Scene) -> tuple[tuple[str, ...], tuple[EvidenceSpan, ...]]:
    """The values that met a clause, and their places, in reading order."""
    bindings = Bindings()
    condition.collect(scene, bindings)
    values = tuple(_value_in_words(value) for field in bindings.values for value in bindings.in_text_order(field))
    spans = dict.fromkeys(
        EvidenceSpan(span.in_, span.start, span.end, span.text, what)
        for what, places in bindings.spans.items()
        for span in places
    )
    return values, tuple(sorted(spans, key=lambda span: (*position(span), span.end, span.what))[:MOST_PLACES])


def _value_in_words(value: Value) -> str:
    if isinstance(value, EventValue):
        return event_in_words(value)
    return value.name if value.field in {"official", TERM} else str(value.code)


def _nearest(condition: Condition, scene: Scene) -> str:
    if isinstance(condition, Has | Lacks) and not scene.view.sees(condition.field):
        return f"{condition.field} was not looked for in an article in this language"
    if isinstance(condition, HasEvent):
        return nearest_event(condition, scene)
    if isinstance(condition, Has):
        return nearest_value(condition, scene)
    if isinstance(condition, Lacks):
        return f"found {', '.join(value.name for value in scene.values(condition.field)[:MOST_PLACES])}"
    if isinstance(condition, Says) and condition.negated:
        names = condition.terms.names
        return f"found {', '.join(dict.fromkeys(names[one] for one in scene.found(condition.field, names)))}"
    if isinstance(condition, Says | Reads):
        return nearest_phrase(condition, scene)
    return ""


def _within(condition: Within, scene: Scene, met: bool) -> Clause:
    """Explain a ``sentence`` or ``near`` by the first place where it is met, or by the place where most of it is."""
    scenes = condition.scenes(scene)
    if met:
        held = [one for one in scenes if condition.condition.holds(one)]
        first = held[0]
        more = f"; and {len(held) - 1} more" if len(held) > 1 else ""
        below = _clause(condition.condition, first)
        return Clause(clause=condition.reach, met=True, stretch=_text(first) + more, clauses=(below,))
    nearest = max(scenes, key=lambda one: _share(condition.condition, one), default=None)  # the first of the best
    if nearest is None:
        return Clause(clause=condition.reach, met=False, nearest="there is no text")
    below = _clause(condition.condition, nearest)
    return Clause(clause=condition.reach, met=False, stretch=_text(nearest), clauses=(below,))


def _share(condition: Condition, scene: Scene) -> float:
    """The share of a condition's parts that hold."""
    if condition.holds(scene):
        return 1.0
    parts = condition.parts()
    if not parts or isinstance(condition, Not):
        return 0.0
    shares = [_share(part, scene) for part in parts]
    return max(shares) if isinstance(condition, Some) else sum(shares) / len(shares)


def _text(scene: Scene) -> str:
    article = scene.view.article
    return " ".join(
        (article.title if part == "title" else article.text)[start:end] for part, start, end in scene.stretches
    )
