"""Runs several workers on one machine, each as a process of its own, and restarts those that end."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import msgspec

from streams.logs.children import of_child
from streams.processes.command import newswatch
from streams.processes.output import Output
from streams.processes.server_process import ServerProcess
from streams.settings import SECRETS, Settings
from streams.settings.data_folder import make_data_folder
from streams.settings.group_refusals import CONFIG_STATUS

logger = logging.getLogger(__name__)

#: Back-off before a worker is restarted, in seconds; it doubles with each failure, up to the maximum.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
#: A worker that ran for at least this time (seconds) resets the back-off.
WELL_AFTER = 60.0
CHECK_SECONDS = 0.5


class Child(msgspec.Struct):
    """One worker process and the state of its restarts."""

    name: str
    command: list[str]
    output: Output
    log: Path
    environment: dict[str, str]
    process: ServerProcess | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    start_at: float = 0.0
    ended: int | None = None
    """The exit status of a worker that must not be started again."""


def supervise(settings: Settings, processes: int) -> int:
    """Run ``processes`` workers until SIGTERM or SIGINT; restart workers that end, with exponential back-off.

    A worker that must not run as it is set up, such as a fenced one, stays away. Returns the exit status: 0, or that of
    the workers when none is left.

    Raises:
        SettingsError: the folder for local files cannot be created.
    """
    make_data_folder(settings.data_dir)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = [_child(settings, index) for index in range(processes)]
    signal.signal(signal.SIGHUP, lambda *_: _pass_on(children, signal.SIGHUP))
    try:
        while not stop.is_set() and any(child.ended is None for child in children):
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
            child.output.close()
    return 0 if stop.is_set() else max(child.ended or 0 for child in children)


def _child(settings: Settings, index: int) -> Child:
    name = f"worker-{index}"
    log = settings.data_dir / f"{name}.log"
    output = Output(log, lambda line: _print(of_child(name, line, json=settings.log_format == "json")))
    return Child(name, worker_command(settings, index), output, log, _environment(settings))


def _print(line: bytes) -> None:
    """Pass on a line of a worker's log: what `docker logs` shows is what this process prints."""
    os.write(sys.stderr.fileno(), line)  # in one piece, so that lines of several workers do not mix


def _pass_on(children: Sequence[Child], number: signal.Signals) -> None:
    for child in children:
        if child.process is not None and child.process.running():
            os.kill(child.process.pid, number)


def worker_command(settings: Settings, index: int) -> list[str]:
    """The command of one worker, with ``index`` added to an explicit metrics port and to the static membership's name.

    Without an explicit metrics port each worker takes the first free port from the default on.

    The command contains no secrets, because every user can read it; :func:`_environment` passes them.
    """
    changes: dict[str, object] = {"data_dir": settings.data_dir / f"worker-{index}"}
    if "metrics_port" in settings.model_fields_set:
        changes["metrics_port"] = settings.metrics_port + index if settings.metrics_port else 0
    if settings.instance_id:
        changes["instance_id"] = f"{settings.instance_id}-{index}"
    return newswatch("worker", settings, **changes)


def _environment(settings: Settings) -> dict[str, str]:
    """A worker's environment, with the secrets: they may come from a settings file that the worker does not read."""
    secrets = {name: getattr(settings, name) for name in SECRETS}
    given = {f"NEWSWATCH_{name.upper()}": secret.get_secret_value() for name, secret in secrets.items() if secret}
    return {**os.environ, **given}


def _tend(child: Child) -> None:
    now = monotonic()
    if child.ended is not None:
        return
    if child.process is not None and not child.process.running():
        status = child.process.wait()
        if status == CONFIG_STATUS:
            logger.error("%s exited with status %d, for good; see its log: %s", child.name, status, child.log)
            child.ended, child.process = status, None
            return
        logger.error("%s exited with status %d; see its log: %s", child.name, status, child.log)
        child.pause = FIRST_PAUSE if now - child.started > WELL_AFTER else min(child.pause * 2, LONGEST_PAUSE)
        child.start_at = now + child.pause
        child.process = None
    if child.process is None and now >= child.start_at:
        child.process = ServerProcess(
            child.command, log=child.log, environment=child.environment, output=child.output.descriptor
        )
        child.started = now
