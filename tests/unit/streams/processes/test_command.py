"""Settings on a command line: what the child reads is what its parent had, secrets apart."""

import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from streams.cli import app
from streams.processes.command import newswatch
from streams.settings import Settings, load_settings


def flags(command: list[str]) -> list[str]:
    assert command[:4] == [sys.executable, "-m", "streams.cli", "worker"]
    assert command[4::2] == ["--set"] * len(command[4::2])
    return command[5::2]


def test_a_setting_goes_over_as_it_would_be_written(tmp_path: Path) -> None:
    settings = load_settings(brokers="one:9092,two:9092", advance_when_silent=False, data_dir=tmp_path)
    found = flags(newswatch("worker", settings, metrics_port=0))
    assert found == [
        "brokers=one:9092,two:9092",
        f"data_dir={tmp_path}",
        "advance_when_silent=False",
        "metrics_port=0",
    ]


def test_a_default_that_was_given_goes_over_for_the_environment_may_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSWATCH_PARTITIONS", "3")
    default = Settings.model_fields["partitions"].default
    assert flags(newswatch("worker", load_settings(partitions=default))) == [f"partitions={default}"]
    assert flags(newswatch("worker", load_settings())) == ["partitions=3"]


def test_a_change_goes_over_the_setting() -> None:
    assert flags(newswatch("worker", load_settings(app_id="desk"), app_id="desk-1")) == ["app_id=desk-1"]


def test_no_secret_is_on_it() -> None:
    settings = load_settings(sasl_username="desk", sasl_password="canary")
    assert isinstance(settings.sasl_password, SecretStr)
    assert flags(newswatch("worker", settings)) == ["sasl_username=desk"]


def test_the_command_reads_what_is_on_it(tmp_path: Path) -> None:
    settings = load_settings(rules=tmp_path / "none", advance_when_silent=False, sasl_username="desk", partitions=2)
    done = CliRunner().invoke(app, newswatch("worker", settings)[3:])
    assert str(tmp_path / "none") in f"{done.output}{done.exception}"
