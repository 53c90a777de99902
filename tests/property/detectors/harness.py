"""Hold a rule against an oracle: a few lines that read the whole log at once.

``check(rules, articles, oracle, dice)`` runs the articles through a scan in order, a scan in another order, and a
:class:`World` with partitions, repetitions and crashes; each must give the alerts of the oracle.

An oracle returns what it expects as ``{identity of the alert: what its last record must say}``; make the entries with
:func:`alert`.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
from detectors.model.alert import Alert, GroupValue
from detectors.model.article import Country, EnrichedArticle, Official, Theme
from detectors.rules.machine import alert_id
from detectors.rules.rule import Rule
from tests.property.detectors.world import Sent, World, scanned, shuffled
from tests.rigs.examples import examples

START = datetime(2020, 1, 1, tzinfo=UTC)
RANKS = {"info": 0, "warning": 1, "critical": 2}

#: For tests that run several worlds per example.
thorough = settings(deadline=None, max_examples=examples(300), suppress_health_check=[HealthCheck.too_slow])


def at(minutes: float) -> datetime:
    """The moment ``minutes`` after the beginning of 2020."""
    return START + timedelta(minutes=minutes)


def fingerprint(story: tuple[int, ...]) -> str:
    """Articles are copies if their tuples share a number at one of two places: not transitive, as in practice."""
    return base64.urlsafe_b64encode(array("I", story).tobytes()).decode().rstrip("=") if story else ""


class Given(NamedTuple):
    """A small article: minutes after START, and its extracted values."""

    minute: int
    id: str
    text: str = ""
    countries: tuple[str, ...] = ()
    source: str | None = None
    language: str | None = None
    themes: tuple[str | tuple[str, float], ...] = ()
    officials: tuple[str, ...] = ()
    story: tuple[int, ...] = ()
    meta: tuple[tuple[str, Any], ...] = ()

    @property
    def time(self) -> datetime:
        return at(self.minute)

    def enriched(self) -> EnrichedArticle:
        """The record that the detectors read."""
        return EnrichedArticle(
            id=self.id,
            text=self.text,
            source=self.source,
            language=self.language,
            published_at=self.time.isoformat(),
            received_at=self.time,
            event_time=self.time,
            meta=dict(self.meta),
            content_hash=repr(self),
            fingerprint=fingerprint(self.story),
            countries=tuple(Country(code) for code in self.countries),
            officials=tuple(Official(id=name.lower(), name=name) for name in self.officials),
            themes=tuple(Theme(one) if isinstance(one, str) else Theme(*one) for one in self.themes),
        )


def logs(*, most: int = 14, minutes: int = 300, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Given]]:
    """Logs of articles with these fields; a few articles come in two versions under one id."""
    minute = st.builds(lambda quarter, more: 15 * quarter + more, st.integers(0, minutes // 15), _BESIDE)
    given = {"minute": minute, "id": st.sampled_from(["", "", "", "x", "y"]), **fields}
    articles = st.fixed_dictionaries(given).map(lambda one: Given(**one))
    return st.one_of(st.lists(articles, max_size=most), st.lists(articles, min_size=most // 2, max_size=most)).map(
        numbered
    )


_BESIDE = st.sampled_from([0, 0, 1, 7, 14])
stories = st.tuples(st.integers(0, 3), st.integers(10, 13))


def numbered(articles: Sequence[Given]) -> list[Given]:
    """The articles in order of time, with ids a0, a1, ... if they have none."""
    return [one if one.id else one._replace(id=f"a{n}") for n, one in enumerate(sorted(articles, key=lambda a: a[0]))]


@lru_cache(maxsize=256)
def engine_of(rules: str) -> Engine:
    """The engine for the text of a rule file: ``rules: [...]``, or one rule."""
    text = rules if "rules:" in rules else f"rules:\n  - {{{rules}}}\n"
    with TemporaryDirectory() as folder:
        Path(folder, "rules.yaml").write_text(text)
        return Engine(load_rules(Path(folder)))


def only_rule(engine: Engine) -> Rule:
    (rule,) = engine.rules.values()
    return rule


class Expected(NamedTuple):
    """The expected last record of an alert; None is not compared."""

    severity: str | None = None
    state: str | None = None
    count: int | None = None
    value: float | None = None
    starts_at: datetime | None = None

    def fits(self, found: Alert) -> bool:
        return all(said is None or said == getattr(found, name) for name, said in self._asdict().items())


Wanted = dict[str, Expected]
Oracle = Callable[[Rule, list[Given], datetime], Wanted]


def alert(rule: Rule, group: dict[str, GroupValue], identity: datetime | str, **said: Any) -> tuple[str, Expected]:
    """One alert that an oracle expects: its id, from rule, group and interval, and its values."""
    text = identity if isinstance(identity, str) else identity.isoformat()
    return alert_id(rule.name, group, text), Expected(**said)


def check(
    rules: str,
    articles: Sequence[Given],
    oracle: Oracle | None,
    dice: Random,
    *,
    until: datetime | None = None,
    exact: bool = False,
    worlds: int = 2,
) -> Sent:
    """Check that every way of running the articles gives the same alerts, which the oracle expects.

    ``exact`` requires equal last records: right for states. For events the order may leave another count in the last
    update, or none between ``firing`` and the last: their rule, group, severity and revision are compared.
    ``until`` advances event time at the end. Returns what the scan in order sent.
    """
    dice = Random(dice.getrandbits(32))  # separate: a world makes thousands of choices, which Hypothesis cannot shrink
    engine = engine_of(rules)
    log = [one.enriched() for one in sorted(articles, key=lambda one: one.minute)]
    in_order = scanned(engine, log, until)
    assert in_order.late == 0
    end = max([until or START, *(one.event_time for one in log)])
    if oracle is not None:
        wanted = oracle(only_rule(engine), sorted(articles, key=lambda one: (one.minute, one.id)), end)
        _compare(in_order, wanted)
    lateness = min((rule.lateness for rule in engine.rules.values()), default=timedelta())
    other_order = shuffled(log, lateness, dice)
    _same(in_order, scanned(engine, other_order, until), exact)
    for _ in range(worlds):
        world = World(engine, dice, sources=dice.randint(1, 3), detectors=dice.randint(1, 3))
        _same(in_order, world.run(shuffled(log, lateness, dice), until), exact)
    return in_order


def _compare(sent: Sent, wanted: Wanted) -> None:
    found = sent.last()
    said = {key: _shown(found[key]) for key in found}
    assert found.keys() == wanted.keys(), (
        f"not expected: {[said[key] for key in found.keys() - wanted.keys()]}; "
        f"missing: {[wanted[key] for key in wanted.keys() - found.keys()]}"
    )
    for key, expected in wanted.items():
        assert expected.fits(found[key]), f"expected {expected}, found {said[key]}"


def _same(one: Sent, other: Sent, exact: bool) -> None:
    assert other.late == 0
    first, second = one.last(), other.last()
    assert {key: _core(a) for key, a in first.items()} == {key: _core(a) for key, a in second.items()}
    if exact:
        assert first == second


def _core(found: Alert) -> Any:
    return found.rule, found.group, found.state == "resolved", found.severity, found.revision


def _shown(found: Alert) -> dict[str, Any]:
    fields = ("rule", "state", "severity", "group", "count", "value", "starts_at", "updated_at", "revision")
    return {name: msgspec.to_builtins(getattr(found, name)) for name in fields}
