"""Counting stories in a moving window, against choosing afresh from each window."""

import sys
from functools import partial
from itertools import combinations
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.counting.copies import Copies
from detectors.counting.similarity import are_copies
from detectors.counting.stories import Stories
from detectors.facts.fact import Bound, Fact
from detectors.model.observation import Observation
from tests.property.detectors.harness import at, fingerprint, thorough

FEW = 4

facts = st.builds(
    lambda minute, name, story, source: Fact(
        Observation(
            rule="r",
            state="r",
            time=at(minute),
            article_id=name,
            content_hash=f"{story}{source}",
            fingerprint=fingerprint(story),
            distinct=source,
        )
    ),
    st.integers(0, 20),
    st.sampled_from("abcdefghijklmnop"),
    st.one_of(st.just(()), st.tuples(st.integers(0, 5), st.integers(10, 15))),
    st.sampled_from([None, "x", "y", "z"]),
)


def in_conflict(one: Fact, other: Fact, once_each: bool) -> bool:
    same = once_each and one.distinct is not None and one.distinct == other.distinct
    return same or one.article_id == other.article_id or are_copies(one.fingerprint, other.fingerprint)


def most(circle: list[Fact], once_each: bool) -> int:
    return max(
        size
        for size in range(len(circle) + 1)
        for chosen in combinations(circle, size)
        if not any(in_conflict(a, b, once_each) for a, b in combinations(chosen, 2))
    )


def stories(window: list[Fact], once_each: bool) -> int:
    """By definition: the largest choice from each set of linked articles, in order of event time if the set is large."""
    left, number = sorted(window), 0
    while left:
        circle = [left.pop(0)]
        for one in circle:
            linked = [other for other in left if in_conflict(one, other, once_each)]
            left = [other for other in left if other not in linked]
            circle += linked
        if len(circle) > FEW:
            picked: list[Fact] = []
            for one in sorted(circle):
                if not any(in_conflict(one, other, once_each) for other in picked):
                    picked.append(one)
            number += len(picked)
        else:
            number += most(circle, once_each)
    return number


@thorough
@given(st.lists(facts, max_size=24, unique_by=lambda fact: fact.order), st.booleans(), st.booleans(), st.randoms())
def test_a_moving_window(given_facts: list[Fact], once_each: bool, ordered: bool, dice) -> None:
    with patch("detectors.counting.stories.MOST_LINKED", FEW):
        copies = Copies()
        tally, window = Stories(copies, Bound(), once_each=once_each), []
        for fact in sorted(given_facts) if ordered else given_facts:
            copies.add(fact.fingerprint)
            tally.enter(fact)
            window.append(fact)
            while window and dice.randrange(4) == 0:
                left = window.pop(0 if ordered else dice.randrange(len(window)))
                # out of the window first, or dropped from the group: its fingerprint is removed first
                leave = [partial(tally.leave, left), partial(copies.remove, left.fingerprint)]
                for step in leave if dice.randrange(2) else reversed(leave):
                    step()
            if dice.randrange(3):
                assert tally.number() == stories(window, once_each)
                picked = tally.picked()
                assert len(picked) == tally.number()
                assert picked == sorted(picked)
                assert not any(in_conflict(a, b, once_each) for a, b in combinations(picked, 2))


@thorough
@given(st.lists(facts, max_size=10, unique_by=lambda fact: fact.order), st.booleans())
def test_choice_that_may_be_too_small_is_reported(given_facts: list[Fact], once_each: bool) -> None:
    with (
        patch("detectors.counting.stories.MOST_LINKED", FEW),
        patch("detectors.counting.stories.ASKED_AGAIN", len(given_facts)),
    ):
        copies, linked, said = Copies(), Bound(), False
        tally = Stories(copies, linked, once_each=once_each)
        for held, fact in enumerate(sorted(given_facts), 1):
            copies.add(fact.fingerprint)
            tally.enter(fact)
            number = tally.number()
            said |= linked.ask()
            assert said or number == most(sorted(given_facts)[:held], once_each)


def near_copies(number: int, dice: Random, kept: float) -> list[Fact]:
    """Articles of one story in random order: each keeps this share of the words, so that most are copies, not all."""
    wire = [dice.randrange(2**32) for _ in range(64)]
    minutes = dice.sample(range(20 * number), number)
    return [
        Fact(
            Observation(
                rule="r",
                state="r",
                time=at(minute),
                article_id=f"a{dice.randrange(20 * number)}",
                content_hash=str(minute),
                fingerprint=fingerprint(tuple(x if dice.random() < kept else dice.randrange(2**32) for x in wire)),
                distinct=dice.choice([None, *(f"s{n}" for n in range(number // 4))]),
            )
        )
        for minute in minutes
    ]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(70, 160), st.sampled_from([0.5, 0.6, 0.7, 0.95]), st.booleans())
def test_many_near_copies_in_random_order(seed: int, number: int, kept: float, once_each: bool) -> None:
    dice = Random(seed)
    with patch("detectors.counting.stories.MOST_LINKED", FEW):
        copies, window = Copies(), []
        tally, again = Stories(copies, Bound(), once_each=once_each), Stories(copies, Bound(), once_each=once_each)
        for fact in near_copies(number, dice, kept):
            copies.add(fact.fingerprint)
            tally.enter(fact)
            window.append(fact)
            while window and dice.randrange(3) == 0:
                window.sort()
                left = window.pop(dice.choice([0, 0, -1, dice.randrange(len(window))]))
                tally.leave(left)
                if dice.randrange(2):
                    tally.number()
                copies.remove(left.fingerprint)
            if dice.randrange(20) == 0:
                assert tally.number() == stories(window, once_each)
        for fact in dice.sample(window, len(window)):
            again.enter(fact)
        assert again.number() == tally.number() == stories(window, once_each)
        assert again.picked() == tally.picked()
        for fact in sorted(window):
            tally.leave(fact)
            window.remove(fact)
            if dice.randrange(8) == 0:
                assert tally.number() == stories(window, once_each)


def calls(number: int, kept: float, *, latest_first: bool) -> int:
    """Function calls that it takes to count near-copies as they enter a window, and as they leave it."""
    facts_of_story = near_copies(number, Random(1), kept)
    if latest_first:
        facts_of_story.sort(reverse=True)
    copies, seen = Copies(), 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal seen
        seen += event in {"call", "c_call"}

    for fact in facts_of_story:
        copies.add(fact.fingerprint)
    tally = Stories(copies, Bound(), once_each=True)
    sys.setprofile(count)
    try:
        for fact in facts_of_story:
            tally.enter(fact)
            tally.number()
        for fact in sorted(facts_of_story):
            tally.leave(fact)
            tally.number()
    finally:
        sys.setprofile(None)
    return seen


@pytest.mark.parametrize("latest_first", [False, True])
def test_the_work_of_near_copies_grows_with_their_number(latest_first: bool) -> None:
    few, many = (calls(number, 0.85, latest_first=latest_first) for number in (500, 1000))
    assert many <= 2.6 * few, (few, many)
