"""Explain over several articles: how near each group of a rule came to its threshold, and what held an alert back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from detectors.engine.firing import Firing
from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.facts.fact import Fact
from detectors.facts.facts import Facts
from detectors.loading.ruleset import RuleSet
from detectors.machines.events import EventKind
from detectors.machines.step_kinds import StepsKind
from detectors.model.alert import GroupValue
from detectors.model.article import EnrichedArticle
from detectors.model.observation import Observation, group_key
from detectors.reading.durations import format_duration
from detectors.rules.rule import Rule

MOST = 5
"""How many articles or moments of one sort to name."""


class GroupAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one group of a rule: ``said`` are sentences; ``articles`` the ids of those that counted."""

    rule: str
    kind: str
    group: dict[str, GroupValue]
    alerts: tuple[str, ...]
    articles: tuple[str, ...]
    said: tuple[str, ...]


class _Group:
    def __init__(self, group: dict[str, GroupValue]) -> None:
        self.group = group
        self.facts = Facts()
        self.late: list[tuple[str, datetime]] = []
        self.firings: list[Firing] = []


class Windows:
    """Runs the rules over articles in their order, as ``scan`` does, and remembers what counted for which group."""

    def __init__(self, rules: RuleSet, names: tuple[str, ...] = ()) -> None:
        self._engine = Engine(rules)
        self._scan = Scan(self._engine)
        self._wanted = frozenset(names) or frozenset(self._engine.rules)
        self._groups: dict[tuple[str, str], _Group] = {}
        self._newest: datetime | None = None

    def feed(self, article: EnrichedArticle) -> None:
        """Take the next article. Raises WorkLimitError if matching it exceeds the budget of work."""
        for observation in self._engine.read(article).observations:
            if observation.rule in self._wanted:
                self._take(observation)
        self._remember(self._scan.feed(article))
        self._newest = max(self._newest or article.event_time, article.event_time)

    def until(self, time: datetime) -> None:
        """Advance event time to ``time`` without further articles."""
        self._remember(self._scan.until(time))
        self._newest = max(self._newest or time, time)

    def _take(self, observation: Observation) -> None:
        rule = self._engine.rules[observation.rule]
        place = self._place(rule.name, observation.group)
        now = None if self._newest is None else self._newest - self._engine.lateness_of[rule.name]
        if now is not None and observation.time < now and not rule.kind.TAKES_LATE:
            place.late.append((observation.article_id, observation.time))
        else:
            place.facts.add(Fact(observation))

    def _remember(self, firings: list[Firing]) -> None:
        for one in firings:
            rule = self._engine.rules[one.alert.rule]
            if rule.name in self._wanted and not rule.kind.stateless():
                self._place(rule.name, one.alert.group).firings.append(one)

    def _place(self, rule: str, group: dict[str, GroupValue]) -> _Group:
        return self._groups.setdefault((rule, group_key(group)), _Group(group))

    def answers(self) -> Iterator[GroupAnswer]:
        """What became of each group for which an article counted, or that had an alert, rule by rule."""
        for name, rule in self._engine.rules.items():
            for (of, _), place in self._groups.items():
                if of == name:
                    alerts = {one.alert.id: one for one in place.firings}
                    yield GroupAnswer(
                        rule=name,
                        kind=rule.kind.NAME,
                        group=place.group,
                        alerts=tuple(alerts),
                        articles=tuple(dict.fromkeys(fact.article_id for fact in place.facts)),
                        said=tuple(self._said(rule, place)),
                    )

    def _said(self, rule: Rule, place: _Group) -> Iterator[str]:
        if isinstance(rule.kind, EventKind) and not rule.kind.waits_for_watermark():
            yield from _of_event(rule, rule.kind, place)
        elif rule.kind.waits_for_watermark():
            yield from self._of_state(rule, place)
        else:
            yield from _of_match(rule, place)
        if place.late:
            ids = ", ".join(f"{id_} ({time:%Y-%m-%d %H:%M})" for id_, time in place.late[:MOST])
            yield (
                f"too late: {ids}, more than {format_duration(self._engine.lateness_of[rule.name])} (`lateness`) "
                "behind an article before it"
            )
        for one in {firing.alert.id: firing.alert for firing in place.firings}.values():
            unsent = "" if rule.publish else ", not sent: publish is false"
            yield f"alert {one.starts_at:%Y-%m-%d %H:%M}, {one.severity}, {one.state}, count {one.count}{unsent}"

    def _of_state(self, rule: Rule, place: _Group) -> Iterator[str]:
        number = len({fact.article_id for fact in place.facts})
        yield f"{number} article{'s' if number != 1 else ''} counted"
        if self._newest is not None and not place.firings:
            judged = self._newest - self._engine.lateness_of[rule.name]
            yield (
                f"no alert: judged until {judged:%Y-%m-%d %H:%M}, which is the last article's time less `lateness`; "
                "--until TIME goes on"
            )
        if place.firings and rule.throttle:
            yield f"at most one alert a group and {format_duration(rule.throttle)} (`throttle`)"


def _of_event(rule: Rule, kind: EventKind, place: _Group) -> Iterator[str]:
    facts, span = place.facts, format_duration(kind.reach())
    judged = {fact.time: kind.judge(facts, fact.time, rule.severity) for fact in facts}
    if not judged:
        return
    best = max(judged.values(), key=lambda one: (one.met, one.count))
    levels = kind.levels_counted()
    if isinstance(kind, StepsKind):
        inside = facts.between(best.moment - kind.reach(), best.moment)
        met = sorted({step for fact in inside for step in fact.steps})
        order = " in this order" if len(met) == len(kind.steps) and not best.met else ""
        yield f"at best {len(met)} of {len(kind.steps)} steps within {span}: {', '.join(map(str, met))}{order}" + (
            "" if best.met else "; not met"
        )
    elif levels is not None:
        yield f"at best {best.number} of {levels.least:g} within {span}, until {best.moment:%Y-%m-%d %H:%M}"
    yield from _held_back(rule, [time for time, one in judged.items() if one.met], place)


def _of_match(rule: Rule, place: _Group) -> Iterator[str]:
    number = len({fact.article_id for fact in place.facts})
    yield f"{number} article{'s' if number != 1 else ''} met it"
    yield from _held_back(rule, [fact.time for fact in place.facts], place)


def _held_back(rule: Rule, met: list[datetime], place: _Group) -> Iterator[str]:
    """Why moments at which the condition was met have no alert of their own."""
    closed = [time for time in met if not rule.schedule.open(time)]
    if closed:
        opening = rule.schedule.next_opening(closed[0])
        until = f"; it opens {opening:%Y-%m-%d %H:%M}" if opening is not None else ""
        yield f"met outside its schedule: {_times(closed)}{until}"
    starts = {one.alert.starts_at for one in place.firings}
    again = [time for time in met if time not in starts and time not in closed]
    if starts and again:
        what = " and ".join(getattr(rule.kind, "once_per", ())) or "group"
        yield f"met again {_times(again)}: one alert for each {what} in {format_duration(rule.throttle)} (`throttle`)"


def _times(times: list[datetime]) -> str:
    more = f" and {len(times) - MOST} more" if len(times) > MOST else ""
    return ", ".join(f"{time:%Y-%m-%d %H:%M}" for time in times[:MOST]) + more
