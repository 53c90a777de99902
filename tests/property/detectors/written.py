"""Conditions as analysts write them, nearly all valid, as plain values to dump as JSON (which is YAML)."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.property.detectors.conditions.plain_events import EventWriter

PHRASES = st.sampled_from(["coup", "cancel*", "human rights", "Rahmon", "2020", "no"]) | st.integers(0, 9)
COUNTRIES = st.sampled_from(["KAZ", "Kazakhstan", "usa", "KGZ"])
NUMBERS = st.sampled_from([0, 0.5, 1, 3])


def _texts(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, a list of them, or operators over texts."""
    many = st.lists(value, min_size=1, max_size=3)
    several = value | many
    operators = st.fixed_dictionaries(
        {}, optional={"is": several, "any": several, "in": many, "not_in": many, "contains": several, "all": many}
    ).filter(bool)
    cased = st.fixed_dictionaries({}, optional={"cased": st.booleans()})
    return several | st.tuples(operators, cased).map(lambda both: {**both[0], **both[1]})


BOUNDS = NUMBERS | st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte", "is"]), NUMBERS, min_size=1)
SOUND = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "official": _texts(PHRASES)
            | st.fixed_dictionaries(
                {}, optional={"class": st.just("minister"), "country": _texts(COUNTRIES), "former": st.booleans(),
                              "role": _texts(PHRASES), "confidence": BOUNDS, "organisation": _texts(PHRASES)},
            ).filter(bool),
            "country": _texts(COUNTRIES) | st.fixed_dictionaries({"salience": st.just("main"), "in": st.just("asia")}),
            "theme": st.just("energy") | st.fixed_dictionaries({"is": st.just(["energy", "cyber"]), "score": BOUNDS}),
            "event": st.integers(0, 2**32).map(lambda seed: EventWriter(Random(seed)).event()),
            "text": _texts(PHRASES) | st.just({"matches": ["a+", "(?i)b"]}),
            "title": _texts(PHRASES),
            "source": _texts(PHRASES) | st.just({"exists": False}),
            "age": st.just({"gt": "2d"}) | st.just("90s"),
            "meta.tone": BOUNDS | st.booleans() | _texts(PHRASES),
        },
    ).filter(bool),
    lambda inner: st.dictionaries(st.sampled_from(["all", "any", "none"]), st.lists(inner, max_size=2), min_size=1, max_size=2)
    | st.dictionaries(st.sampled_from(["not", "sentence", "near"]), inner, min_size=1, max_size=2),
    max_leaves=5,
)  # fmt: skip
