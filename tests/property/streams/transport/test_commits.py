"""The commit rule against a slow, obvious oracle: walk up the log until a record is unfinished or not reported yet."""

from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.transport.commits import Commits

PARTITION = ("articles", 0)


def oracle(records: list[int], in_work: set[int], finished: set[int], committed: int, limit: int | None) -> int:
    """The offset after the last record up to which everything is finished, and reported."""
    reached = committed
    for offset in records:
        if offset < committed and offset not in in_work:
            continue  # one that is given to the agent once more holds back too
        if offset not in finished or (limit is not None and offset >= limit):
            break
        reached = offset + 1
    return reached if limit is None else max(committed, min(reached, limit))


@dataclass
class World:
    """A log with holes, its broker's committed offset, and one worker that reads it in order, as Faust does."""

    records: list[int]
    is_reported: bool
    generation: int = 1
    committed: int = 0
    position: int = 0
    read_offset: int = 0
    released: int = 0
    finished: set[int] = field(default_factory=set)
    in_flight: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.commits: Commits[tuple[str, int]] = Commits(lambda: self.generation, lambda partition: self.is_reported)

    def read(self, _: int) -> None:
        """Fetch the next record and hand it to the agent."""
        offset = next((offset for offset in self.records if offset >= self.position), None)
        if offset is None:
            return
        self.commits.fetch(PARTITION, offset, offset)
        if offset - self.read_offset > 1 and self.read_offset:
            self.commits.skip(PARTITION, self.read_offset + 1, offset)
        self.commits.taken(PARTITION, offset, self.generation)
        self.finished.discard(offset)  # given to the agent again after a seek: in work once more
        self.position, self.read_offset = offset + 1, offset
        self.in_flight.append((offset, self.generation))

    def settle(self, choice: int) -> None:
        """Finish any record in flight, of an older generation too."""
        if not self.in_flight:
            return
        offset, generation = self.in_flight.pop(choice % len(self.in_flight))
        assert self.commits.settle(PARTITION, offset, generation) == (generation == self.generation)
        if generation == self.generation:
            self.finished.add(offset)

    def report(self, choice: int) -> None:
        """Report, and have acknowledged, any offset from the committed one up to the one that is read next.

        After a seek, what was finished before it may be committed although it is still to be read again.
        """
        self.released = self.committed + choice % (max(self.position - self.committed, 0) + 1)
        self.commits.release({PARTITION: self.released})

    def commit(self, _: int) -> None:
        """Commit what may be committed, and compare it with the oracle."""
        in_work = {offset for offset, generation in self.in_flight if generation == self.generation} - self.finished
        limit = self.released if self.is_reported else None
        expected = oracle(self.records, in_work, self.finished, self.committed, limit)
        found = self.commits.next_commit(PARTITION, self.committed or None)
        assert (self.committed if found is None else max(found, self.committed)) == expected
        self.committed = expected

    def seek(self, _: int) -> None:
        """Read again from the committed offset, in the same generation."""
        self.position = self.read_offset = self.committed

    def rebalance(self, _: int) -> None:
        """Lose the partition and get it back: all that is not committed is read again."""
        self.generation += 1
        self.released = 0
        self.finished.clear()
        self.commits.revoke([PARTITION])
        assert self.commits.fetched_to(PARTITION) == 0
        self.seek(0)


#: Faust reports no hole right behind offset 0.
LOGS = st.lists(st.integers(0, 25), unique=True, max_size=18).map(sorted).filter(lambda log: 0 not in log or 1 in log)
ACTIONS = (
    World.read, World.read, World.read, World.settle, World.settle, World.commit, World.report, World.seek,
    World.rebalance,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    records=LOGS,
    is_reported=st.booleans(),
    steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 25)), max_size=80),
)
@example(
    records=[0, 1],
    is_reported=True,
    steps=[(step, 0) for step in (World.read, World.settle, World.report, World.seek, World.commit, World.report)],
)
@example(
    records=[0, 1],
    is_reported=False,
    steps=[(step, 0) for step in (World.read, World.settle, World.seek, World.commit, World.report)],
)
def test_commits_go_as_far_as_all_is_finished_and_reported_and_no_further(
    records: list[int], is_reported: bool, steps: list[tuple[object, int]]
) -> None:
    world = World(records, is_reported)
    for action, choice in steps:
        action(world, choice)  # type: ignore[operator]
    # Nothing waits for ever: once all is read, finished and reported, all is committed.
    world.rebalance(0)
    for _ in records:
        world.read(0)
    while world.in_flight:
        world.settle(0)
    world.released = 26
    world.commits.release({PARTITION: 26})
    world.commit(0)
    assert world.committed == max(records, default=-1) + 1


@given(st.lists(st.integers(0, 30), unique=True, max_size=20).map(sorted), st.integers(1, 5))
def test_holes_are_exactly_the_offsets_between_fetches(offsets: list[int], size: int) -> None:
    commits: Commits[tuple[str, int]] = Commits(lambda: 1, lambda partition: False)
    fetched = [offsets[start : start + size] for start in range(0, len(offsets), size)]
    for batch in fetched:
        commits.fetch(PARTITION, batch[0], batch[-1])
    found = {offset for _, start, end in commits.take_holes() for offset in range(start, end)}
    seen = {offset for batch in fetched for offset in range(batch[0], batch[-1] + 1)}
    assert found == (set(range(offsets[0], offsets[-1])) - seen if offsets else set())
    assert commits.fetched_to(PARTITION) == (offsets[-1] + 1 if offsets else 0)
    assert commits.take_holes() == []
