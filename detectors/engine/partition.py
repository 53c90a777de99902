"""All rule state of one partition of ``observations``: a set of facts, from which everything else is derived."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import count

import msgspec

from detectors.engine.firing import Firing, firing
from detectors.engine.matching import Engine
from detectors.engine.outcome import Limit, Step
from detectors.facts.fact import Fact
from detectors.model.alert import GroupValue
from detectors.model.event_time import AHEAD, BEGINNING, INSTANT, LATEST
from detectors.model.observation import Observation, state_key
from detectors.rules.machine import Machine, Mark, Outcome
from detectors.rules.rule import Rule
from detectors.timeline.log_records import LogTimes, RecordedLog

MOST_GROUPS = 10_000
"""Limit on groups per rule and partition; the group observed longest ago is evicted first, and counted."""

_STORED_EACH = timedelta(minutes=1)
"""How often, in event time, to store a watermark from which nothing followed."""


class _WatermarkRecord(msgspec.Struct, frozen=True, tag="judged"):
    """The stored watermark of a layer."""

    watermark: datetime
    depth: int = 0


class _FactRecord(msgspec.Struct, frozen=True, tag="fact"):
    observation: Observation


class _MarkRecord(msgspec.Struct, frozen=True, tag="mark"):
    state: str
    group: dict[str, GroupValue]
    mark: Mark


_Record = _WatermarkRecord | _FactRecord | _MarkRecord | LogTimes
_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[_Record] = msgspec.msgpack.Decoder(_Record)


class _RuleState:
    """The groups of one rule state, and when each has something to do.

    ``depth`` is the rule's layer; its watermark lies ``lateness`` behind that of the layer.
    """

    __slots__ = ("agenda", "depth", "groups", "lateness", "rule", "scheduled")

    def __init__(self, rule: Rule, engine: Engine) -> None:
        self.rule = rule
        self.depth = engine.depth_of[rule.name]
        self.lateness = engine.lateness_of[rule.name]
        self.groups: OrderedDict[str, Machine] = OrderedDict()
        self.agenda: list[tuple[datetime, int, str]] = []
        self.scheduled: dict[str, datetime] = {}


class PartitionState:
    """The facts of one partition, for all rules and groups.

    ``owns`` tells whether a key belongs to this partition: groups that a rule lists exist before any article, each in
    only one partition.
    """

    def __init__(self, engine: Engine, owns: Callable[[str], bool] = lambda _key: True) -> None:
        self._engine = engine
        self._owns = owns
        self._log = RecordedLog(engine.log_grain)
        self._watermarks: dict[int, datetime] = {}  # by layer: articles, chains, chains of chains
        self._stored: dict[int, datetime] = {}
        self._judged_keys: dict[int, list[str]] = {}
        self._orphans: list[str] = []
        self._numbers = count()
        self._rules = {state: _RuleState(rule, engine) for state, rule in engine.by_state.items()}
        for kept in self._rules.values():
            self._add_initial_groups(kept)

    @property
    def watermark(self) -> datetime | None:
        """Event time up to which the log is complete as far as this partition knows, before lateness is subtracted."""
        return self._watermarks.get(0)

    @property
    def judged(self) -> dict[int, datetime]:
        """Up to where each layer of rules has come; below it nothing more follows once this step is stored."""
        return dict(self._watermarks)

    def groups(self) -> dict[str, int]:
        """How many groups each rule has here."""
        return {kept.rule.name: len(kept.groups) for kept in self._rules.values() if kept.groups}

    def load(self, records: Iterable[tuple[str, bytes]], appended: datetime | None = None) -> None:
        """Load the changelog records that were not deleted, each once and in any order, before anything else.

        Groups count as observed in the order of their newest facts. The next step deletes the facts of removed rules.

        Args:
            appended: a time at which the broker had appended all of the records. Versions before 0.2 took over times
                from the future: a watermark beyond it goes back to it, and what it decided ahead of time is decided
                again; facts and article times beyond it are deleted.
        """
        latest = LATEST if appended is None else appended + AHEAD
        groups: dict[str, tuple[str, dict[str, GroupValue], list[Fact], list[Mark]]] = {}
        for key, value in records:
            stored = _DECODER.decode(value)
            if isinstance(stored, _WatermarkRecord):
                depth = stored.depth
                self._judged_keys.setdefault(depth, []).append(key)
                judged = stored.watermark
                if appended is not None and judged > latest:
                    judged = appended
                self._stored[depth] = max(self._stored.get(depth, BEGINNING), judged)
                self._watermarks[depth] = self._stored[depth]
            elif isinstance(stored, LogTimes):
                times = tuple(time for time in stored.times if time <= latest)
                if times:
                    self._log.load(key, msgspec.structs.replace(stored, times=times))
                else:
                    self._orphans.append(key)
            else:
                owner = stored if isinstance(stored, _MarkRecord) else stored.observation
                time = stored.mark.time if isinstance(stored, _MarkRecord) else stored.observation.time
                if owner.state not in self._rules or time > latest:
                    self._orphans.append(key)
                    continue
                place = groups.setdefault(state_key(owner.state, owner.group), (owner.state, owner.group, [], []))
                if isinstance(stored, _MarkRecord):
                    place[3].append(stored.mark)
                else:
                    place[2].append(Fact(stored.observation))
        for _, _, facts, _ in groups.values():
            facts.sort()
        for state, group, facts, marks in sorted(groups.values(), key=lambda group: [f.time for f in group[2][-1:]]):
            kept = self._rules[state]
            machine = self._machine(kept, group, None)
            machine.restore(facts, marks, self._settled(kept))
            self._schedule(kept, machine)

    def __len__(self) -> int:
        """The number of facts and marks."""
        machines = (machine for kept in self._rules.values() for machine in kept.groups.values())
        return sum(len(machine.facts) + len(machine.marks) for machine in machines)

    def observe(self, observation: Observation, *, replay: bool = False) -> Step:
        """Process an observation; ``replay``: its article was acknowledged before.

        Raises:
            Exception: a detector failed; the state is as if the observation had not come.
        """
        kept = self._rules.get(observation.state)
        if kept is None:
            return Step(limits=(Limit(observation.rule, "unknown"),))
        fact = Fact(observation)
        known = kept.groups.get(observation.key)
        if known is not None and fact in known.facts:
            return Step()
        now = self._now(kept)
        late = now is not None and observation.time < now
        if late and (replay or not kept.rule.kind.TAKES_LATE):
            return Step() if replay else Step(limits=(Limit(kept.rule.name, "late"),))
        out = _StepBuilder(self._engine.version)
        if late:
            out.limits.append(Limit(kept.rule.name, "late"))
        machine = known or self._machine(kept, observation.group, out)
        kept.groups.move_to_end(machine.key)
        outcome = Outcome()
        machine.now = now
        try:
            machine.observe(fact, outcome)
            out.put(_fact_key(machine, fact), _FactRecord(observation))
            oldest = machine.facts.drop_oldest()
            if oldest is not None:
                outcome.facts_dropped.append(oldest)
                out.limits.append(Limit(kept.rule.name, "facts"))
            out.take(self._engine, machine, outcome)
        except Exception:
            self._undo(kept, machine, outcome, fact)
            raise
        self._schedule(kept, machine)
        return out.step()

    def _undo(
        self,
        kept: _RuleState,
        machine: Machine,
        outcome: Outcome,
        fact: Fact | None = None,
        after: datetime | None = None,
    ) -> None:
        """Put a group back to what its stored facts and marks say, after a step of it failed halfway."""
        facts = sorted(one for one in (*machine.facts, *outcome.facts_dropped) if one is not fact)
        written = {mark.suffix for mark in outcome.marks}
        marks = [one for one in (*machine.marks.values(), *outcome.marks_dropped) if one.suffix not in written]
        kept.scheduled.pop(machine.key, None)
        del kept.groups[machine.key]
        if facts or marks or self._is_initial(kept, machine):
            fresh = self._machine(kept, machine.group, None)
            fresh.restore(facts, marks, self._settled(kept))
            self._schedule(kept, fresh, after)

    def _now(self, kept: _RuleState) -> datetime | None:
        """The rule's watermark."""
        watermark = self._watermarks.get(kept.depth)
        return None if watermark is None else watermark - kept.lateness

    def _settled(self, kept: _RuleState) -> datetime | None:
        """The rule's watermark as last stored."""
        stored = self._stored.get(kept.depth)
        return None if stored is None else stored - kept.lateness

    def pulse(self, times: Iterable[datetime]) -> Step:
        """Record that the log contains articles with these times, whatever they are about.

        Late ones tell nothing: a feed may bring articles of many years at once.
        """
        watermark, lateness = self.watermark, self._engine.log_lateness
        if watermark is not None:
            times = [time for time in times if time >= watermark - lateness]
        record = self._log.add(times) if self._engine.needs_log else None
        puts = () if record is None else ((record.key, _ENCODER.encode(record)),)
        return Step(puts=puts, deletes=tuple(self._log.take_needless()))

    def advance(self, watermark: datetime, *, complete: bool = False, depth: int = 0) -> Step:
        """Advance to ``watermark``: judge what waited for it, and delete what is no longer needed.

        ``depth`` is the layer of rules: 0 reads articles. A chain's input is complete up to the watermark that all
        partitions of the layer below have reached and stored.
        ``complete``: event time is complete through ``watermark`` itself, without any lateness (the end of a test).
        Deletes only what is not needed to judge again from the watermark of an earlier step, so that a crash between
        sending and writing loses nothing.
        """
        known = self._watermarks.get(depth)
        if known is not None and watermark <= known and not complete:
            return self._without_orphans()
        self._watermarks[depth] = watermark
        out = _StepBuilder(self._engine.version)
        stored = self._stored.get(depth)
        worked = False
        for kept in self._rules.values():
            if kept.depth != depth:
                continue
            now = watermark + INSTANT if complete else watermark - kept.lateness
            while kept.agenda and kept.agenda[0][0] < now:
                due, _, key = heapq.heappop(kept.agenda)
                machine = kept.groups.get(key)
                if machine is None or kept.scheduled.get(key) != due:
                    continue
                worked = True
                del kept.scheduled[key]
                outcome = Outcome()
                try:
                    machine.advance(now, self._settled(kept) or BEGINNING, self._log.log, outcome)
                    out.take(self._engine, machine, outcome)
                except Exception as error:  # noqa: BLE001 - one group that fails must not stop all others
                    self._undo(kept, machine, outcome, after=now)
                    reason = f"{key}: {type(error).__qualname__}: {error}"
                    out.limits.append(Limit(kept.rule.name, "failed", reason=reason))
                    continue
                self._schedule(kept, machine, after=now)
        if depth == 0:
            self._prune_log(out, stored or BEGINNING)
        if worked or stored is None or watermark - stored >= _STORED_EACH:
            self._store(watermark, depth, out)
        out.deletes += self._orphans
        self._orphans.clear()
        return out.step()

    def _without_orphans(self) -> Step:
        orphans, self._orphans = tuple(self._orphans), []
        return Step(deletes=orphans)

    def _store(self, watermark: datetime, depth: int, out: _StepBuilder) -> None:
        key = f"~judged {watermark.isoformat()} {depth}"
        out.put(key, _WatermarkRecord(watermark, depth))
        out.deletes += [old for old in self._judged_keys.get(depth, ()) if old != key]
        self._judged_keys[depth] = [key]
        self._stored[depth] = watermark

    def _prune_log(self, out: _StepBuilder, settled: datetime) -> None:
        longest = max((kept.rule.lateness + kept.rule.kind.log_reach() for kept in self._rules.values()), default=None)
        if longest is not None and 0 in self._stored:
            self._log.log.drop_until(settled - longest - _STORED_EACH)
            out.deletes += self._log.take_needless()

    def _add_initial_groups(self, kept: _RuleState) -> None:
        for group in kept.rule.kind.initial_groups():
            key = state_key(kept.rule.state, group)
            if key not in kept.groups and self._owns(key):
                machine = kept.rule.kind.machine(kept.rule, group)
                machine.log = self._log.log
                kept.groups[key] = machine
                self._schedule(kept, machine)

    def _machine(self, kept: _RuleState, group: dict[str, GroupValue], out: _StepBuilder | None) -> Machine:
        key = state_key(kept.rule.state, group)
        machine = kept.groups.get(key)
        if machine is None:
            machine = kept.groups[key] = kept.rule.kind.machine(kept.rule, group)
            machine.log = self._log.log
            if out is not None and len(kept.groups) > MOST_GROUPS:
                _, oldest = kept.groups.popitem(last=False)
                kept.scheduled.pop(oldest.key, None)
                out.deletes += [_fact_key(oldest, fact) for fact in oldest.facts]
                out.deletes += [_mark_key(oldest, mark) for mark in oldest.marks.values()]
                out.limits.append(Limit(kept.rule.name, "groups"))
        return machine

    def _schedule(self, kept: _RuleState, machine: Machine, after: datetime | None = None) -> None:
        due = machine.due()
        planned = kept.scheduled.get(machine.key)
        if due is None:
            if planned is None and not machine.facts and not machine.marks and not self._is_initial(kept, machine):
                kept.groups.pop(machine.key, None)
            return
        if after is not None and due < after:
            due = after  # what is already due waits for the next watermark
        if planned is None or due < planned:
            kept.scheduled[machine.key] = due
            heapq.heappush(kept.agenda, (due, next(self._numbers), machine.key))

    @staticmethod
    def _is_initial(kept: _RuleState, machine: Machine) -> bool:
        return machine.group in kept.rule.kind.initial_groups()

    def with_rules(self, engine: Engine) -> PartitionState:
        """The state under another rule set: kept if a rule's condition, group and window are unchanged.

        The next :meth:`advance` deletes the facts of removed rules. Do not use this object afterwards.
        """
        new = PartitionState(engine, self._owns)
        new._log, new._watermarks, new._stored = self._log, self._watermarks, self._stored
        new._log.log.regrain(engine.log_grain)
        new._judged_keys, new._orphans = self._judged_keys, self._orphans
        for state, kept in self._rules.items():
            if state not in new._rules:
                for machine in kept.groups.values():
                    new._orphans += [_fact_key(machine, fact) for fact in machine.facts]
                    new._orphans += [_mark_key(machine, mark) for mark in machine.marks.values()]
                continue
            heir = new._rules[state]
            for key, machine in kept.groups.items():
                machine.now = new._now(heir)
                machine.rules_changed(heir.rule)
                heir.groups[key] = machine
                heir.scheduled.pop(key, None)
                new._schedule(heir, machine)
        return new


class _StepBuilder:
    """Collects the parts of a step."""

    def __init__(self, version: str) -> None:
        self._version = version
        self.firings: list[Firing] = []
        self.puts: list[tuple[str, bytes]] = []
        self.deletes: list[str] = []
        self.observations: list[Observation] = []
        self.limits: list[Limit] = []

    def put(self, key: str, stored: _Record) -> None:
        self.puts.append((key, _ENCODER.encode(stored)))

    def take(self, engine: Engine, machine: Machine, outcome: Outcome) -> None:
        rule = machine.rule
        # first whatever may fail: a step takes effect as a whole or not at all
        firings = [firing(rule, machine.group, change, self._version) for change in outcome.changes]
        heard = [one for moment in outcome.moments for one in engine.chain_observations(rule, machine.group, moment)]
        marks = [
            (_mark_key(machine, mark), _ENCODER.encode(_MarkRecord(rule.state, machine.group, mark)))
            for mark in outcome.marks
        ]
        self.firings += firings
        self.observations += heard
        self.puts += marks
        # facts first: without the mark, a machine would judge the remaining facts again
        self.deletes += [_fact_key(machine, fact) for fact in outcome.facts_dropped]
        self.deletes += [_mark_key(machine, mark) for mark in outcome.marks_dropped]
        if outcome.dropped:
            self.limits.append(Limit(rule.name, "schedule", outcome.dropped))
        if outcome.bounded:
            self.limits.append(Limit(rule.name, "facts", outcome.bounded))
        if machine.facts.linked.ask():
            self.limits.append(Limit(rule.name, "linked"))

    def step(self) -> Step:
        self.firings.sort(key=lambda one: (one.alert.updated_at, one.alert.rule, one.alert.id, one.alert.revision))
        return Step(
            tuple(self.firings),
            tuple(self.puts),
            tuple(self.deletes),
            tuple(self.observations),
            limits=tuple(self.limits),
        )


def _fact_key(machine: Machine, fact: Fact) -> str:
    return f"{machine.key} {fact.time.isoformat()} {fact.article_id} {fact.order[2]}"


def _mark_key(machine: Machine, mark: Mark) -> str:
    return f"{machine.key} {mark.suffix}"
