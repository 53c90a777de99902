"""The settings model: every setting with its type, default and bounds, and the constraints between them."""

from __future__ import annotations

import os
import re
import shlex
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from streams.logs.setup import LogFormat, LogLevel
from streams.settings.credentials import Secret, client_context, secret_from

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


#: The topic of incoming articles, if ``input_topic`` does not name another one.
INPUT = "articles"


def _days(value: float) -> float:
    if value <= 0 and value != -1:
        raise ValueError(f"expected days above 0, or -1 for ever, found {value:g}")
    return value


def _replicas(value: int) -> int:
    if value < 1 and value != -1:
        raise ValueError(f"expected 1 or more, or -1 for the brokers' default, found {value}")
    return value


Days = Annotated[float, AfterValidator(_days)]

#: Never accepted on the command line, which every user of the machine can read.
SECRETS = ("sasl_password", "sasl_oauthbearer_client_secret", "ssl_key_password")


class Settings(BaseModel):
    """The settings of a deployment. Times are in seconds, sizes in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    brokers: list[str] = Field(["127.0.0.1:9092"], description="Kafka bootstrap servers, host:port, comma-separated")
    app_id: str = Field(
        "newswatch", pattern=r"^[a-zA-Z0-9._-]+$", description="consumer group and prefix of the changelog topic"
    )
    topic_prefix: str = Field("", pattern=r"^[a-zA-Z0-9._-]*$", description="prefix of every topic name")
    input_topic: str | None = Field(
        None,
        pattern=r"^[a-zA-Z0-9._-]{1,249}$",
        description="full name of the topic of incoming articles; default: topic_prefix and articles. With it, a "
        "second version reads the articles of the first, under a topic_prefix and app_id of its own",
    )
    instance_id: str | None = Field(
        None, description="static membership (KIP-345): a name that stays the same across restarts"
    )
    data_dir: Path = Field(Path("var"), description="folder for the worker's local files")

    store: Literal["memory", "rocksdb"] = Field(
        "memory",
        description="local copy of the rule state: memory, restored from the changelog at each start; or rocksdb, also "
        "on disk in data_dir, so that only new records are restored (pip install 'newswatch[rocksdb]')",
    )

    rules: Path | None = Field(None, description="folder of watch rules; default ./deploy/rules, else the shipped copy")
    rules_reload_seconds: float = Field(2.0, gt=0, description="interval between checks of the rules folder")
    rules_load_seconds: float = Field(
        120.0,
        gt=0,
        description="maximum time to load the rules; if changed ones take longer, the previous ones stay active, "
        "and at the start the worker ends",
    )
    rules_wait_seconds: float = Field(
        120.0, ge=0, description="maximum wait of a detector for a rule set that another worker has already loaded"
    )
    create_topics: bool = Field(True, description="whether the worker may create missing topics")
    partitions: int = Field(6, ge=1, description="number of partitions of created topics")
    replication_factor: Annotated[int, AfterValidator(_replicas)] = Field(
        1, description="replication factor of created topics; -1: the brokers' default"
    )
    articles_retention_days: Days = Field(7.0, description="how long Kafka keeps articles; -1: for ever")
    enriched_retention_days: Days = Field(7.0, description="how long Kafka keeps enriched articles")
    dead_retention_days: Days = Field(30.0, description="how long Kafka keeps dead letters")
    replayed_retention_days: Days = Field(90.0, description="how long Kafka keeps the marks of replayed dead letters")
    observations_retention_days: Days = Field(7.0, description="how long Kafka keeps observations")
    alerts_retention_days: Days = Field(365.0, description="how long Kafka keeps the topic `alerts`")
    rule_alerts_retention_days: Days = Field(30.0, description="how long Kafka keeps the topics `alerts.NAME`")

    model: str = Field("en_core_web_sm", description="spaCy pipeline used for named entities")
    registry: Path | None = Field(None, description="YAML registry of officials; default: the shipped one")
    outlets: Path | None = Field(None, description="YAML file of news outlets by state, besides the shipped ones")
    taxonomy: Path | None = Field(None, description="YAML taxonomy of themes; default: the shipped one")

    metrics_host: str = Field("127.0.0.1", description="address of /metrics, /livez and /readyz")
    metrics_port: int = Field(
        9464, ge=0, le=65535, description="port of /metrics, /livez and /readyz; 0 picks a free one"
    )

    log_level: LogLevel = Field("info", description="log from this level on; `debug` includes the libraries' own lines")
    log_format: LogFormat = Field("text", description="`text`, or `json`: one object a line")

    batch_articles: int = Field(64, ge=1, description="maximum number of articles extracted in one batch")
    in_flight_articles: int = Field(512, ge=1, description="maximum number of articles read but not yet acknowledged")
    stall_seconds: float = Field(
        120.0, gt=0, description="after this time with lag and without a commit, /livez fails and the worker exits"
    )
    advance_when_silent: bool = Field(
        True, description="let event time advance with the wall clock when all sources are silent"
    )
    broker_wait_seconds: float = Field(
        600.0, ge=0, description="how long a starting worker waits for brokers that do not answer; 0: not at all"
    )
    session_timeout_seconds: float = Field(30.0, gt=0, description="Kafka's session.timeout.ms")
    heartbeat_seconds: float = Field(3.0, gt=0, description="Kafka's heartbeat.interval.ms")
    request_timeout_seconds: float = Field(
        40.0, gt=0, description="Kafka's request.timeout.ms; must exceed the session timeout"
    )
    idempotence: bool = Field(True, description="idempotent producer; disable only for a broker without producer ids")
    max_request_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="maximum size of a produced record")

    feeds_at_private_addresses: bool = Field(
        False, description="whether feeds may be at, or redirect to, loopback, private and link-local addresses"
    )

    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    sasl_password_file: Path | None = None
    sasl_oauthbearer_token_file: Path | None = Field(
        None, description="OAUTHBEARER: file that holds the token; it is read again when the token expires"
    )
    sasl_oauthbearer_token_command: str | None = Field(
        None, description="OAUTHBEARER: command that prints a token; it runs again when the token expires"
    )
    sasl_oauthbearer_token_endpoint_url: str | None = Field(
        None, description="OAUTHBEARER: token endpoint of an OpenID Connect provider, for client credentials"
    )
    sasl_oauthbearer_client_id: str | None = None
    sasl_oauthbearer_client_secret: SecretStr | None = None
    sasl_oauthbearer_client_secret_file: Path | None = None
    sasl_oauthbearer_scope: str | None = None
    ssl_ca_location: Path | None = None
    ssl_certificate_location: Path | None = None
    ssl_key_location: Path | None = None
    ssl_key_password: SecretStr | None = None
    ssl_key_password_file: Path | None = None

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("brokers", mode="before")
    @classmethod
    def _split_brokers(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("brokers")
    @classmethod
    def _check_brokers(cls, value: list[str]) -> list[str]:
        for broker in value:
            if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s/]+):\d{1,5}", broker):
                raise ValueError(f"expected host:port, found {broker!r}")
        if not value:
            raise ValueError("expected at least one host:port")
        return value

    @model_validator(mode="after")
    def _check_times(self) -> Settings:
        for less, more in (
            ("heartbeat_seconds", "session_timeout_seconds"),
            ("session_timeout_seconds", "request_timeout_seconds"),
        ):
            if getattr(self, less) >= getattr(self, more):
                raise ValueError(f"{less} ({getattr(self, less):g}) must be less than {more} ({getattr(self, more):g})")
        return self

    @model_validator(mode="after")
    def _check_security(self) -> Settings:
        if self.security_protocol.startswith("SASL") and self.sasl_mechanism == "OAUTHBEARER":
            self._check_tokens()
        elif self.security_protocol.startswith("SASL"):
            if not self.sasl_username:
                raise ValueError(f"security_protocol {self.security_protocol} needs sasl_username")
            if self.sasl_password is None and self.sasl_password_file is None:
                raise ValueError(
                    f"security_protocol {self.security_protocol} needs sasl_password or sasl_password_file"
                )
        if (self.ssl_certificate_location is None) != (self.ssl_key_location is None):
            raise ValueError("ssl_certificate_location and ssl_key_location must be set together")
        return self

    def doubts(self) -> Iterator[str]:
        """What is allowed but hardly intended."""
        if self.security_protocol == "SASL_PLAINTEXT" and self.sasl_mechanism == "PLAIN":
            yield (
                "security_protocol SASL_PLAINTEXT with sasl_mechanism PLAIN sends the password unencrypted, for "
                "everybody on the network to read; use SASL_SSL, or a SCRAM mechanism"
            )

    def _check_tokens(self) -> None:
        url = self.sasl_oauthbearer_token_endpoint_url
        given = [self.sasl_oauthbearer_token_file, self.sasl_oauthbearer_token_command, url]
        if sum(source is not None for source in given) != 1:
            raise ValueError(
                "sasl_mechanism OAUTHBEARER needs one of sasl_oauthbearer_token_file, sasl_oauthbearer_token_command "
                "and sasl_oauthbearer_token_endpoint_url"
            )
        if self.sasl_oauthbearer_token_command is not None:
            try:
                words = shlex.split(self.sasl_oauthbearer_token_command)
            except ValueError as error:
                raise ValueError(f"sasl_oauthbearer_token_command: {error}") from None
            if not words:
                raise ValueError("sasl_oauthbearer_token_command: expected a command")
        if url is None:
            return
        if not re.match(r"https://[^/@]|http://(localhost|127\.0\.0\.1|\[::1\])[:/]", url):
            raise ValueError("sasl_oauthbearer_token_endpoint_url: expected https://, or http:// to this machine")
        secrets = (self.sasl_oauthbearer_client_secret, self.sasl_oauthbearer_client_secret_file)
        if not self.sasl_oauthbearer_client_id or all(secret is None for secret in secrets):
            raise ValueError(
                "sasl_oauthbearer_token_endpoint_url needs sasl_oauthbearer_client_id and "
                "sasl_oauthbearer_client_secret or sasl_oauthbearer_client_secret_file"
            )

    def client_secret(self) -> Secret | None:
        """The secret for the token endpoint, from the setting or its file.

        Raises:
            SettingsError: the file cannot be read.
        """
        name = "sasl_oauthbearer_client_secret_file"
        return secret_from(name, self.sasl_oauthbearer_client_secret, self.sasl_oauthbearer_client_secret_file)

    def password(self) -> Secret | None:
        """The SASL password, from the setting or its file.

        Raises:
            SettingsError: the file cannot be read.
        """
        return secret_from("sasl_password_file", self.sasl_password, self.sasl_password_file)

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context for the brokers, None if the protocol does not use TLS.

        Raises:
            SettingsError: a certificate or key cannot be read.
        """
        if "SSL" not in self.security_protocol.split("_"):
            return None
        return client_context(
            ("ssl_ca_location", self.ssl_ca_location),
            ("ssl_certificate_location", self.ssl_certificate_location),
            ("ssl_key_location", self.ssl_key_location),
            self._key_password,
        )

    def _key_password(self) -> Secret | None:
        return secret_from("ssl_key_password_file", self.ssl_key_password, self.ssl_key_password_file)

    def client_id(self, role: str) -> str:
        """The client id of a connection, for broker logs, quotas and lists of group members.

        ``newswatch-APP_ID-ROLE-INSTANCE``; without an ``instance_id``, the machine and the process.
        """
        instance = self.instance_id or f"{socket.gethostname()}-{os.getpid()}"
        return f"newswatch-{self.app_id}-{role}-{instance}"

    def topic(self, name: str) -> str:
        """The full name of a topic on the broker."""
        if name == INPUT and self.input_topic is not None:
            return self.input_topic
        return self.topic_prefix + name
