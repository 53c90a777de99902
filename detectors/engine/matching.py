"""Match articles against the rules of a set: which rules an article meets, and what follows at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from detectors.conditions.bindings import Bindings
from detectors.conditions.fields import META
from detectors.conditions.lexicon import Lexicon
from detectors.conditions.values import position
from detectors.conditions.view import ArticleView
from detectors.conditions.work import MOST_STEPS, Work
from detectors.engine.firing import Firing, firing
from detectors.engine.outcome import Limit, Limited
from detectors.facts.fact import Fact
from detectors.garbage_collection import collector_waits
from detectors.index.rules import RuleConditions, RuleIndex
from detectors.loading.ruleset import RuleSet
from detectors.model.alert import Evidence, EvidenceSpan, GroupValue
from detectors.model.article import EnrichedArticle, MetaValue
from detectors.model.observation import Observation
from detectors.model.sightings import Seen
from detectors.rules.chain_inputs import depths, latenesses
from detectors.rules.groups import Found, groups_of
from detectors.rules.machine import Moment, alert_id
from detectors.rules.rule import Rule
from detectors.rules.seen import seen

MOST_GRAIN = timedelta(minutes=1)
"""The coarsest grain of the log: it keeps the first and last article of each minute, fewer if no rule needs them."""
MOST_SPANS = 40
"""Limit on evidence spans per article and rule."""
GROUP = 20
"""Steps of work that each group of an article costs."""


class Reading(Limited, frozen=True):
    """What follows from one article.

    ``firings`` are alerts of stateless rules; ``observations`` go to the detectors by key; ``pulse`` is the article's
    time if some rule needs the age or silence of the log. Every detector partition must know it before its watermark
    passes it.
    """

    firings: tuple[Firing, ...] = ()
    observations: tuple[Observation, ...] = ()
    pulse: datetime | None = None


class _Compiled(RuleConditions):
    """A rule with everything precomputed that does not depend on the article."""

    __slots__ = ("_fields", "rule")

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.where, rule.kind.conditions(), tuple(exemption.where for exemption in rule.exceptions))
        self.rule = rule
        self._fields: tuple[frozenset[str], tuple[frozenset[str], ...]] | None = None

    @property
    def fields(self) -> tuple[frozenset[str], tuple[frozenset[str], ...]]:
        """The fields with a positive condition in ``where`` and in each step; lazy, as most rules never match."""
        if self._fields is None:
            self._fields = self.where.bound_fields(), tuple(step.bound_fields() for step in self.steps)
        return self._fields


class Engine:
    """All enabled rules of a set, compiled. Immutable: a new set needs a new engine.

    ``depth_of`` is the layer of each rule (a chain is one above the rules that it reads), ``depths`` the number of
    layers; the watermark of a rule is that of its layer minus its ``lateness_of``. ``log_grain``: the resolution at
    which silence of the log must be known; None if rules need at most its beginning. ``log_lateness``: how late an
    article may be and still tell about the log.
    """

    def __init__(self, rules: RuleSet) -> None:
        with collector_waits():
            self._compile(rules)

    def _compile(self, rules: RuleSet) -> None:
        self.version = rules.version
        self.rules = {rule.name: rule for rule in rules.rules if rule.enabled}
        self.by_state = {rule.state: rule for rule in self.rules.values()}
        self.depth_of = depths(self.rules)
        self.depths = max(self.depth_of.values(), default=0) + 1
        self.lateness_of = latenesses(self.rules, self.depth_of)
        of_log = [rule.lateness for rule in self.rules.values() if rule.kind.NEEDS_LOG]
        self.needs_log, self.log_lateness = bool(of_log), max(of_log, default=timedelta())
        silences = [silence for rule in self.rules.values() if (silence := rule.kind.shortest_silence()) is not None]
        self.log_grain = min(*silences, MOST_GRAIN) if silences else None
        self.compiled = [_Compiled(rule) for rule in self.rules.values() if rule.kind.READS_ARTICLES]
        self.lexicon = Lexicon(
            dict.fromkeys(
                phrase for one in self.compiled for condition in one.conditions() for phrase in condition.phrases()
            )
        )
        self._index = RuleIndex(self.compiled)
        chains = [rule for rule in self.rules.values() if not rule.kind.READS_ARTICLES]
        self._chains_of: dict[str, list[tuple[Rule, tuple[int, ...]]]] = {}
        for rule in self.rules.values() if chains else ():
            chains_of = [(chain, steps) for chain in chains if (steps := chain.kind.steps_met_by(rule)) is not None]
            if chains_of:
                self._chains_of[rule.name] = chains_of

    def knows(self, state: str) -> bool:
        """Whether a rule state (of an observation) belongs to a rule of this set."""
        return state in self.by_state

    def matching(self, article: EnrichedArticle) -> list[str]:
        """The names of the rules that the article meets, in order of the set.

        It meets their ``where``, one of their steps if they have any, and none of their exceptions. Raises
        WorkLimitError as ``read`` does.
        """
        view = ArticleView(article, self.lexicon, Work(MOST_STEPS))
        return [self.compiled[number].rule.name for number in self._index.met(view)]

    def read(self, article: EnrichedArticle, work: Work | None = None) -> Reading:
        """Evaluate an article: alerts of stateless rules, observations for the others.

        ``work`` counts the steps it takes, by default up to MOST_STEPS. Raises WorkLimitError for an article that takes
        more: under the same rules always for the same articles, on any machine.
        """
        view = ArticleView(article, self.lexicon, work or Work(MOST_STEPS))
        firings: list[Firing] = []
        observations: list[Observation] = []
        limits: list[Limit] = []
        for number in self._index.met(view):
            one = self.compiled[number]
            found, left_out = self._observations(one, view)
            if left_out:
                limits.append(Limit(one.rule.name, "article_groups"))
            if not one.rule.kind.stateless():
                observations += found
                continue
            for observation in found:
                if not one.rule.schedule.open(observation.time):
                    limits.append(Limit(one.rule.name, "schedule"))
                    continue
                fact = Fact(observation)
                change = one.rule.kind.article_alert(one.rule, fact)
                firings.append(firing(one.rule, observation.group, change, self.version))
                moment = Moment(change.identity, fact.time, fact)
                observations += self.chain_observations(one.rule, observation.group, moment)
        return Reading(
            tuple(firings),
            tuple(observations),
            article.event_time if self.needs_log else None,
            limits=tuple(limits),
        )

    def _observations(self, one: _Compiled, view: ArticleView) -> tuple[list[Observation], bool]:
        """One observation for each group of the article, whatever number of steps it meets there."""
        rule, article = one.rule, view.article
        asked, asked_of_steps = one.fields
        bindings = Bindings()
        one.where.collect(view.whole, bindings)
        founds: list[tuple[int | None, Found, Bindings]] = []
        if one.steps:
            for number, (step, own_asked) in enumerate(zip(one.steps, asked_of_steps, strict=True), 1):
                if step.holds(view.whole):
                    own = Bindings()
                    step.collect(view.whole, own)
                    founds.append((number, Found(view, ((own, own_asked), (bindings, asked))), own))
        else:
            founds.append((None, Found(view, ((bindings, asked),)), bindings))
        distinct = _distinct(article, rule.kind.count_unit())
        if distinct is None and rule.kind.counts_known_alone():
            return [], False
        fields, of = rule.kind.group_fields(), rule.kind.value_field()
        by_group: dict[tuple[GroupValue, ...], tuple[list[int], list[Bindings], Found, dict[GroupValue, None]]] = {}
        left_out = False
        for step_number, found, own in founds:
            groups = groups_of(found, fields, of, rule.kind.groups_missing())
            left_out |= groups.left_out
            for group, values in groups.values.items():
                steps, met, _, all_values = by_group.setdefault(group, ([], [bindings], found, {}))
                if step_number is not None:
                    steps.append(step_number)
                    met.append(own)
                view.work.charge(GROUP + len(values))
                all_values.update(dict.fromkeys(values))
        # an article may have many groups, and usually the same evidence for all of them
        shown = {id(found): seen(found, (*fields, *([of] if of else ()))) for _, found, _ in founds} if by_group else {}
        evidence: dict[tuple[int, ...], Evidence] = {}
        for steps, met, _, _ in by_group.values():
            if (key := tuple(steps)) not in evidence:
                view.work.charge(sum(bindings.size for bindings in met))
                evidence[key] = _evidence(article, met, steps[0] if steps else None)
        return [
            Observation(
                rule=rule.name,
                state=rule.state,
                group=dict(zip(fields, group, strict=True)),
                time=article.event_time,
                article_id=article.id,
                content_hash=article.content_hash,
                fingerprint=article.fingerprint,
                steps=tuple(steps),
                distinct=distinct,
                values=tuple(values),
                known=rule.kind.known_among(found),
                number=rule.kind.number(found, dict(zip(fields, group, strict=True))),
                evidence=evidence[tuple(steps)],
                seen=shown[id(found)],
                rule_set_version=self.version,
            )
            for group, (steps, _, found, values) in by_group.items()
        ], left_out

    def chain_observations(self, rule: Rule, group: dict[str, GroupValue], moment: Moment) -> list[Observation]:
        """One observation for each chain that reads the rule's alerts."""
        observations = []
        for chain, steps in self._chains_of.get(rule.name, ()):
            fields = chain.kind.group_fields()
            if any(field not in group for field in fields):
                continue
            fact = moment.fact
            observations.append(
                Observation(
                    rule=chain.name,
                    state=chain.state,
                    group={field: group[field] for field in fields},
                    time=moment.time,
                    article_id=alert_id(rule.name, group, moment.identity),
                    steps=steps,
                    distinct=rule.name,
                    evidence=fact.evidence if fact is not None else None,
                    seen=fact.seen if fact is not None else Seen(),
                    rule_set_version=self.version,
                )
            )
        return observations


def _distinct(article: EnrichedArticle, what: str) -> str | None:
    """The value that is counted once; an empty text is none."""
    value: MetaValue | None = None
    if what == "source":
        value = article.source
    elif what == "language":
        value = article.language
    elif what.startswith(META):
        value = article.meta.get(what[len(META) :])
    return None if value is None or not str(value).strip() else str(value)


def _evidence(article: EnrichedArticle, met: list[Bindings], step: int | None) -> Evidence:
    spans: dict[EvidenceSpan, None] = {}
    for bindings in met:
        for what, places in bindings.spans.items():
            for span in places:
                spans[EvidenceSpan(span.in_, span.start, span.end, span.text, what)] = None
    return Evidence(
        article_id=article.id,
        url=article.url,
        title=article.title,
        source=article.source,
        published_at=article.published_at,
        step=step,
        spans=tuple(sorted(spans, key=lambda span: (*position(span), span.end, span.what))[:MOST_SPANS]),
    )
