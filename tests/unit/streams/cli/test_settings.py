"""`newswatch settings`: each setting, its value in force, and where the value comes from."""

import json
from pathlib import Path

import pytest

from streams.settings import Settings
from tests.rigs.command import newswatch


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "newswatch.yaml"
    file.write_text("app_id: desk\nsasl_password: canary\npartitions: 12\n")
    monkeypatch.setenv("NEWSWATCH_BROKERS", "kafka-1:9092,kafka-2:9092")
    monkeypatch.setenv("NEWSWATCH_PARTITIONS", "13")
    monkeypatch.delenv("NEWSWATCH_LOG_LEVEL", raising=False)
    return file


def test_each_setting_has_its_value_and_source(config: Path) -> None:
    words = [
        "settings",
        "--json",
        "--config",
        str(config),
        "--set",
        "store=rocksdb",
        "--metrics-port",
        "7",
        "--log-level",
    ]
    done = newswatch(*words, "DEBUG")
    found = {line["setting"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert list(found) == list(Settings.model_fields)
    assert {
        name: (found[name]["value"], found[name]["source"])
        for name in (
            "app_id",
            "brokers",
            "partitions",
            "store",
            "metrics_port",
            "topic_prefix",
            "sasl_password",
            "log_level",
            "data_dir",
        )
    } == {
        "app_id": ("desk", f"{config}:1:9"),
        "brokers": (["kafka-1:9092", "kafka-2:9092"], "NEWSWATCH_BROKERS"),
        "partitions": (13, "NEWSWATCH_PARTITIONS"),
        "store": ("rocksdb", "--set store"),
        "metrics_port": (7, "--metrics-port"),
        "topic_prefix": ("", "default"),
        "sasl_password": ("**********", f"{config}:2:16"),
        "log_level": ("debug", "--log-level"),
        "data_dir": ("var", "default"),
    }
    assert found["partitions"]["default"] == 6


def test_the_table_says_the_same(config: Path) -> None:
    done = newswatch("settings", "--config", str(config))
    assert done.returncode == 0
    rows = {
        line.split("│")[1].strip(): [part.strip() for part in line.split("│")[2:5]]
        for line in done.stdout.splitlines()
        if "│" in line
    }
    assert rows["partitions"] == ["13", "NEWSWATCH_PARTITIONS", "6"]
    assert rows["idempotence"] == ["true", "default", "true"]
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [["--log-level", "warning", "settings"], ["settings", "--log-level", "warning"]])
def test_the_level_is_set_before_or_after_the_command(words: list[str]) -> None:
    done = newswatch(*words, "--json")
    assert '"setting":"log_level","value":"warning","source":"--log-level"' in done.stdout


def test_a_wrong_level_in_a_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSWATCH_LOG_LEVEL", "loud")
    done = newswatch("settings")
    assert done.returncode == 2
    assert "NEWSWATCH_LOG_LEVEL: unknown log_level 'loud': expected one of debug, error, info, warning" in done.stderr
