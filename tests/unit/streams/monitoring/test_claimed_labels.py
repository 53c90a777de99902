"""Labels of claimed values: few, the frequent ones, and stable."""

import random

import pytest

from streams.monitoring import claimed_labels
from streams.monitoring.claimed_labels import ClaimedLabels


def test_a_frequent_value_gets_a_label_however_many_are_invented() -> None:
    ended: list[str] = []
    labels = ClaimedLabels(10, ended.append)
    drawn = random.Random(7)
    last = ""
    for number in range(5000):
        labels.label(f"invented-{number}")
        if drawn.random() < 0.1:
            last = labels.label("reuters.com")
    assert last == "reuters.com"
    assert "reuters.com" not in ended


def test_values_that_are_equally_frequent_do_not_take_turns() -> None:
    ended: list[str] = []
    labels = ClaimedLabels(10, ended.append)
    for _ in range(500):
        for number in range(20):
            labels.label(f"outlet-{number}")
    assert ended == []


def test_a_value_that_is_no_longer_heard_of_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claimed_labels, "HALVED_AFTER", 100)
    ended: list[str] = []
    labels = ClaimedLabels(2, ended.append)
    for _ in range(1000):
        labels.label("old")
        labels.label("steady")
    for _ in range(1000):
        labels.label("steady")
        labels.label("new")
    assert ended == ["old"]
    assert labels.label("new") == "new"
    assert labels.label("old") == "other"


def test_no_more_is_kept_than_a_bounded_number_of_values() -> None:
    labels = ClaimedLabels(10, lambda _: None)
    for number in range(1000):
        labels.label(f"invented-{number}")
    assert len(labels._labelled) == 10
    assert len(labels._candidates) == len(labels._inherited) == 40


@pytest.mark.parametrize(("claimed", "label"), [(None, "unknown"), ("", "unknown"), ("other", "other")])
def test_the_words_for_no_outlet_and_the_rest_take_no_place(claimed: str | None, label: str) -> None:
    labels = ClaimedLabels(1, lambda _: None)
    assert labels.label(claimed) == label
    assert labels.label("wire") == "wire"
