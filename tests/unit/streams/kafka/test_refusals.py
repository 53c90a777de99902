"""Why brokers refuse, in terms of the settings: with TLS listeners, and with the messages of Kafka's own."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    InvalidReplicationFactorError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
)
from pydantic import SecretStr

from streams.brokers.certificates import Authority
from streams.kafka.clients import BrokerUnreachableError, admin_client
from streams.kafka.refusals import cause, said
from streams.settings import Settings, SettingsError, load_settings


class Listener:
    """A server that speaks only TLS, or nothing."""

    def __init__(self, context: ssl.SSLContext | None, answer: bytes = b"") -> None:
        self._context, self._answer = context, answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            try:
                with self._context.wrap_socket(connection, server_side=True) if self._context else connection as talk:
                    talk.recv(1000)
                    talk.sendall(self._answer)
            except OSError:
                connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def context(authority: Authority, name: str, *hosts: str) -> ssl.SSLContext:
    certificate = authority.issue(name, hosts)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate.chain, certificate.key)
    return made


def expired(authority: Authority) -> ssl.SSLContext:
    """A server whose certificate expired yesterday."""
    certificate = authority.issue("expired", ["127.0.0.1"])
    folder = certificate.chain.parent
    names = folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1")
    request = ["openssl", "req", "-new", "-key", certificate.key, "-subj", "/CN=expired", "-out", folder / "e.csr"]
    sign = ["openssl", "x509", "-req", "-in", folder / "e.csr", "-CA", authority.certificate, "-CAkey"]
    sign += [folder / "ca.key", "-CAcreateserial", "-days", "-1", "-extfile", names, "-out", certificate.chain]
    for command in (request, sign):
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate.chain, certificate.key)
    return made


@pytest.fixture
def listeners() -> Iterator[list[Listener]]:
    made: list[Listener] = []
    yield made
    for listener in made:
        listener.close()


@pytest.mark.alone
@pytest.mark.parametrize(
    ("kind", "protocol", "says"),
    [
        ("other", "SSL", "the broker's certificate is not signed by an authority in ssl_ca_location "),
        (
            "elsewhere",
            "SSL",
            "the broker's certificate is not valid for 127.0.0.1; expected a name from the certificate",
        ),
        ("expired", "SSL", "the broker's certificate has expired: renew it"),
        (
            "alert",
            "PLAINTEXT",
            "the server speaks TLS, or is not a Kafka broker; expected security_protocol SSL or SASL_SSL",
        ),
    ],
)
def test_a_tls_failure_is_reported_at_once(
    authority: Authority, listeners: list[Listener], tmp_path: Path, kind: str, protocol: str, says: str
) -> None:
    match kind:
        case "other":
            listeners.append(Listener(context(Authority(tmp_path), "broker", "127.0.0.1")))
        case "elsewhere":
            listeners.append(Listener(context(authority, "elsewhere", "kafka.example")))
        case "expired":
            listeners.append(Listener(expired(authority)))
        case "alert":  # the TLS alert for a request that is not TLS
            listeners.append(Listener(None, bytes.fromhex("15030300020250")))
    settings = load_settings(
        brokers=listeners[0].address, security_protocol=protocol, ssl_ca_location=authority.certificate
    )
    begun = time.monotonic()
    with pytest.raises(BrokerUnreachableError) as raised:
        admin_client(settings)
    assert time.monotonic() - begun < 5
    assert listeners[0].connections == 1
    assert str(raised.value).startswith(f"no Kafka broker answers at {listeners[0].address} ({protocol}): {says}")


def test_a_refusal_by_one_of_two_brokers_is_not_final(authority: Authority, listeners: list[Listener]) -> None:
    listeners += [Listener(context(authority, "no", "kafka.example")), Listener(expired(authority))]
    settings = load_settings(
        brokers=[listener.address for listener in listeners],
        security_protocol="SSL",
        ssl_ca_location=authority.certificate,
    )
    with pytest.raises(BrokerUnreachableError):
        admin_client(settings)
    assert all(listener.connections for listener in listeners)


def given(**changes: object) -> Settings:
    secure = {"sasl_username": "desk", "sasl_password": SecretStr("wisp-7"), "ssl_ca_location": "ca.pem"}
    return load_settings(**{"security_protocol": "SASL_SSL"} | secure | changes)


@pytest.mark.parametrize(
    ("reason", "changes", "says", "final"),
    [
        (
            "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512",
            {},
            "the broker does not accept sasl_username desk with the password in sasl_password",
            True,
        ),
        (
            "Authentication failed",
            {"sasl_password": None, "sasl_password_file": "/run/word"},
            "the broker does not accept sasl_username desk with the password in sasl_password_file /run/word",
            True,
        ),
        (
            '{"status":"invalid_token"}',
            {"sasl_mechanism": "OAUTHBEARER", "sasl_oauthbearer_token_command": "print-token --fast"},
            "the broker does not accept the token from sasl_oauthbearer_token_command",
            True,
        ),
        (
            "UnsupportedSaslMechanismError",
            {"sasl_mechanism": "PLAIN"},
            "the broker does not accept sasl_mechanism PLAIN; expected one that it has enabled",
            True,
        ),
        (
            "IllegalSaslStateError",
            {},
            "the broker does not authenticate users on this port; expected security_protocol SSL",
            True,
        ),
        (
            "[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate",
            {"security_protocol": "SSL"},
            "the broker requires a client certificate; expected ssl_certificate_location and ssl_key_location",
            True,
        ),
        (
            "[SSL: SSLV3_ALERT_CERTIFICATE_UNKNOWN] sslv3 alert certificate unknown",
            {"security_protocol": "SSL", "ssl_certificate_location": "me.pem", "ssl_key_location": "me.key"},
            (
                "the broker rejects ssl_certificate_location me.pem (certificate unknown): the certificate has "
                "expired, or is signed by an authority that the broker does not trust"
            ),
            True,
        ),
        (
            "Handshake failed: [SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol",
            {},
            "the server does not speak TLS; expected security_protocol PLAINTEXT or SASL_PLAINTEXT, or another port",
            False,
        ),
        (
            "socket disconnected",
            {"security_protocol": "SSL"},
            "the broker closed the connection; it may expect a user (security_protocol SASL_SSL)",
            False,
        ),
        ("Connection refused", {}, "Connection refused", False),
    ],
)
def test_what_a_reason_means(reason: str, changes: dict[str, object], says: str, final: bool) -> None:
    found = cause(reason, given(**changes))
    assert (found.said, found.final) == (says, final)
    assert "wisp-7" not in found.said


@pytest.mark.parametrize(
    ("error", "lacks"),
    [
        (TopicAuthorizationFailedError({"press.alerts"}), "a right on topic press.alerts"),
        (TopicAuthorizationFailedError("press.articles"), "a right on topic press.articles"),
        (GroupAuthorizationFailedError("desk"), "the right to consumer group desk"),
        (ClusterAuthorizationFailedError(), "the right to write to topics, or another right on the cluster"),
    ],
)
def test_a_missing_right_is_named_with_its_remedy(error: KafkaError, lacks: str) -> None:
    assert said(error) == f"this user lacks {lacks}; grant the rights of a role with `newswatch topics grant ROLE USER`"


def test_an_unreachable_advertised_address_is_reported() -> None:
    assert said(KafkaConnectionError("111 ECONNREFUSED")) == (
        "connecting to a broker failed: Connection refused; is its advertised.listeners address reachable from here?"
    )


def test_the_unreachable_address_is_named() -> None:
    assert said(KafkaConnectionError("DNS Resolution failure"), "kafka-0.internal:9092") == (
        "connecting to the broker at kafka-0.internal:9092 failed: DNS Resolution failure; is its advertised.listeners "
        "address reachable from here?"
    )


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            "CreateTopicsResponse(topics=[Topic(error_message='Only 1.'), Topic(error_message=\"Only 1.\"), Topic()])",
            "Only 1.",
        ),
        ("CreateTopicsResponse(topics=[])", "the broker refuses CreateTopics (InvalidReplicationFactorError)"),
    ],
)
def test_a_dump_of_request_and_answer_becomes_the_brokers_words(answer: str, says: str) -> None:
    request = "CreateTopicsRequest(topics=[Topic(name='a', error_message='no')])"
    error = InvalidReplicationFactorError(f"Request '{request}' failed with response '{answer}'.")
    assert said(error) == says


@pytest.mark.parametrize(
    ("error", "says"),
    [(KafkaTimeoutError(), "KafkaTimeoutError"), (KafkaTimeoutError(None), "KafkaTimeoutError")],
)
def test_an_error_without_a_message_is_reported_by_its_class(error: KafkaError, says: str) -> None:
    assert said(error) == says


def test_unusable_tls_files_are_reported_with_the_cause(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")
    prose, locked = tmp_path / "prose", tmp_path / "locked.key"
    prose.write_text("no certificate")
    lock = ["openssl", "ec", "-aes256", "-in", one.key, "-out", locked, "-passout", "pass:wisp-7"]
    subprocess.run(list(map(str, lock)), check=True, capture_output=True)

    def refusal(certificate: Path, key: Path, **more: object) -> str:
        files = {"ssl_certificate_location": certificate, "ssl_key_location": key}
        with pytest.raises(SettingsError) as raised:
            load_settings(security_protocol="SSL", ssl_ca_location=authority.certificate, **files, **more).ssl_context()
        assert "wisp-8" not in str(raised.value)
        return str(raised.value).partition(f"TLS: cannot use ssl_certificate_location {certificate}, ")[2]

    assert refusal(one.chain, other.key) == f"ssl_key_location {other.key}: the key does not belong to the certificate"
    assert refusal(prose, one.key).endswith("expected certificates in PEM form in ssl_certificate_location")
    assert refusal(one.chain, prose).endswith("expected private keys in PEM form in ssl_key_location")
    assert refusal(one.chain, locked, ssl_key_password=SecretStr("wisp-8")).endswith(
        "the key's password (ssl_key_password or ssl_key_password_file) is wrong"
    )


@pytest.mark.parametrize(
    ("content", "word"), [("wisp", "wisp"), ("wisp\r\n", "wisp"), ("\ufeffwisp\n\n", "wisp"), (" wisp \n", " wisp ")]
)
def test_a_password_file_is_read_without_its_line_end(tmp_path: Path, content: str, word: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content.encode())
    assert given(sasl_password=None, sasl_password_file=file).password() == word


@pytest.mark.parametrize("content", ["", "\n"])
def test_an_empty_password_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "password"
    file.write_text(content)
    with pytest.raises(SettingsError, match=f"sasl_password_file {file}: empty; expected a password"):
        given(sasl_password=None, sasl_password_file=file).password()
    with pytest.raises(SettingsError, match=r"^sasl_password: empty; expected a password"):
        given(sasl_password=SecretStr("")).password()
