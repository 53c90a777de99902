"""A server that we start ends with us or on request, and reports why if it does not start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.processes.server_process import ServerError, ServerProcess

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state) and not state.startswith("Z")


def _gone(pid: int, within: float = 60.0) -> bool:
    deadline = time.monotonic() + within
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _alive(pid)


def _wait_for(text: str, process: ServerProcess) -> None:
    deadline = time.monotonic() + 60
    while text not in process.log_tail() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert text in process.log_tail()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"


def test_it_runs_until_it_is_stopped_and_stopping_twice_is_harmless(log: Path) -> None:
    process = ServerProcess(["sleep", "60"], log=log)
    assert process.running()
    assert _alive(process.pid)
    process.stop()
    process.stop()
    assert not process.running()
    assert not _alive(process.pid)
    assert process.wait() == 128 + signal.SIGTERM


def test_a_server_that_ignores_sigterm_is_killed_after_the_grace_period(log: Path) -> None:
    process = ServerProcess([sys.executable, "-c", DEAF], log=log, grace=0.3)
    _wait_for("deaf", process)
    process.stop()
    assert process.wait() == 128 + signal.SIGKILL
    assert not _alive(process.pid)


def test_a_kill_is_a_crash(log: Path) -> None:
    process = ServerProcess(["sleep", "60"], log=log)
    process.kill()
    assert process.wait() == 128 + signal.SIGKILL
    process.kill()


def test_output_and_exit_code_are_kept(log: Path) -> None:
    process = ServerProcess(["sh", "-c", "echo said; echo complained >&2; exit 3"], log=log)
    assert process.wait(60) == 3
    assert set(process.log_tail().splitlines()) == {"said", "complained"}
    with pytest.raises(ServerError, match=r"sh ended with exit code 3\n(.|\n)*complained"):
        process.require_running()


def test_a_missing_program_is_named(log: Path) -> None:
    with pytest.raises(ServerError, match=r"cannot start nowhere\n(.|\n)*nowhere"):
        ServerProcess(["/no/such/nowhere"], log=log)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_does_not_outlive_its_owner(tmp_path: Path, number: signal.Signals) -> None:
    code = (
        "import sys, time; from pathlib import Path; from streams.processes.server_process import ServerProcess\n"
        "process = ServerProcess(['sleep', '60'], log=Path(sys.argv[1]) / 'log')\n"
        "print(process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert _alive(pid)
        owner.send_signal(number)
    assert _gone(pid)


def test_ctrl_c_in_the_terminal_does_not_reach_it(tmp_path: Path) -> None:
    """The owner decides when the server stops: a worker must commit to its broker first."""
    process = ServerProcess(["sleep", "60"], log=tmp_path / "log")
    assert os.getpgid(process.pid) != os.getpgid(0)
    process.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's prctl")
def test_it_does_not_outlive_its_guard(log: Path) -> None:
    process = ServerProcess(["sleep", "60"], log=log)
    guard = int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(process.pid)]))
    os.kill(guard, signal.SIGKILL)
    assert _gone(process.pid)
