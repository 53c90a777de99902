"""The commands of the workers that a supervisor starts, and which of them it starts again."""

import sys
from pathlib import Path

import pytest

from streams.settings import Settings, load_settings
from streams.worker import supervisor
from streams.worker.supervisor import supervise, worker_command


def port_of(settings: Settings, index: int) -> str | None:
    flags = [flag for flag in worker_command(settings, index) if flag.startswith("metrics_port=")]
    return flags[0].partition("=")[2] if flags else None


def test_an_explicit_port_counts_up_even_if_it_is_the_default() -> None:
    assert [port_of(load_settings(metrics_port=9464), index) for index in range(2)] == ["9464", "9465"]
    assert [port_of(load_settings(metrics_port=0), index) for index in range(2)] == ["0", "0"]


def test_without_a_port_each_worker_takes_the_next_free_one() -> None:
    assert port_of(load_settings(), 1) is None


def test_workers_that_must_not_run_as_they_are_set_up_are_not_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def command(settings: Settings, index: int) -> list[str]:
        del settings, index
        return [sys.executable, "-c", "import sys; sys.exit(78)"]

    monkeypatch.setattr(supervisor, "worker_command", command)
    monkeypatch.setattr(supervisor, "CHECK_SECONDS", 0.01)
    assert supervise(load_settings(data_dir=tmp_path), 2) == 78
    lines = [record.getMessage() for record in caplog.records]
    assert sorted(lines) == [
        f"worker-{n} exited with status 78, for good; see its log: {tmp_path}/worker-{n}.log" for n in (0, 1)
    ]
