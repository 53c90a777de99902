"""Rules that never finish loading end the start of a worker, whatever runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from streams.hot_reload.load_limit import load_limit

ENDLESS = """
from pathlib import Path
from streams.hot_reload.load_limit import load_limit

with load_limit(Path("desk"), 0.3):
    7 ** (10 ** 9)  # one instruction: no thread and no handler of Python runs meanwhile
"""


def test_what_never_ends_is_ended_with_the_setting() -> None:
    done = subprocess.run([sys.executable, "-c", ENDLESS], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr == (
        "newswatch: loading the rules of desk takes more than 0.3 s (rules_load_seconds); `newswatch rules check` shows "
        "where\n"
    )


def test_what_ends_in_time_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    with load_limit(Path("desk"), 3600):
        pass
    with pytest.raises(ValueError, match="no rules"), load_limit(Path("desk"), 3600):
        raise ValueError("no rules")
    assert capfd.readouterr() == ("", "")
