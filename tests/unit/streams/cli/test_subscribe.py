from __future__ import annotations

import signal

import pytest
from typer.testing import CliRunner

from streams.cli.subscribe import app
from streams.sinks import subscription


def test_a_signal_while_it_connects_ends_it_as_one_while_it_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new group has committed its start by then, so that a script may well stop it here."""

    def connecting(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(subscription, "Subscription", connecting)
    before = signal.getsignal(signal.SIGTERM)
    try:
        ended = CliRunner().invoke(app, ["--group", "desk"])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (ended.exit_code, ended.output) == (0, "")
