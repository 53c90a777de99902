"""`newswatch demo` without a terminal: its alerts, its summary, its exit, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.rigs.scan import scan

pytestmark = pytest.mark.alone

SAMPLES = Path(__file__).parents[4] / "streams" / "data" / "samples" / "articles.jsonl"
DEMO = [sys.executable, "-m", "streams.cli", "demo"]


def children_of(marker: str) -> list[str]:
    """Command lines of running processes that contain `marker`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if marker in line and int(process.name) != os.getpid():
            found.append(line)
    return found


@pytest.mark.slow
def test_your_own_articles_give_the_alerts_of_scan_and_exit_status_0() -> None:
    started = time.monotonic()
    command = [*DEMO, "--articles", str(SAMPLES), "--exit-when-idle", "--json", "--metrics-port", "19464"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert run.returncode == 0, run.stderr
    assert time.monotonic() - started < 60
    alerts = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(alerts) >= 10
    # A few samples are undated and take their arrival: the comparison leaves out their alerts.
    expected = {(alert["rule"], alert["id"]) for alert in scan(SAMPLES)}
    assert {(alert["rule"], alert["id"]) for alert in alerts} == expected
    for word in ("articles in", "dead letters", "articles/s", "median", "p99"):
        assert word in run.stderr
    assert "newswatch-demo" not in " ".join(children_of("newswatch-demo"))


@pytest.mark.slow
def test_ctrl_c_stops_everything() -> None:
    process = subprocess.Popen(
        [*DEMO, "--metrics-port", "19465"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell without job control ignores SIGINT in background processes.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    started = time.monotonic()
    first = process.stdout.readline()
    assert time.monotonic() - started < 30, "the first alert comes within 30 seconds"
    assert first.strip()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130), said
    assert "Traceback" not in said
    assert "articles in" in said
    deadline = time.monotonic() + 60
    while children_of("newswatch-demo") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert children_of("newswatch-demo") == []


def test_a_missing_file_is_reported_before_anything_starts() -> None:
    run = subprocess.run([*DEMO, "--articles", "nowhere.jsonl"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2
    assert "nowhere.jsonl" in run.stderr
    assert "Traceback" not in run.stderr
