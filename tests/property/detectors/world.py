"""A small world around the detectors: a log with partitions, workers that crash, a changelog, a watermark.

It runs the real :class:`Engine`, :class:`PartitionState` and :class:`Progress` in the order that DESIGN 5 prescribes
(send, then write, then acknowledge) and lets a random generator choose what happens next: how far each partition of
articles is read, which worker reports, how many observations a detector takes, where it crashes, and when one that was
stopped and replaced wakes up and writes the batch that it was processing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from zlib import crc32

import msgspec

from detectors.engine.firing import Firing
from detectors.engine.matching import Engine
from detectors.engine.outcome import Step
from detectors.engine.partition import PartitionState
from detectors.engine.scan import Scan
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle
from detectors.model.observation import Observation
from detectors.timeline.log import thinned
from detectors.timeline.watermark import Progress, ProgressReport

PROGRESS = "progress"


class CrashError(Exception):
    """A detector crashes here."""


class Sent:
    """The alerts that were sent, in order; readers count each id in its last revision."""

    def __init__(self) -> None:
        self.alerts: list[Alert] = []
        self.late = 0
        self.bounded = 0
        self.dropped = 0

    def take(self, firings: Iterable[Firing]) -> None:
        self.alerts += (firing.alert for firing in firings)

    def last(self) -> dict[str, Alert]:
        """Each id in its highest revision."""
        last: dict[str, Alert] = {}
        for alert in self.alerts:
            if alert.id not in last or last[alert.id].revision < alert.revision:
                last[alert.id] = alert
        return last


def scanned(engine: Engine, articles: Iterable[EnrichedArticle], until: datetime | None = None) -> Sent:
    """What ``newswatch scan`` sends."""
    sent, scan = Sent(), Scan(engine)
    for article in articles:
        sent.take(scan.feed(article))
    if until is not None:
        sent.take(scan.until(until))
    sent.late, sent.dropped, sent.bounded = scan.late, scan.dropped, scan.bounded
    return sent


class Record(msgspec.Struct, frozen=True):
    """A record of ``observations``: a report, or an observation with the partition and offset of its article."""

    report: ProgressReport | None = None
    observation: Observation | None = None
    origin: tuple[int, int] | None = None


class Detector:
    """One partition of ``observations``: only its queue and changelog survive a crash."""

    def __init__(self, engine: Engine, number: int, partitions: int) -> None:
        self.queue: list[Record] = []
        self.committed = 0
        self.died_at = 0
        self.changelog: dict[str, bytes] = {}
        self.written: list[list[tuple[str, bytes | None]]] = []
        self._engine = engine
        self._partitions = partitions
        self._owns = lambda key: crc32(key.encode()) % partitions == number
        self.judged: dict[int, datetime] = {}
        self.restart()

    def restart(self) -> None:
        """Drop the state in memory and rebuild it from the changelog."""
        self.position = self.committed
        self.progress = Progress(advance_when_silent=False)
        self.state = PartitionState(self._engine, self._owns)
        if PROGRESS in self.changelog:
            self.progress.load(self.changelog[PROGRESS])
        self.state.load((key, value) for key, value in self.changelog.items() if key != PROGRESS)

    def exchange_rules(self, engine: Engine) -> None:
        self._engine = engine
        self.state = self.state.with_rules(engine)

    def step(self, record: Record) -> list[Step]:
        if record.report is not None:
            watermark = self.progress.merge(record.report, datetime.max)
            steps = [self.state.pulse(record.report.pulses)]
            if watermark is not None:
                steps.append(self.state.advance(watermark))
            return steps + self.advance_chains()
        assert record.observation is not None
        replay = record.origin is not None and self.progress.is_replay(*record.origin)
        return [self.state.observe(record.observation, replay=replay)]

    def advance_chains(self) -> list[Step]:
        """Advance chains as far as all partitions have reported for the rules below."""
        below = [(depth, self.progress.judged(depth - 1, self._partitions)) for depth in range(1, self._engine.depths)]
        return [self.state.advance(time, depth=depth) for depth, time in below if time is not None]

    def write(self, steps: Iterable[Step], *, until: int | None = None) -> None:
        """Write the records of the steps to the changelog; crash after ``until`` records."""
        records: list[tuple[str, bytes | None]] = [
            one for step in steps for one in (*step.puts, *((key, None) for key in step.deletes))
        ]
        self.written.append(list(records))
        records.append(
            (PROGRESS, self.progress.dump())
        )  # last: everything that it reports as done must be written before it
        self._keep(records[:until])
        if until is not None and until < len(records):
            raise CrashError
        self.judged = self.state.judged

    def write_again(self, dice: Random) -> None:
        """A stale worker wakes up, and writes the batch that it was processing when it was stopped."""
        if self.written:
            self._keep(dice.choice(self.written))

    def _keep(self, records: Iterable[tuple[str, bytes | None]]) -> None:
        for key, value in records:
            if value is None:
                self.changelog.pop(key, None)
            else:
                self.changelog[key] = value


class World:
    """Several partitions of articles and of observations; ``dice`` chooses what happens next."""

    def __init__(self, engine: Engine, dice: Random, *, sources: int, detectors: int, crashes: bool = True) -> None:
        self.engine = engine
        self.sent = Sent()
        self.dice = dice
        self._crashes = crashes
        self.log: list[list[EnrichedArticle]] = [[] for _ in range(sources)]
        self._position = [0] * sources  # the worker's next offset
        self._committed = [0] * sources
        self._told = [0] * sources  # reported to all detectors up to here
        self._pulses: list[set[datetime]] = [set() for _ in range(sources)]
        self.detectors = [Detector(engine, number, detectors) for number in range(detectors)]

    def run(self, articles: Iterable[EnrichedArticle], until: datetime | None = None) -> Sent:
        """Append the articles in this order, and interleave everything else."""
        for article in articles:
            self.log[self.dice.randrange(len(self.log))].append(article)
            for _ in range(self.dice.randrange(8)):
                self.happen()
        self.settle()
        newest = max((article.event_time for log in self.log for article in log), default=until)
        if until is not None and newest is not None and until > newest:
            steps = sorted(self.dice.random() for _ in range(self.dice.randrange(8)))
            for time in (*(newest + (until - newest) * step for step in steps), until):
                for detector in self.detectors:
                    self.advance(detector, time)
                self.settle()
        return self.sent

    def advance(self, detector: Detector, time: datetime) -> None:
        """Advance event time without articles; repeat what a crash interrupts."""
        while True:
            step = detector.state.advance(time)
            self.send(step)
            try:
                detector.write([step], until=self._crash_at([step]))
            except CrashError:
                detector.restart()
                continue
            if self._crashes and self.dice.randrange(4) == 0:
                detector.restart()
            return

    def _crash_at(self, steps: list[Step]) -> int | None:
        """The number of changelog records after which a detector crashes; None: it does not."""
        if not self._crashes or self.dice.randrange(5):
            return None
        return self.dice.randint(0, 1 + sum(len(step.puts) + len(step.deletes) for step in steps))

    def happen(self) -> None:
        """One of the actions that may happen at any time."""
        what = self.dice.randrange(10)
        if what < 4:
            self.read(self.dice.randrange(len(self.log)))
        elif what < 6:
            self.report()
        elif what < 9:
            self.detect(self.dice.choice(self.detectors))
        elif self._crashes:
            self.die()

    def settle(self) -> None:
        """Let everything be read, reported and detected."""
        while any(place < len(log) for place, log in zip(self._position, self.log, strict=True)):
            self.read(self.dice.randrange(len(self.log)))
        while True:
            for detector in self.detectors:
                while detector.position < len(detector.queue):
                    self.detect(detector)
            if self._reported == self._done():
                return
            self.report(everywhere=True)

    _reported: tuple[object, ...] = ()

    def _done(self) -> tuple[object, ...]:
        """How far the articles are read, and the rules that chains hear of are judged."""
        return tuple(self._position), self.judged(everywhere=True)

    def read(self, number: int) -> None:
        """The worker of a partition reads an article; it may crash before or after it has settled it."""
        place = self._position[number]
        if place >= len(self.log[number]):
            return
        article = self.log[number][place]
        reading = self.engine.read(article)
        self.sent.take(reading.firings)
        self.sent.dropped += reading.dropped
        self.sent.bounded += reading.bounded
        for observation in reading.observations:
            self.send_observation(observation, (number, place))
        if self._crashes and self.dice.randrange(6) == 0:
            self._read_again(number)
            return
        if reading.pulse is not None:
            self._pulses[number].add(reading.pulse)
        self._position[number] = place + 1
        if self.dice.randrange(3) == 0:
            self._committed[number] = self._told[number]

    def _read_again(self, number: int) -> None:
        """The worker of a partition crashes, and loses what it has not reported."""
        self._position[number] = self.dice.randint(self._committed[number], self._told[number])
        self._pulses[number].clear()

    def send_observation(self, observation: Observation, origin: tuple[int, int] | None) -> None:
        queue = self.detectors[crc32(observation.key.encode()) % len(self.detectors)].queue
        queue.append(Record(observation=observation, origin=origin))

    def report(self, *, everywhere: bool = False) -> None:
        """A worker reports the progress of its partitions to all detectors."""
        numbers = range(len(self.log))
        owned = [n for n in numbers if everywhere or self.dice.randrange(3)]
        done = {n: self._position[n] for n in owned}
        newest = {n: max(a.event_time for a in self.log[n][: done[n]]) for n in owned if done[n]}
        report = ProgressReport(
            done=done,
            newest=newest,
            horizon=max(newest.values(), default=None),
            ends={n: len(self.log[n]) for n in numbers},
            judged=self.judged(everywhere),
            pulses=thinned((time for n in owned for time in self._pulses[n]), self.engine.log_grain),
        )
        refused = self._crashes and not everywhere and self.dice.randrange(4) == 0
        for detector in self.detectors:
            if not refused or self.dice.randrange(2):
                detector.queue.append(Record(report=report))
        if refused:  # only some have received it: report everything again
            return
        for number in owned:
            self._told[number] = max(done[number], self._told[number])
            self._pulses[number].clear()
        if everywhere:
            self._reported = self._done()

    def judged(self, everywhere: bool) -> dict[int, dict[int, datetime]]:
        """How far the detectors have come; a worker owns only some of them."""
        owned = [(n, one) for n, one in enumerate(self.detectors) if everywhere or self.dice.randrange(3)]
        layers = range(self.engine.depths - 1)
        return {layer: {n: one.judged[layer] for n, one in owned if layer in one.judged} for layer in layers}

    def detect(self, detector: Detector) -> None:
        """A detector takes a batch: send, then write, then acknowledge; it may crash between any two of these."""
        batch = detector.queue[detector.position : detector.position + self.dice.randint(1, 5)]
        again = detector.position < detector.died_at  # what is late now was processed before
        steps = [step for record in batch for step in detector.step(record)]
        detector.position += len(batch)
        for step in steps:
            self.send(step, again=again)
        try:
            detector.write(steps, until=self._crash_at(steps))
        except CrashError:
            detector.died_at = max(detector.died_at, detector.position)
            detector.restart()
            return
        detector.committed = detector.position

    def send(self, step: Step, *, again: bool = False) -> None:
        self.sent.take(step.firings)
        self.sent.late += 0 if again else step.late
        self.sent.dropped += step.dropped
        self.sent.bounded += step.bounded
        for observation in step.observations:
            self.send_observation(observation, None)

    def die(self) -> None:
        """Restart a detector between two batches, let a stale one write, or rewind a worker to its committed offset."""
        what = self.dice.randrange(3)
        if what == 0:
            self.dice.choice(self.detectors).write_again(self.dice)
        elif what == 1:
            self.dice.choice(self.detectors).restart()
        else:
            self._read_again(self.dice.randrange(len(self.log)))


def shuffled(articles: Iterable[EnrichedArticle], lateness: timedelta, dice: Random) -> list[EnrichedArticle]:
    """An order in which no article comes later than ``lateness`` after a newer one."""
    seconds = lateness.total_seconds()
    keyed = [(one.event_time + timedelta(seconds=dice.uniform(0, seconds)), n, one) for n, one in enumerate(articles)]
    return [one for _, _, one in sorted(keyed, key=lambda key: key[:2])]
