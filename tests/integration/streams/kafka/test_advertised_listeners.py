"""A broker that gives an address which is unreachable from here: the message says which address."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.brokers import embedded
from streams.processes.ports import answers, free_ports
from streams.processes.server_process import ServerProcess
from tests.rigs.waiting import wait_until

NOWHERE = "kafka-0.internal.invalid"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    (port,) = free_ports(1)
    command = [str(embedded._binary()), "broker", "--storage-engine", "memory://tansu/"]
    command += ["--listener-url", f"tcp://127.0.0.1:{port}", "--advertised-listener-url", f"tcp://{NOWHERE}:{port}"]
    process = ServerProcess(command, log=tmp_path / "broker.log", grace=2.0)
    try:
        wait_until(lambda: answers(port), 60, "the broker does not listen", every=0.1)
        yield port
    finally:
        process.stop()


@pytest.mark.broker
@pytest.mark.parametrize("words", [["topics", "create"], ["subscribe"]], ids=" ".join)
def test_the_address_is_named(words: list[str], broker: int) -> None:
    command = [sys.executable, "-m", "streams.cli", *words, "--brokers", f"127.0.0.1:{broker}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        f"newswatch: connecting to the broker at {NOWHERE}:{broker} failed: "
    )
    assert done.stderr.endswith("; is its advertised.listeners address reachable from here?\n")
