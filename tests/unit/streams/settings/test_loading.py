"""Settings from flags, environment and file."""

from pathlib import Path

import pytest

from streams.cli.options import settings_from
from streams.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NEWSWATCH_BROKERS", "NEWSWATCH_CONFIG", "NEWSWATCH_RULES", "KAFKA_SASL_USERNAME"):
        monkeypatch.delenv(name, raising=False)


def test_flags_override_the_environment_which_overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "newswatch.yaml"
    file.write_text("brokers: file:1\napp_id: from-file\npartitions: 3\n")
    monkeypatch.setenv("NEWSWATCH_BROKERS", "env:1,env:2")
    monkeypatch.setenv("NEWSWATCH_APP_ID", "from-env")
    settings = load_settings(file, app_id="from-flag")
    assert (settings.brokers, settings.app_id, settings.partitions) == (["env:1", "env:2"], "from-flag", 3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("broker: a:1\n", ":1:1: broker: unknown setting; did you mean 'brokers'?"),
        ("partitions: 0\n", ":1:13: partitions: expected a whole number, at least 1, found '0'"),
        ("brokers: 'http://kafka'\n", ":1:10: brokers: expected host:port, found 'http://kafka'"),
        (
            "session_timeout_seconds: 40\n",
            ":1:26: session_timeout_seconds (40) must be less than request_timeout_seconds (40)",
        ),
        ("security_protocol: SASL_SSL\n", ":1:20: security_protocol SASL_SSL needs sasl_username"),
        ("ssl_key_location: key.pem\n", ":1:19: ssl_certificate_location and ssl_key_location must be set together"),
    ],
)
def test_a_wrong_file_is_reported_by_name_and_field(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "newswatch.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert str(file) in str(caught.value)
    assert says in str(caught.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml:1:1: cannot be read: No such file or directory"):
        load_settings(tmp_path / "nowhere.yaml")


def test_kafka_tools_names_are_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
    assert str(caught.value) == "--partitions: expected a whole number, at least 1"


SECRET = "hunter2"


@pytest.mark.parametrize(
    "text",
    [
        "sasl_password: !hunter2\n",
        "sasl_password: &hunter2 x\n",
        "sasl_password: *hunter2\n",
        "sasl_password: [hunter2]\n",
        "sasl_password: {hunter2: x}\n",
        "sasl_password: 'hunter2\n",
        "sasl_password: hunter2\nbrokers: 'sasl://hunter2@kafka'\n",
        "sasl_password: hunter2\nstore: hunter2\n",
        "sasl_pasword: hunter2\n",
        "- hunter2\n",
        "hunter2\n",
        "hunter2\0",
    ],
)
def test_no_message_shows_a_secret_from_the_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert SECRET not in str(caught.value)
    assert str(caught.value).startswith(f"{file}:")


def test_a_wrong_value_names_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "good.yaml"
    file.write_text("app_id: x\n\nmetrics_port: abc\nstall_seconds: 0\ncreate_topics: maybe\nstore: rockdb\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert str(caught.value).splitlines() == [
        f"{file}:6:8: store: unknown store 'rockdb': expected one of memory, rocksdb; did you mean 'rocksdb'?",
        f"{file}:5:16: create_topics: expected true or false, found 'maybe'",
        f"{file}:3:15: metrics_port: expected a whole number from 0 to 65535, found 'abc'",
        f"{file}:4:16: stall_seconds: expected a number above 0, found '0'",
    ]
    file.write_text("app_id: x\n")
    with pytest.raises(
        SettingsError, match=r"^--set metrics_port: expected a whole number from 0 to 65535, found 'abc'$"
    ):
        settings_from(file, ["metrics_port=abc"])
    with pytest.raises(
        SettingsError, match=r"^--metrics-port: expected a whole number from 0 to 65535, found '99999'$"
    ):
        settings_from(file, ["metrics_port=abc"], metrics_port=99999)
    monkeypatch.setenv("NEWSWATCH_METRICS_PORT", "many")
    with pytest.raises(SettingsError, match=r"^NEWSWATCH_METRICS_PORT: expected a whole number .*, found 'many'$"):
        load_settings(file)
    monkeypatch.setenv("NEWSWATCH_APP_ID", "a b")
    with pytest.raises(
        SettingsError, match=r"NEWSWATCH_APP_ID: expected letters, digits and any of \. _ -, found 'a b'"
    ):
        load_settings(file)


def test_conflicting_settings_name_all_their_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "good.yaml"
    file.write_text("heartbeat_seconds: 9\n")
    monkeypatch.setenv("NEWSWATCH_SESSION_TIMEOUT_SECONDS", "8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert str(caught.value) == (
        f"{file}:1:20, NEWSWATCH_SESSION_TIMEOUT_SECONDS: "
        "heartbeat_seconds (9) must be less than session_timeout_seconds (8)"
    )


def test_an_unknown_name_on_the_command_line() -> None:
    with pytest.raises(SettingsError, match=r"^--set metric_port: unknown setting; did you mean 'metrics_port'\?$"):
        settings_from(None, ["metric_port=1"])
    with pytest.raises(SettingsError, match=r"^--set foo: unknown setting; expected one of brokers, app_id, .*"):
        settings_from(None, ["foo=1"])


def test_a_number_is_read_as_text_in_a_text_setting(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text("app_id: 2020\nrules: 1\nsasl_password: 123\npartitions: 0x10\nbrokers: [a:1, b:2]\n# end\n")
    settings = load_settings(file)
    assert (settings.app_id, settings.rules, settings.partitions) == ("2020", Path("1"), 16)
    assert (settings.password(), settings.brokers) == ("123", ["a:1", "b:2"])


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    file.write_text("# nothing\n")
    assert load_settings(file) == load_settings()


def test_a_misspelt_variable_causes_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NEWSWATCH_BROKER", "a:1")
    monkeypatch.setenv("NEWSWATCH_METRIC_PORT", "1")
    monkeypatch.setenv("NEWSWATCH_CONFIG", "x.yaml")
    monkeypatch.setenv("NEWSWATCH_REQUIRE_KAFKA", "1")
    monkeypatch.setenv("newswatch_partitions", "3")
    assert load_settings().partitions == 3
    assert caplog.messages == [
        "NEWSWATCH_BROKER is set, but no setting has this name; did you mean 'NEWSWATCH_BROKERS'?",
        "NEWSWATCH_METRIC_PORT is set, but no setting has this name; did you mean 'NEWSWATCH_METRICS_PORT'?",
    ]


def test_kubernetes_service_variables_cause_no_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_9464_TCP", "PORT_9464_TCP_ADDR"):
        monkeypatch.setenv(f"NEWSWATCH_{name}", "10.0.0.1")
    load_settings()
    assert caplog.messages == []


def test_a_password_file_without_end_is_refused() -> None:
    settings = load_settings(security_protocol="SASL_SSL", sasl_username="desk", sasl_password_file="/dev/zero")
    with pytest.raises(SettingsError) as refused:
        settings.password()
    assert str(refused.value) == "sasl_password_file: /dev/zero is larger than 64 KB"


def test_certificates_without_end_are_refused() -> None:
    with pytest.raises(SettingsError, match="ssl_ca_location: /dev/zero is larger than 16384 KB"):
        load_settings(security_protocol="SSL", ssl_ca_location="/dev/zero").ssl_context()


@pytest.mark.parametrize(("mechanism", "doubts"), [("PLAIN", 1), ("SCRAM-SHA-512", 0)])
def test_a_password_in_plain_text_is_doubted(mechanism: str, doubts: int, caplog: pytest.LogCaptureFixture) -> None:
    load_settings(
        security_protocol="SASL_PLAINTEXT", sasl_mechanism=mechanism, sasl_username="desk", sasl_password="wisp"
    )
    assert sum("sends the password unencrypted" in message for message in caplog.messages) == doubts
