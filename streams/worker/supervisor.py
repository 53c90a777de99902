"""Several workers on one machine: each a process of its own, started again when it ends by itself."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import msgspec

from streams.processes.command import newswatch
from streams.processes.server_process import ServerProcess
from streams.settings import SECRETS, Settings, SettingsError

logger = logging.getLogger(__name__)

#: A worker that ended is started again after so many seconds, doubled with each end that follows soon.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
#: A worker that ran for so long is taken to have been well (seconds).
WELL_AFTER = 60.0
CHECK_SECONDS = 0.5


class Child(msgspec.Struct):
    """One worker process and what is known of its restarts."""

    command: list[str]
    log: Path
    environment: dict[str, str]
    process: ServerProcess | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    start_at: float = 0.0


def supervise(settings: Settings, processes: int) -> None:
    """Run ``processes`` workers until SIGTERM or SIGINT; a worker that ends is started again, later each time.

    Raises:
        SettingsError: the folder for local files cannot be made.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data_dir: cannot make {settings.data_dir}: {error.strerror}") from None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = [
        Child(worker_command(settings, index), settings.data_dir / f"worker-{index}.log", _environment(settings))
        for index in range(processes)
    ]
    signal.signal(signal.SIGHUP, lambda *_: _pass_on(children, signal.SIGHUP))
    try:
        while not stop.is_set():
            for child in children:
                _tend(child)
            stop.wait(CHECK_SECONDS)
    finally:
        for child in children:
            if child.process is not None:
                child.process.request_stop()
        for child in children:
            if child.process is not None:
                child.process.stop()


def _pass_on(children: Sequence[Child], number: signal.Signals) -> None:
    for child in children:
        if child.process is not None and child.process.running():
            os.kill(child.process.pid, number)


def worker_command(settings: Settings, index: int) -> list[str]:
    """The command of one worker; a metrics port that is set counts up, its static membership has the number added.

    Without one that is set each worker takes the first free port from the default on.

    Secrets are not on it, for everybody can read it; :func:`_environment` hands them on.
    """
    changes: dict[str, object] = {"data_dir": settings.data_dir / f"worker-{index}"}
    if "metrics_port" in settings.model_fields_set:
        changes["metrics_port"] = settings.metrics_port + index if settings.metrics_port else 0
    if settings.instance_id:
        changes["instance_id"] = f"{settings.instance_id}-{index}"
    return newswatch("worker", settings, **changes)


def _environment(settings: Settings) -> dict[str, str]:
    """A worker's environment, with the secrets: they may have come from a file of settings that it is not given."""
    secrets = {name: getattr(settings, name) for name in SECRETS}
    given = {f"NEWSWATCH_{name.upper()}": secret.get_secret_value() for name, secret in secrets.items() if secret}
    return {**os.environ, **given}


def _tend(child: Child) -> None:
    now = monotonic()
    if child.process is not None and not child.process.running():
        logger.error("a worker ended with status %d; its log: %s", child.process.wait(), child.log)
        child.pause = FIRST_PAUSE if now - child.started > WELL_AFTER else min(child.pause * 2, LONGEST_PAUSE)
        child.start_at = now + child.pause
        child.process = None
    if child.process is None and now >= child.start_at:
        child.process = ServerProcess(child.command, log=child.log, environment=child.environment)
        child.started = now
