"""The commit rule, without a Faust app."""

import pytest

from streams.transport.commits import Commits

P = ("articles", 0)


class Generation:
    """The consumer group's generation, set by the test."""

    number = 3


@pytest.fixture
def generation() -> Generation:
    return Generation()


@pytest.fixture
def commits(generation: Generation) -> Commits[tuple[str, int]]:
    return Commits(lambda: generation.number, lambda partition: False)


@pytest.fixture
def reported(generation: Generation) -> Commits[tuple[str, int]]:
    return Commits(lambda: generation.number, lambda partition: True)


def settle(commits: Commits[tuple[str, int]], *offsets: int, generation: int = 3) -> None:
    for offset in offsets:
        commits.taken(P, offset, generation)
        commits.settle(P, offset, generation)


def test_no_commit_passes_the_lowest_offset_in_flight(commits: Commits[tuple[str, int]]) -> None:
    commits.taken(P, 10, 3)
    settle(commits, 11, 12)
    assert commits.lowest_in_flight(P) == commits.barrier(P) == 10
    assert commits.next_commit(P, 10) is None
    commits.settle(P, 10, 3)
    assert commits.next_commit(P, 10) == 13
    assert commits.next_commit(P, 13) is None


def test_an_acknowledgement_of_another_generation_is_ignored(
    commits: Commits[tuple[str, int]], generation: Generation
) -> None:
    commits.taken(P, 10, 3)
    generation.number = 4
    assert not commits.settle(P, 10, 3)
    assert not commits.settle(P, 10, None)
    assert commits.next_commit(P, 10) is None
    assert commits.lowest_in_flight(P) is None  # the copy of generation 3 blocks nothing


def test_nothing_is_committed_before_it_is_reported(reported: Commits[tuple[str, int]], generation: Generation) -> None:
    settle(reported, 10, 11, 12)
    assert reported.next_commit(P, 10) is None
    reported.release({P: 12})
    assert reported.next_commit(P, 10) == 12
    assert reported.next_commit(P, 12) is None
    reported.release({P: 13})
    assert reported.next_commit(P, 12) == 13


def test_a_release_ends_with_its_generation(reported: Commits[tuple[str, int]], generation: Generation) -> None:
    reported.release({P: 20})
    generation.number = 4
    settle(reported, 10, generation=4)
    assert reported.barrier(P) == 0
    assert reported.next_commit(P, 10) is None


def test_a_commit_does_not_pass_fetched_offsets_that_no_agent_received(
    commits: Commits[tuple[str, int]],
) -> None:
    settle(commits, 10, 11, 14)  # 12 and 13 are discarded records
    assert commits.next_commit(P, 10) == 12
    assert commits.next_commit(P, 12) is None


def test_a_range_without_records_is_passed_once_an_offset_behind_it_is_settled(
    commits: Commits[tuple[str, int]],
) -> None:
    settle(commits, 10, 11)
    commits.skip(P, 12, 15)
    commits.taken(P, 15, 3)
    assert commits.next_commit(P, 10) == 12
    commits.settle(P, 15, 3)
    assert commits.next_commit(P, 12) == 16


def test_the_record_behind_a_range_without_records_is_not_passed(commits: Commits[tuple[str, int]]) -> None:
    settle(commits, 10, 16)  # 15 is a discarded record
    commits.skip(P, 11, 15)
    assert commits.next_commit(P, 10) == 15


def test_a_range_at_the_end_of_a_log_is_passed_when_it_is_named(reported: Commits[tuple[str, int]]) -> None:
    settle(reported, 10)
    reported.pass_over(P, 11, 14)
    reported.release({P: 12})
    assert reported.next_commit(P, 10) == 12
    reported.release({P: 14})
    assert reported.next_commit(P, 12) == 14


def test_a_release_within_a_range_without_records_does_not_block_later_commits(
    reported: Commits[tuple[str, int]],
) -> None:
    settle(reported, 10, 20)
    reported.skip(P, 11, 20)
    reported.release({P: 15})
    assert reported.next_commit(P, 10) == 11
    reported.release({P: 21})
    assert reported.next_commit(P, 11) == 21


def test_an_offset_settled_while_partitions_move_stays_settled(
    commits: Commits[tuple[str, int]], generation: Generation
) -> None:
    commits.revoke([P])
    settle(commits, 10)
    generation.number = 4
    commits.taken(P, 10, 4)
    assert commits.next_commit(P, 10) is None
    commits.settle(P, 10, 4)
    assert commits.next_commit(P, 10) == 11


def test_a_partition_that_moved_is_forgotten(commits: Commits[tuple[str, int]]) -> None:
    settle(commits, 10)
    assert list(commits.pending()) == [P]
    commits.revoke([P, ("articles", 1)])
    assert list(commits.pending()) == []
    assert commits.next_commit(P, 10) is None


def test_offsets_below_the_committed_one_are_forgotten(commits: Commits[tuple[str, int]]) -> None:
    settle(commits, 3, 50)
    commits.skip(P, 4, 9)
    assert commits.next_commit(P, 50) == 51
    assert list(commits.pending()) == []


def test_holes_between_fetches_are_given_once_and_not_across_generations(
    commits: Commits[tuple[str, int]], generation: Generation
) -> None:
    commits.fetch(P, 5, 9)
    commits.fetch(P, 10, 11)
    commits.fetch(P, 20, 29)
    assert commits.fetched_to(P) == 30
    assert commits.take_holes() == [(P, 12, 20)]
    assert commits.take_holes() == []
    generation.number = 4
    assert commits.fetched_to(P) == 0
    commits.fetch(P, 40, 49)
    commits.fetch(P, 5, 6)  # after a seek back
    assert commits.take_holes() == []


def test_records_deleted_before_the_first_fetch_are_a_hole(reported: Commits[tuple[str, int]]) -> None:
    reported.begin(P, 0)
    reported.fetch(P, 5, 6)
    reported.fetch(P, 7, 9)
    assert reported.take_holes() == [(P, 0, 5)]
    reported.begin(P, 0)


def test_records_deleted_when_nothing_follows_them_are_a_hole_once(reported: Commits[tuple[str, int]]) -> None:
    reported.begin(P, 3)
    reported.pass_over(P, 3, 8)
    assert reported.take_holes() == [(P, 3, 8)]
    reported.fetch(P, 8, 8)
    assert reported.take_holes() == []
