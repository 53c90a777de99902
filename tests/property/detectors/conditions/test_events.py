"""Conditions on events mean what the plain reading of them means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.conditions.lexicon import Lexicon
from detectors.conditions.reader import CONDITION
from detectors.conditions.view import ArticleView
from detectors.model.article import EnrichedArticle, Sentence, Span
from detectors.reading.context import Context, Place
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problems
from detectors.vocabulary import shipped_vocabulary
from tests.property.detectors.conditions.plain_events import EventWriter, event_met, some_events
from tests.rigs.examples import examples

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
TEXT = "one two. three four."
BOUNDS = [(0, 8), (9, 20)]
SPANS = [Span("text", start, start + 3, TEXT[start : start + 3]) for start in (0, 4, 9, 15)]


@settings(max_examples=examples(400), deadline=None)
@given(st.integers(0, 2**64))
def test_an_event_condition_means_what_it_says(seed: int) -> None:
    chance = Random(seed)
    asked = EventWriter(chance).event()
    problems = Problems()
    place = Place(Context(problems, shipped_vocabulary(), {}, {}))
    whole, local = (
        CONDITION.read(node, place)
        for source in ({"event": asked}, {"sentence": {"event": asked}})
        if (node := parse_yaml(json.dumps(source), "c", problems)) is not None
    )
    assert not problems.errors
    for _ in range(8):
        events = some_events(chance, SPANS)
        article = EnrichedArticle(
            id="a", text=TEXT, received_at=NOON, event_time=NOON, events=events,
            sentences=tuple(Sentence("text", start, end) for start, end in BOUNDS),
        )  # fmt: skip
        scene = ArticleView(article, Lexicon(whole.phrases())).whole
        assert whole.holds(scene) == event_met(asked, events), (asked, events)
        here = [
            [one for one in events if one.trigger is None or start <= one.trigger.start < end] for start, end in BOUNDS
        ]
        assert local.holds(scene) == any(event_met(asked, some) for some in here), (asked, events)
