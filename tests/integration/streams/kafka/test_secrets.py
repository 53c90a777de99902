"""Secrets stay secret: no command shows one, whatever goes wrong, even at log level debug."""

import base64
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.brokers.closed_kafka import ClosedKafka
from streams.brokers.kafka_cluster import KafkaCluster
from streams.monitoring.scrape import WorkerStatus
from streams.processes.ports import free_ports
from streams.settings import load_settings

CANARY = "canary-7Q4x-Zwitscher"
KEY_CANARY = "canary-key-93b1-Nest"
RULES = "rules: [{name: floods, kind: match, where: {text: flood}}]"


@pytest.fixture(scope="module")
def closed(kafka: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClosedKafka]:
    """Brokers that authenticate by password; the worker's password is the canary."""
    del kafka
    folder = tmp_path_factory.mktemp("closed")
    (folder / "rules").mkdir()
    (folder / "rules" / "rules.yaml").write_text(RULES)
    deployment = load_settings(app_id="watch", partitions=1, rules=folder / "rules")
    cluster = ClosedKafka(folder / "users", deployment, ["alerts.floods"])
    users = dict(cluster.security.users) | {"worker": CANARY}
    cluster.cluster._users = users
    cluster.security.users = users
    with cluster:
        yield cluster


def forms(secret: str) -> list[str]:
    """A secret in plain text, and encoded as in SASL and Basic credentials and byte dumps."""
    whole = [
        base64.b64encode(text.encode()).decode().rstrip("=")
        for text in (secret, f"\0worker\0{secret}", f"worker:{secret}")
    ]
    return [secret, *whole, secret.encode().hex()]


def check(text: str, where: str) -> None:
    for secret in (CANARY, KEY_CANARY):
        for form in forms(secret):
            assert form not in text, f"{where}: {text[max(text.index(form) - 300, 0) :][:700]}"


def environment(closed: ClosedKafka, **changes: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSWATCH_", "KAFKA_"))}
    return clean | {
        "NEWSWATCH_BROKERS": closed.bootstrap_servers,
        "NEWSWATCH_SECURITY_PROTOCOL": "SASL_SSL",
        "NEWSWATCH_SSL_CA_LOCATION": str(closed.security.authority.certificate),
        "NEWSWATCH_SASL_USERNAME": "worker",
        "NEWSWATCH_SASL_PASSWORD": CANARY,
        "NEWSWATCH_SSL_KEY_PASSWORD": KEY_CANARY,
        "NEWSWATCH_APP_ID": "watch",
        "NEWSWATCH_RULES": str(closed.settings("admin").rules),
        "NEWSWATCH_CREATE_TOPICS": "false",
    } | changes  # fmt: skip


def newswatch(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli", "--log-level", "debug", *arguments]
    done = subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL, errors="replace"
    )
    check(done.stdout + done.stderr, " ".join(arguments))
    return done


#: One command for each kind of client: administration, producer, consumer.
CLIENTS = (
    ("worker", "--metrics-port", "0"),
    ("ingest", "{article}"),
    ("subscribe", "alerts", "--from-beginning", "--max", "1"),
)


@pytest.fixture
def article(tmp_path: Path) -> Path:
    file = tmp_path / "article.jsonl"
    file.write_text('{"id": "a", "text": "A flood."}\n')
    return file


@pytest.mark.parametrize("arguments", CLIENTS, ids=" ".join)
def test_a_wrong_password_is_reported_without_the_password(
    closed: ClosedKafka, article: Path, arguments: tuple[str, ...]
) -> None:
    given = [word.format(article=article) for word in arguments]
    done = newswatch(environment(closed, NEWSWATCH_SASL_USERNAME="producer"), *given)
    assert done.returncode == 2
    assert "the broker does not accept sasl_username producer with the password in sasl_password" in done.stderr


@pytest.mark.parametrize("arguments", CLIENTS, ids=" ".join)
def test_unreachable_brokers_are_reported_without_the_password(
    closed: ClosedKafka, article: Path, arguments: tuple[str, ...]
) -> None:
    given = [word.format(article=article) for word in arguments]
    done = newswatch(environment(closed, NEWSWATCH_BROKERS="127.0.0.1:1", NEWSWATCH_BROKER_WAIT_SECONDS="0"), *given)
    assert done.returncode == 2
    assert "no Kafka broker answers at 127.0.0.1:1" in done.stderr


def test_a_secret_is_not_accepted_on_the_command_line(closed: ClosedKafka) -> None:
    for name in ("sasl_password", "sasl-password", "kafka_sasl_password", "ssl_key_password"):
        done = newswatch(environment(closed), "dead", "list", "--set", f"{name}={CANARY}")
        assert done.returncode == 2
        assert "other users can read a secret" in done.stderr
    assert newswatch(environment(closed), "dead", "list", "--set", f"app_id {CANARY}").returncode == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"sasl_password: '{CANARY}\napp_id: x\n", "settings.yaml:3:1: not YAML"),
        (f"sasl_password: {CANARY}\npartitions: many\n", "partitions"),
        (f"sasl_password: [{CANARY}]\n", "sasl_password"),
        (f"sasl_pasword: {CANARY}\n", "did you mean 'sasl_password'?"),
        (f"- {CANARY}\n", "settings"),
        (f"{CANARY}\n", "settings"),
        (f"sasl_password: {CANARY}\nsasl_password_file: [1]\n", "sasl_password_file"),
    ],
)
def test_an_invalid_settings_file_is_reported_without_the_password(
    closed: ClosedKafka, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    variables = environment(closed)
    del variables["NEWSWATCH_SASL_PASSWORD"]
    done = newswatch(variables, "dead", "list", "--config", str(file))
    assert done.returncode == 2
    assert says in done.stderr


def test_keys_and_password_files_that_do_not_work(closed: ClosedKafka, tmp_path: Path) -> None:
    folder = closed.security.authority.certificate.parent
    locked = tmp_path / "locked.key"
    make = ["openssl", "ec", "-aes256", "-in", str(folder / "broker.key"), "-out", str(locked), "-passout", "env:WORD"]
    subprocess.run(make, env=os.environ | {"WORD": KEY_CANARY}, check=True, capture_output=True)
    mutual = {
        "NEWSWATCH_SECURITY_PROTOCOL": "SSL",
        "NEWSWATCH_SSL_CERTIFICATE_LOCATION": str(folder / "broker.pem"),
        "NEWSWATCH_SSL_KEY_LOCATION": str(locked),
    }
    wrong = newswatch(environment(closed, **mutual, NEWSWATCH_SSL_KEY_PASSWORD=f"{KEY_CANARY}x"), "dead", "list")
    assert wrong.returncode == 2
    assert "TLS: cannot use" in wrong.stderr
    without = environment(closed, **mutual)
    del without["NEWSWATCH_SSL_KEY_PASSWORD"]
    none = newswatch(without, "dead", "list")  # without waiting for somebody to type it
    assert none.returncode == 2
    assert "the key has a password" in none.stderr
    word = tmp_path / "password"
    word.write_bytes(KEY_CANARY.encode() + b"\n")
    # The right one opens the key; the brokers' client listener then requires a SASL password, and refuses.
    right = newswatch(without | {"NEWSWATCH_SSL_KEY_PASSWORD_FILE": str(word)}, "dead", "list")
    assert "TLS: cannot use" not in right.stderr
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff" + CANARY.encode())
    variables = environment(closed, NEWSWATCH_SASL_PASSWORD_FILE=str(binary))
    del variables["NEWSWATCH_SASL_PASSWORD"]
    assert "is not UTF-8 text" in newswatch(variables, "dead", "list").stderr


def test_help_and_commands_without_brokers_do_not_show_the_password(closed: ClosedKafka, article: Path) -> None:
    variables = environment(closed)
    for arguments in (["--help"], ["worker", "--help"], ["scan", str(article)], ["broker", "--help"]):
        assert newswatch(variables, *arguments).returncode == 0


def test_running_and_crashing_workers_do_not_show_the_password(closed: ClosedKafka, tmp_path: Path) -> None:
    """Two workers under a supervisor, with the password from a settings file: logs, /metrics, process list."""
    variables = environment(closed)
    del variables["NEWSWATCH_SASL_PASSWORD"]
    config = tmp_path / "settings.yaml"
    config.write_text(f"sasl_password: {CANARY}\ndata_dir: {tmp_path / 'data'}\n")
    ports = free_ports(1)
    command = [sys.executable, "-m", "streams.cli", "--log-level", "debug", "worker", "--processes", "2"]
    command += ["--config", str(config), "--metrics-port", str(ports[0]), "--set", "session_timeout_seconds=6"]
    log = tmp_path / "supervisor.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(command, env=variables, stdout=sink, stderr=sink)
    try:
        status = WorkerStatus(f"127.0.0.1:{ports[0]}")
        deadline = time.monotonic() + 90
        while not status.ready():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text() + (tmp_path / "data/worker-0.log").read_text()[-3000:]
            check(command_lines(), "process list")
            time.sleep(0.2)
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/metrics", timeout=5) as answer:
            check(answer.read().decode(), "/metrics")
        closed.cluster.kill(1)  # triggers all messages about lost connections
        time.sleep(3)
        closed.cluster.start(1)
        check(command_lines(), "process list")
    finally:
        process.terminate()
        process.wait(60)
    logs = [log, *sorted((tmp_path / "data").glob("*.log"))]
    assert len(logs) == 3
    for file in logs:
        check(file.read_text(errors="replace"), file.name)


def command_lines() -> str:
    """The command lines that `ps` shows to every user."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # the process has ended
            continue
    return "\n".join(found)
