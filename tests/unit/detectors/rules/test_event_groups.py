"""Groups and templates of events: the parties that met the condition, of one and the same event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from detectors.authoring.rule_test_files import RuleTestArticle
from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.model.alert import Alert
from detectors.model.article import EnrichedArticle, Sentence, Span
from tests.unit.detectors.conditions.test_events import ATTACK, LAVROV, MEETING, NURTLEU, SANCTION, TEXT

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


def given(*events: Any, number: int = 0, text: str = "") -> EnrichedArticle:
    """An article with given events, as a rule test writes them."""
    article = msgspec.convert({"id": f"a{number}", "text": text, "events": list(events)}, RuleTestArticle)
    return article.enriched(number, NOON + timedelta(minutes=number), lambda read: read)


def alerts(folder: Path, rule: str, *articles: EnrichedArticle) -> list[Alert]:
    (folder / "rules.yaml").write_text(
        f"lists: {{central_asia: [KAZ, KGZ], known: [Kazakhstan, KAZ-USA, Islamic State]}}\n"
        f"rules:\n  - {{name: one, {rule}}}\n"
    )
    scan = Scan(Engine(load_rules(folder)))
    found = [firing.alert for article in articles for firing in scan.feed(article)]
    return found + [firing.alert for firing in scan.until(NOON + timedelta(days=3))]


def groups(folder: Path, rule: str, *articles: EnrichedArticle) -> list[dict[str, Any]]:
    return [alert.group for alert in alerts(folder, rule, *articles)]


SANCTIONS = {"type": "sanction", "actors": ["USA", "EU"], "targets": ["KAZ", "RUS", "Wagner"], "place": "KGZ"}
VISIT = {"type": "visit", "actors": [{"official": "Q9", "name": "Kim", "country": "KOR"}], "targets": ["UZB"]}
MET = {"type": "meeting", "actors": ["KAZ", "USA", "CHN"], "targets": ["USA", "CHN"]}


@pytest.mark.parametrize(
    ("rule", "events", "wanted"),
    [
        ("where: {event: sanction}, once_per: event.type", [SANCTIONS], [["sanction"]]),
        ("where: {event: sanction}, once_per: event.place", [SANCTIONS], [["KGZ"]]),
        ("where: {event: sanction}, once_per: event.actor", [SANCTIONS], [["USA"], ["EU"]]),
        ("where: {event: sanction}, once_per: event.target", [SANCTIONS], [["KAZ"], ["RUS"], ["Wagner"]]),
        ("where: {event: {target: RUS}}, once_per: event.target", [SANCTIONS], [["RUS"]]),
        ("where: {event: {target: {country: {in: central_asia}}}}, once_per: event.target", [SANCTIONS], [["KAZ"]]),
        (
            "where: {event: {actor: USA}}, once_per: event.participant",
            [SANCTIONS],
            [["USA"], ["EU"], ["KAZ"], ["RUS"], ["Wagner"]],
        ),
        ("where: {event: {participant: [USA, RUS]}}, once_per: event.participant", [SANCTIONS], [["USA"], ["RUS"]]),
        (
            "where: {event: {participant: {all: [USA, Wagner]}}}, once_per: event.participant",
            [SANCTIONS],
            [["USA"], ["Wagner"]],
        ),
        ("where: {event: {any: [{target: RUS}, {target: CHN}]}}, once_per: event.target", [SANCTIONS], [["RUS"]]),
        (
            "where: {event: {target: [RUS, KAZ]}}, once_per: [event.actor, event.target]",
            [SANCTIONS],
            [["USA", "KAZ"], ["USA", "RUS"], ["EU", "KAZ"], ["EU", "RUS"]],
        ),
        ("where: {event: {target: [RUS, KAZ]}}, once_per: event.pair", [SANCTIONS], [[["KAZ", "USA"]], [["RUS", "USA"]]]),
        ("where: {event: meeting}, once_per: event.pair", [MET], [[["KAZ", "USA"]], [["CHN", "KAZ"]], [["CHN", "USA"]]]),
        (
            "where: {event: {actor: USA, target: KAZ}}, once_per: [event.pair, event.actor, event.type]",
            [SANCTIONS],
            [[["KAZ", "USA"], "USA", "sanction"]],
        ),
        ("where: {event: visit}, once_per: [event.actor.official, event.actor]", [VISIT], [["Q9", "KOR"]]),
        ("where: {event: visit}, once_per: event.target.official", [VISIT], []),
        # one event: the actor of the one is not crossed with the target of the other
        (
            "where: {event: [visit, sanction]}, once_per: [event.actor, event.target]",
            [VISIT, {"type": "sanction", "actors": ["USA"], "targets": ["RUS"]}],
            [["KOR", "UZB"], ["USA", "RUS"]],
        ),
        # only of the events that met the condition; of all news where there is none
        ("where: {event: visit}, once_per: event.target", [VISIT, SANCTIONS], [["UZB"]]),
        ("once_per: event.target", [VISIT, {**SANCTIONS, "background": True}, {**MET, "status": "denied"}], [["UZB"], ["USA"], ["CHN"]]),
        ("where: {event: {place: {exists: false}}}, once_per: event.place", [VISIT], []),
    ],
)  # fmt: skip
def test_groups(tmp_path: Path, rule: str, events: list[Any], wanted: list[list[Any]]) -> None:
    found = groups(tmp_path, f"kind: match, {rule}", given(*events))
    assert [[list(v) if isinstance(v, tuple) else v for v in group.values()] for group in found] == wanted


def test_under_one_sentence_events_pair_with_what_is_there(tmp_path: Path) -> None:
    text = "One coup in Chad. Another coup in Peru."
    events = [
        {"type": "coup", "targets": ["TCD"], "trigger": {"in": "text", "start": 4, "end": 8, "text": "coup"}},
        {"type": "coup", "targets": ["PER"], "trigger": {"in": "text", "start": 26, "end": 30, "text": "coup"}},
    ]
    article = given(*events, text=text)
    article = msgspec.structs.replace(article, sentences=(Sentence("text", 0, 17), Sentence("text", 18, 39)))
    rule = "kind: match, where: {sentence: {event: coup, text: [one, another]}}, once_per: [event.target, term]"
    assert [tuple(group.values()) for group in groups(tmp_path, rule, article)] == [("TCD", "one"), ("PER", "another")]


def test_a_step_takes_precedence(tmp_path: Path) -> None:
    rule = (
        "kind: together, window: 1d, group_by: [event.target], where: {event: {target: [KAZ, RUS]}}, "
        "steps: [{event: sanction}, {event: threat}]"
    )
    first, second = given(SANCTIONS), given({"type": "threat", "targets": ["RUS", "PRK"]}, number=1)
    assert groups(tmp_path, rule, first, second) == [{"event.target": "RUS"}]


def test_corroboration_hangs_on_the_same_event(tmp_path: Path) -> None:
    rule = "kind: corroborated, distinct: meta.owner, where: {event: coup}, group_by: [event.target], window: 1d, at_least: 2"

    def said(number: int, country: str) -> EnrichedArticle:
        article = given({"type": "coup", "targets": [country]}, number=number)
        return msgspec.structs.replace(article, meta={"owner": str(number)})

    assert groups(tmp_path, rule, said(0, "TCD"), said(1, "NER"), said(2, "NER")) == [{"event.target": "NER"}]


@pytest.mark.parametrize(
    ("of", "wanted"),
    [("event.target", {"RUS", "Wagner"}), ("event.actor", {"USA"}), ("event.pair", {("RUS", "USA")})],
)
def test_known_values(tmp_path: Path, of: str, wanted: set[Any]) -> None:
    rule = f"kind: new_term, of: {of}, remember: 30d, learn: 1m, known: known, where: {{event: sanction}}, lateness: 0s"
    later = given({**SANCTIONS, "actors": ["USA", "Islamic State"]}, number=60)
    found = alerts(tmp_path, rule, given(), later)
    assert {tuple(alert.value) if isinstance(alert.value, tuple | list) else alert.value for alert in found} == wanted


@pytest.mark.parametrize(
    ("fields", "listed", "wanted"),
    [
        ("[event.target]", "[Kazakhstan, Wagner]", {("KAZ",), ("Wagner",)}),
        ("[event.pair]", "[[USA, Kazakhstan]]", {(("KAZ", "USA"),)}),
        ("[event.type, event.place]", "[[Coup, Niger]]", {("coup", "NER")}),
    ],
)
def test_listed_groups(tmp_path: Path, fields: str, listed: str, wanted: set[tuple[Any, ...]]) -> None:
    rule = (
        f"kind: flatline, group_by: {fields}, groups: {listed}, window: 6h, below: 1, where: {{event: {{status: any}}}}"
    )
    articles = [given({"type": "coup", "targets": ["PER"]}, number=60 * hour) for hour in range(30)]
    assert {tuple(group.values()) for group in groups(tmp_path, rule, *articles)} == wanted


def rendered(folder: Path, rule: str, template: str, *articles: EnrichedArticle) -> list[str]:
    rule = f"kind: match, {rule}, annotations: {{summary: {json.dumps(template)}}}"
    return [alert.annotations["summary"] for alert in alerts(folder, rule, *articles)]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ event.actor }} / {{ event.target }}", "United States / Kazakhstan"),
        ("{{ event }} {{ event.type }} {{ event.status }}", "sanction sanction happened"),
        ("{{ event.target.country }} {{ event.target.name }} {{ event.target.class }}.", "KAZ Kazakhstan ."),
        ('{{ event.actors | join(", ") }} - {{ event.targets | join(", ") }}', "United States, EU - Kazakhstan, Russia, Wagner"),
        ("{{ event.place }} {{ event.place.name }}", "KGZ Kyrgyzstan"),
        ("{{ events | length }}", "1"),
        ("{% if event.actor %}yes{% endif %}{% if event.place %}yes{% endif %}", "yesyes"),
    ],
)  # fmt: skip
def test_templates(tmp_path: Path, template: str, text: str) -> None:
    assert rendered(tmp_path, "where: {event: sanction}", template, given(SANCTIONS, VISIT)) == [text]


def test_what_is_unknown_prints_as_nothing(tmp_path: Path) -> None:
    template = (
        "[{{ event.actor }}{{ event.actor.country }}{{ event.place }}{{ event.sentence }}{{ event.target.class }}]"
    )
    assert rendered(tmp_path, "where: {event: attack}", template, given("attack")) == ["[]"]


def test_the_party_that_met_the_condition_comes_first(tmp_path: Path) -> None:
    template = '{{ event.target }} of {{ event.targets | join(", ") }}'
    found = rendered(tmp_path, "where: {event: {target: RUS}}", template, given(SANCTIONS))
    assert found == ["Russia of Russia, Kazakhstan, Wagner"]


def test_the_event_is_that_of_the_group(tmp_path: Path) -> None:
    template = "{{ event.actor }} visits {{ event.target }}"
    visits = [{"type": "visit", "actors": ["USA", "CHN"], "targets": ["KAZ"]}, {"type": "visit", "actors": ["RUS"], "targets": ["UZB", "KAZ"]}]  # fmt: skip
    found = rendered(tmp_path, "where: {event: visit}, once_per: [event.actor, event.target]", template, given(*visits))
    assert found == [
        "United States visits Kazakhstan",
        "China visits Kazakhstan",
        "Russia visits Uzbekistan",
        "Russia visits Kazakhstan",
    ]
    for field, group in (("event.pair", "Russia visits Uzbekistan"), ("event.participant", "Russia visits Uzbekistan")):
        assert group in rendered(tmp_path, f"where: {{event: visit}}, once_per: {field}", template, given(*visits))


def test_the_sentence_is_that_of_the_trigger(tmp_path: Path) -> None:
    article = msgspec.structs.replace(
        given(text=TEXT),
        events=(SANCTION, MEETING, ATTACK),
        sentences=tuple(Sentence("text", start, end) for start, end in ((0, 29), (30, 70), (71, len(TEXT)))),
    )
    template = "{% for one in events %}{{ one.sentence }}|{% endfor %}{{ event.actor }}"
    (found,) = rendered(tmp_path, "where: {event: [sanction, meeting]}", template, article)
    assert found == "Lavrov met Nurtleu in Astana.|The USA imposed sanctions on Kazakhstan.|Sergei Lavrov"
    assert LAVROV.name == "Sergei Lavrov"
    assert NURTLEU.country == "KAZ"


def test_a_long_sentence_is_cut_off(tmp_path: Path) -> None:
    text = "a coup " * 100
    events = [{"type": "coup", "trigger": {"in": "text", "start": 2, "end": 6, "text": "coup"}}]
    article = msgspec.structs.replace(given(*events, text=text), sentences=(Sentence("text", 0, len(text)),))
    (found,) = rendered(tmp_path, "where: {event: coup}", "{{ event.sentence }}", article)
    assert 390 < len(found) <= 400
    assert found.endswith("…")


def test_evidence_shows_the_trigger_and_the_parties(tmp_path: Path) -> None:
    parties = (Span("text", 0, 6, "Lavrov"), Span("text", 11, 18, "Nurtleu"))
    meeting = msgspec.structs.replace(MEETING, evidence=parties)
    article = msgspec.structs.replace(given(text=TEXT), events=(meeting,))
    (alert,) = alerts(tmp_path, "kind: match, where: {event: meeting}", article)
    assert [(span.text, span.what) for span in alert.evidence[0].spans] == [
        ("Lavrov", "event meeting"),
        ("met", "event meeting"),
        ("Nurtleu", "event meeting"),
    ]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ event.actr }}", "'event' has no 'actr' in a template; did you mean 'actor'?"),
        ("{{ event.actor.nam }}", "'event.actor' has no 'nam' in a template; did you mean 'name'?"),
        ("{{ evnt.actor }}", "unknown name 'evnt' in a template; did you mean 'event'?"),
    ],
)
def test_unknown_names_in_templates(tmp_path: Path, template: str, said: str) -> None:
    with pytest.raises(RuleSetError) as raised:
        rendered(tmp_path, "where: {event: coup}", template)
    assert said in str(raised.value)


def test_unknown_group(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match=r"unknown field 'event.actr': .*did you mean 'event.actor'"):
        groups(tmp_path, "kind: match, once_per: event.actr")
