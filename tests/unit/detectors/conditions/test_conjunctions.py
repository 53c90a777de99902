from itertools import combinations

from detectors.conditions.conjunctions import Conjunctions


def test_finds_entries_whose_needs_are_all_present() -> None:
    needs = [frozenset(some) for size in range(5) for some in combinations("abcde", size)]
    found = Conjunctions((need, number) for number, need in enumerate(needs))
    for present in needs:
        assert sorted(found.met(set(present))) == [number for number, need in enumerate(needs) if need <= present]


def test_estimate_does_not_change_the_result() -> None:
    needs = [frozenset("ab"), frozenset("abc"), frozenset("c"), frozenset("bd")]
    guess = {"a": 1.0, "b": 0.1, "c": 0.5, "d": 0.0}
    found = Conjunctions(((need, number) for number, need in enumerate(needs)), guess.__getitem__)
    assert sorted(found.met(set("abc"))) == [0, 1, 2]


def test_no_entries() -> None:
    assert not Conjunctions[str, int](())
    assert Conjunctions[str, int](()).met({"a"}) == []
