"""A worker that was fenced looks for the other one before it joins again."""

from pathlib import Path

import pytest

from streams.settings import Settings
from streams.settings.group_refusals import FencedError
from streams.worker import fenced_mark
from streams.worker.fenced_mark import SPARE_SECONDS, FencedMark


class Clock:
    """Time passes only while the worker waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(fenced_mark, "monotonic", lambda: clock.now)
    monkeypatch.setattr(fenced_mark, "sleep", clock.sleep)
    return clock


def desk(folder: Path, name: str | None = "desk/1") -> Settings:
    (folder / "newswatch").mkdir(exist_ok=True)
    return Settings(data_dir=folder, instance_id=name, session_timeout_seconds=20)


def test_only_a_fenced_worker_of_this_instance_id_has_a_mark(tmp_path: Path) -> None:
    mark = FencedMark(desk(tmp_path))
    assert not mark.is_there
    mark.leave()
    assert FencedMark(desk(tmp_path)).is_there
    assert not FencedMark(desk(tmp_path, "desk/2")).is_there
    assert not FencedMark(desk(tmp_path, None)).is_there


def test_it_ends_while_the_other_one_is_a_member(tmp_path: Path, clock: Clock) -> None:
    mark = FencedMark(desk(tmp_path), lambda _: {"desk/1", "desk/2"})
    mark.leave()
    with pytest.raises(FencedError, match="instance_id 'desk/1', and fenced this one before; it is still") as found:
        mark.require_free()
    assert found.value.exit_status == 78
    assert clock.now == pytest.approx(20 + SPARE_SECONDS)
    assert mark.is_there, "the next start looks again"


@pytest.mark.parametrize("left", [{"desk/2"}, set(), None])
def test_it_goes_on_once_the_other_one_has_left(tmp_path: Path, clock: Clock, left: set[str] | None) -> None:
    mark = FencedMark(desk(tmp_path), lambda _: {"desk/1"} if clock.now < 5 else left)
    mark.leave()
    mark.require_free()
    assert clock.now == pytest.approx(5)
    assert not mark.is_there


def test_a_folder_that_takes_no_mark_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mark = FencedMark(desk(tmp_path, "x" * 300))
    mark.leave()
    assert not mark.is_there
    assert "so a restart would fence the other worker" in caplog.text
