"""What child processes print is kept, within bounds, and passed on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.processes import output as module
from streams.processes.output import Output


def test_lines_are_kept_and_passed_on(tmp_path: Path) -> None:
    passed: list[bytes] = []
    file = tmp_path / "worker-0.log"
    file.write_bytes(b"before\n")
    output = Output(file, passed.append)
    subprocess.run([sys.executable, "-c", "print('one'); print('two', end='')"], stdout=output.descriptor, check=True)
    output.close(60)
    assert passed == [b"one\n", b"two"]
    assert file.read_bytes() == b"before\none\ntwo"


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    output = Output(tmp_path / "worker-0.log", lambda _: None)
    for number in range(1000):
        os.write(output.descriptor, b"%09d\n" % number)
    output.close(60)
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["worker-0.log", "worker-0.log.1"]
    assert all(file.stat().st_size <= 1000 for file in tmp_path.iterdir())
    assert (tmp_path / "worker-0.log").read_bytes().endswith(b"000000999\n")


def test_neither_a_full_disk_nor_a_closed_output_stops_a_child(tmp_path: Path) -> None:
    def refuse(line: bytes) -> None:
        raise BrokenPipeError

    output = Output(tmp_path / "nowhere" / "worker-0.log", refuse)
    for _ in range(10_000):  # more than a pipe holds
        os.write(output.descriptor, b"x" * 99 + b"\n")
    output.close(60)
