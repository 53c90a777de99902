"""Where reading begins, and of which log a commit is."""

import pytest

from streams.positions import Logs, Start, start_of


@pytest.mark.parametrize(
    ("committed", "another", "earliest", "end", "expected"),
    [
        (5, False, 0, 9, Start(5)),
        (9, False, 0, 9, Start(9)),
        (5, False, 5, 9, Start(5)),
        (5, True, 0, 9, Start(None, "another log")),
        (5, True, 7, 9, Start(None, "another log")),
        (5, False, 7, 9, Start(7, "expired", 2)),
        (5, False, 9, 9, Start(9, "expired", 4)),
        (12, False, 0, 9, Start(None, "beyond the end")),
        (12, False, 0, None, Start(12)),  # a broker that does not know the end exactly
    ],
)
def test_what_a_committed_offset_means(
    committed: int, another: bool, earliest: int, end: int | None, expected: Start
) -> None:
    assert start_of(committed, another_log=another, earliest=earliest, end=end) == expected


def test_a_commit_says_of_which_log_it_is() -> None:
    now, before = Logs({"articles": "b"}), Logs({"articles": "a"})
    assert now.of_another("articles", before.mark("articles"))
    assert not now.of_another("articles", now.mark("articles"))
    # Offsets that were set by hand, or by a version that wrote no mark, count.
    assert not now.of_another("articles", "")
    assert not now.of_another("articles", "reset by the desk")


def test_without_ids_every_commit_counts() -> None:
    assert Logs().mark("articles") == ""
    assert not Logs().of_another("articles", Logs({"articles": "a"}).mark("articles"))
