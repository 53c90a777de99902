"""One settings model for flags, environment and file."""

from pathlib import Path

import pytest

from streams.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NEWSWATCH_BROKERS", "NEWSWATCH_CONFIG", "NEWSWATCH_RULES", "KAFKA_SASL_USERNAME"):
        monkeypatch.delenv(name, raising=False)


def test_flags_go_before_environment_before_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "newswatch.yaml"
    file.write_text("brokers: file:1\napp_id: from-file\npartitions: 3\n")
    monkeypatch.setenv("NEWSWATCH_BROKERS", "env:1,env:2")
    monkeypatch.setenv("NEWSWATCH_APP_ID", "from-env")
    settings = load_settings(file, app_id="from-flag")
    assert (settings.brokers, settings.app_id, settings.partitions) == (["env:1", "env:2"], "from-flag", 3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("broker: a:1\n", "unknown setting; did you mean 'brokers'?"),
        ("partitions: 0\n", "partitions: Input should be greater than or equal to 1"),
        ("brokers: 'http://kafka'\n", "expected host:port, got 'http://kafka'"),
        (
            "session_timeout_seconds: 40\n",
            "session_timeout_seconds (40) must be less than request_timeout_seconds (40)",
        ),
        ("security_protocol: SASL_SSL\n", "needs sasl_username"),
        ("ssl_key_location: key.pem\n", "ssl_certificate_location and ssl_key_location belong together"),
    ],
)
def test_a_wrong_file_is_told_by_name_and_field(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "newswatch.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert str(file) in str(caught.value)
    assert says in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(tmp_path / "nowhere.yaml")


def test_the_names_of_kafkas_own_tools_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wisp\n")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "worker")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD_FILE", str(secret))
    settings = load_settings()
    assert (settings.sasl_username, settings.password()) == ("worker", "wisp")


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSWATCH_SASL_PASSWORD", "wisp")
    settings = load_settings(security_protocol="SASL_PLAINTEXT", sasl_username="worker")
    assert "wisp" not in repr(settings)
    assert "wisp" not in str(settings.model_dump_json())
    with pytest.raises(SettingsError) as caught:
        load_settings(security_protocol="SASL_PLAINTEXT", partitions="wisp")
    assert "wisp" not in str(caught.value)
