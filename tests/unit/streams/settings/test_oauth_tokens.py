"""OAuth tokens: from a file, a command and a token endpoint; renewed in time; no secret in any message."""

import base64
import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest

from streams.kafka.clients import connection
from streams.settings import Settings, SettingsError, load_settings
from streams.settings import oauth_tokens as module
from streams.settings.oauth_tokens import TokenError, TokenSource, token_source

SECRET = "s3cret/&"


class Endpoint:
    """A token endpoint that gives numbered tokens to a client with the right secret."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: tuple[int, bytes, dict[str, str]] | None = None
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                endpoint.asked.append(parse_qs(body) | {"authorization": self.headers.get("Authorization")})
                status, content, headers = endpoint.answer or endpoint.token()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self) -> tuple[int, bytes, dict[str, str]]:
        return 200, json.dumps({"access_token": f"token-{len(self.asked)}", "expires_in": 100}).encode(), {}

    def settings(self, **changes: Any) -> Settings:
        return given(
            sasl_oauthbearer_token_endpoint_url=self.url,
            sasl_oauthbearer_client_id="news watch",
            sasl_oauthbearer_client_secret=SECRET,
            **changes,
        )


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    module._source.cache_clear()


def given(**changes: Any) -> Settings:
    return load_settings(security_protocol="SASL_PLAINTEXT", sasl_mechanism="OAUTHBEARER", **changes)


def command(tmp_path: Path, text: str) -> str:
    script = tmp_path / "token.py"
    script.write_text(text)
    return f"{sys.executable} {script} --key {SECRET}"


def test_client_credentials_give_a_token_that_is_renewed_before_it_expires(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    settings = endpoint.settings(sasl_oauthbearer_scope="kafka read")
    tokens = []
    for second in (0, 79, 81, 160, 162):
        now[0] = second
        tokens.append(token_source(settings).token())
    assert tokens == ["token-1", "token-1", "token-2", "token-2", "token-3"]
    pair = base64.b64encode(b"news+watch:s3cret%2F%26").decode()
    assert endpoint.asked[0] == {
        "grant_type": ["client_credentials"],
        "scope": ["kafka read"],
        "authorization": f"Basic {pair}",
    }


def test_what_the_endpoint_refuses_is_told_without_the_secret(endpoint: Endpoint) -> None:
    told = json.dumps({"error": "invalid_client", "error_description": "No such\x1b[31m client."}).encode()
    moved = {"Location": "http://127.0.0.1:1/elsewhere"}
    for answer, says in (
        ((401, told, {}), "401 Unauthorized: invalid_client No such?[31m client.; check sasl_oauthbearer_client_id"),
        ((500, b"<html>", {}), "500 Internal Server Error; check"),
        ((302, b"", moved), "302 Found; check"),
        ((200, b"{}", {}), "the answer has no access_token; expected an OAuth 2 token endpoint"),
        ((200, b'{"access_token": "two words"}', {}), "expected a token, one word of ASCII; found other text"),
    ):
        endpoint.answer = answer
        with pytest.raises(TokenError) as raised:
            token_source(endpoint.settings()).token()
        assert str(raised.value).startswith(f"sasl_oauthbearer_token_endpoint_url {endpoint.url}: ")
        assert says in str(raised.value)
        assert SECRET not in str(raised.value)
    endpoint.answer = None
    assert token_source(endpoint.settings()).token() == "token-6"  # an error is not kept


def test_an_endpoint_that_does_not_answer_is_named() -> None:
    settings = given(
        sasl_oauthbearer_token_endpoint_url="http://127.0.0.1:1/token",
        sasl_oauthbearer_client_id="a",
        sasl_oauthbearer_client_secret=SECRET,
    )
    with pytest.raises(TokenError, match=r"^sasl_oauthbearer_token_endpoint_url http://127.0.0.1:1/token: .*refused"):
        connection(settings)


def test_a_file_is_read_again_when_its_token_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    file = tmp_path / "token"
    claims = base64.urlsafe_b64encode(json.dumps({"exp": time.time() + 1000}).encode()).decode().rstrip("=")
    for at, text in ((0, f"e30.{claims}.\n"), (700, "plain"), (801, "plain"), (810, "later"), (850, "later")):
        file.write_text(text)
        now[0] = at
        token = token_source(given(sasl_oauthbearer_token_file=file)).token()
        expected = {0: f"e30.{claims}.", 700: f"e30.{claims}.", 801: "plain", 810: "plain", 850: "later"}
        assert token == expected[at]
    file.write_text("\n")
    now[0] = 2000
    with pytest.raises(TokenError, match=r"token: expected a token, one word of ASCII; found nothing"):
        token_source(given(sasl_oauthbearer_token_file=file)).token()
    file.unlink()
    with pytest.raises(TokenError, match=r"sasl_oauthbearer_token_file .*token: No such file"):
        token_source(given(sasl_oauthbearer_token_file=file)).token()


def test_a_command_prints_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(sasl_oauthbearer_token_command=command(tmp_path, "print('abc')"))
    assert connection(settings)["sasl_oauth_token_provider"].token() == "abc"
    module._source.cache_clear()
    settings = given(sasl_oauthbearer_token_command=command(tmp_path, "import sys; sys.exit('no\\nluck')"))
    with pytest.raises(TokenError) as raised:
        token_source(settings).token()
    assert str(raised.value) == f"sasl_oauthbearer_token_command {sys.executable}: exited with status 1: no luck"
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    settings = given(sasl_oauthbearer_token_command=command(tmp_path, "import time; time.sleep(60)  #"))
    module._source.cache_clear()
    with pytest.raises(TokenError, match=r"printed no token within 0 s"):
        token_source(settings).token()
    with pytest.raises(TokenError, match=r"sasl_oauthbearer_token_command nowhere: No such file"):
        token_source(given(sasl_oauthbearer_token_command="nowhere x")).token()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "needs one of sasl_oauthbearer_token_file, sasl_oauthbearer_token_command and"),
        ({"sasl_oauthbearer_token_file": "a", "sasl_oauthbearer_token_command": "b"}, "needs one of"),
        ({"sasl_oauthbearer_token_command": "a 'b"}, "sasl_oauthbearer_token_command: No closing quotation"),
        ({"sasl_oauthbearer_token_command": " "}, "sasl_oauthbearer_token_command: expected a command"),
        ({"sasl_oauthbearer_token_endpoint_url": "http://idp.example/t"}, "expected https://, or http:// to this"),
        ({"sasl_oauthbearer_token_endpoint_url": "https://idp.example/t"}, "needs sasl_oauthbearer_client_id and"),
    ],
)
def test_settings_that_give_no_token_are_refused(changes: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        given(**changes)


def test_one_token_serves_all_connections() -> None:
    fetched: list[None] = []

    def fetch() -> tuple[str, float | None]:
        fetched.append(None)
        return "t", None

    source = TokenSource(fetch)
    assert {source.token() for _ in range(5)} == {"t"}
    assert len(fetched) == 1
