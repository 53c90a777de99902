"""``chain``: alerts of other rules within a window, at least N of them or one for each step, in order or not.

```yaml
name: crackdown
kind: chain
steps:
  - {rules: [protests-surge]}
  - {rules: [arrests-surge], tags: [internet-cut]}
group_by: [country]
window: 48h
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated

from detectors.counting.counted import counted, newly_counted
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.kinds.sequence import evidence_in_order, judge_in_order, sequences_of
from detectors.machines.judgement import Judgement, reached
from detectors.machines.step_kinds import AnyOrderKind
from detectors.model.alert import Severity
from detectors.reading.readers import Boolean, Choice, ListOf, Number
from detectors.rules.chain_inputs import ChainInput, ChainInputReader, wrong_inputs
from detectors.rules.keys import SKIP
from detectors.rules.kind import Key, kind
from detectors.rules.rule import Rule
from detectors.rules.thresholds import ThresholdReader, Thresholds


@kind("chain")
class Chain(AnyOrderKind, frozen=True, kw_only=True):
    """Fires on alerts, each id counted once: at least N alerts, or at least one for each step.

    The steps come in any order; with ``in_order``, each by an alert with a later moment than that of the step before.

    An alert is in the window if one of its moments is; the moment of a state is its beginning.
    """

    READS_ARTICLES = False

    alerts: Annotated[ChainInput | None, Key(ChainInputReader(), "the alerts to count, with `at_least`")] = None
    at_least: Annotated[
        Thresholds | None,
        Key(
            ThresholdReader(Number(least=1, whole=True)),
            "the minimum number of alerts, or one by severity",
            harmless=True,
        ),
    ] = None
    distinct: Annotated[str, Key(Choice(("alert", "rule"), "way to count"), "what to count once; default: alert")] = (
        "alert"
    )
    steps: Annotated[
        tuple[ChainInput, ...],
        Key(ListOf(ChainInputReader(), least=1, most=32), "alerts of which each must occur, in any order"),
    ] = ()
    in_order: Annotated[
        bool, Key(Boolean(), "true: each step by an alert later than that of the step before", later=True)
    ] = False

    def wrong(self) -> Iterator[tuple[str, str]]:
        if self.alerts is None and not self.steps:
            yield "kind", "a chain needs alerts (with at_least) or steps"
        if self.alerts is not None and self.steps:
            yield "steps", "a chain has either alerts or steps, found both"
        if self.alerts is not None and self.at_least is None:
            yield "alerts", "the key 'at_least' is missing: the minimum number of alerts"
        if self.alerts is None and self.steps and self.at_least is not None:
            yield "at_least", "'at_least' goes with alerts, not with steps: each step must occur"

        if self.missing != SKIP:
            yield "missing", "a chain reads alerts: write 'missing' into the rules that it reads"
        if self.in_order and len(self.steps) < 2:
            yield "in_order", "'in_order' goes with two or more steps"

    def wrong_among(self, rule: Rule, rules: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
        yield from wrong_inputs(rule, rules, self._named(), "alerts" if self.alerts is not None else "steps")

    def _named(self) -> Iterator[tuple[str, str]]:
        for name in self.alerts.rules if self.alerts is not None else ():
            yield "alerts", name
        for number, step in enumerate(self.steps):
            for name in step.rules:
                yield f"steps[{number}]", name

    def steps_met_by(self, rule: Rule) -> tuple[int, ...] | None:
        if self.alerts is not None:
            return () if self.alerts.includes(rule) else None
        return tuple(number for number, step in enumerate(self.steps, 1) if step.includes(rule)) or None

    def least_rules(self) -> float:
        return self.at_least.least if self.at_least is not None and self.distinct == "rule" else 0

    def levels_counted(self) -> Thresholds | None:
        return self.at_least

    def judge(self, facts: Facts, moment: datetime, severity: Severity) -> Judgement:
        if self.in_order:
            return judge_in_order(facts, moment, self.window, len(self.steps), severity)
        if self.steps:
            return self.judge_steps(facts, moment, len(self.steps), severity)
        thresholds: Thresholds | None = self.at_least
        assert thresholds is not None
        return reached(thresholds, counted(facts, moment - self.window, moment, self._counts()), moment, severity)

    def _counts(self) -> str:
        return "article" if self.distinct == "alert" else self.distinct  # an alert takes the place of an article

    def grown(self, facts: Facts, fact: Fact) -> tuple[datetime, datetime]:
        if self.steps:
            return super().grown(facts, fact)
        return newly_counted(facts, fact, self.window, self._counts())

    def turned(self, facts: Facts, fact: Fact) -> Iterable[tuple[datetime, datetime]]:
        if self.in_order:
            turned = sequences_of(facts, len(self.steps)).turned
            return () if turned is None else (turned,)
        return self.step_times(facts, len(self.steps)).turned(fact, self.window) if self.steps else ()

    def grows(self, facts: Facts, fact: Fact) -> int:
        return sequences_of(facts, len(self.steps)).grown if self.in_order else super().grows(facts, fact)

    def evidence(self, facts: Facts, moment: datetime) -> list[Fact]:
        if self.in_order:
            return evidence_in_order(facts, moment, self.window, len(self.steps))
        return super().evidence(facts, moment)
