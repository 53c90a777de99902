"""OAUTHBEARER on real Kafka: a worker and commands get tokens from an endpoint, a command and a file."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from streams.brokers.kafka_cluster import KafkaCluster
from streams.processes.command import newswatch
from streams.settings import load_settings
from tests.rigs.worker import Worker

RULES = "rules: [{name: floods, kind: match, where: {text: flood}}]"
#: How long a token is valid, and a connection with it (seconds).
VALID_SECONDS = 8
PROPERTIES = {
    "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "sasl.enabled.mechanisms": "OAUTHBEARER",
    "listener.name.client.oauthbearer.sasl.jaas.config": (
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="b";'
    ),
    "connections.max.reauth.ms": str(VALID_SECONDS * 1000),
}


def token(seconds: float = VALID_SECONDS) -> str:
    """An unsecured token, as Kafka's own validator for trials takes it."""
    claims = {"sub": "desk", "iat": time.time(), "exp": time.time() + seconds}
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "none"}, claims)
    )
    return ".".join([*parts, ""])


@contextmanager
def endpoint() -> Iterator[tuple[str, list[str]]]:
    """A token endpoint: its address, and the tokens that it gave."""
    given: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            given.append(token())
            body = json.dumps({"access_token": given[-1], "expires_in": VALID_SECONDS}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/token", given
    finally:
        server.shutdown()
        server.server_close()


def test_a_worker_and_commands_work_with_tokens_that_expire(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "rules.yaml").write_text(RULES)
    cluster = KafkaCluster(properties=PROPERTIES)
    with cluster, endpoint() as (url, given):
        common: dict[str, Any] = {
            "brokers": cluster.bootstrap_servers,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "OAUTHBEARER",
            "rules": rules,
        }
        (tmp_path / "secret").write_text("s3cret\n")
        credentials = load_settings(
            **common,
            sasl_oauthbearer_token_endpoint_url=url,
            sasl_oauthbearer_client_id="newswatch",
            sasl_oauthbearer_client_secret_file=tmp_path / "secret",
        )
        worker = Worker(credentials, tmp_path / "worker.log")
        try:
            worker.wait_ready()
            (tmp_path / "token.py").write_text(f"print({token(3600)!r})")
            printed = load_settings(
                **common, sasl_oauthbearer_token_command=f"{sys.executable} {tmp_path / 'token.py'}"
            )
            before = len(given)
            # Kafka ends connections whose token has expired: the worker connects again with a new one.
            wait_until(lambda: len(given) >= before + 2, 120, "no new token", worker)
            articles = tmp_path / "articles.jsonl"
            articles.write_text('{"id": "a1", "text": "A flood in Paris."}\n')
            sent = subprocess.run(
                [*newswatch("ingest", printed), str(articles)], capture_output=True, text=True, check=False, timeout=120
            )
            assert sent.returncode == 0, sent.stderr
            (tmp_path / "token").write_text(token(3600))
            filed = load_settings(**common, sasl_oauthbearer_token_file=tmp_path / "token")
            command = [*newswatch("subscribe", filed), "--from-beginning", "--max", "1", "--format", "json"]
            got = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            assert got.returncode == 0, got.stderr
            assert json.loads(got.stdout)["rule"] == "floods"
            (tmp_path / "token").write_text(token(-60))
            refused = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            assert refused.returncode == 2
            assert "the broker does not accept the token from sasl_oauthbearer_token_file" in refused.stderr
            worker.require_running()
            assert worker.status.ready(), worker.logs()
            assert "s3cret" not in worker.log.read_text()
        finally:
            worker.stop()
