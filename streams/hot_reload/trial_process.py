"""The process that loads changed rules first: ``python -m streams.hot_reload.trial_process``, a `Trial` on its input.

What people write is bounded, but a library may take hours for it, and in the worker nothing else would run meanwhile.
The process says nothing: whether it ends in time is the answer. What is wrong with the rules, the worker finds itself.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from detectors.engine.matching import Engine
from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.vocabulary import Vocabulary


class Trial(msgspec.Struct, frozen=True):
    """A folder of rules to load within ``seconds``, and the names that the rules may use."""

    folder: str
    vocabulary: Vocabulary | None
    seconds: float


def main() -> None:
    """Load and compile the rules; the kernel ends the process after the trial's seconds."""
    trial = msgspec.json.decode(sys.stdin.buffer.read(), type=Trial)
    signal.setitimer(signal.ITIMER_REAL, trial.seconds)
    with suppress(OSError):  # if memory runs out, this process is the one to end (Linux)
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with suppress(RuleSetError):
        Engine(load_rules(Path(trial.folder), trial.vocabulary))


if __name__ == "__main__":
    main()
