"""One settings model: flags, environment (``NEWSWATCH_...``), one YAML file, defaults - in this order.

The Kafka security settings also answer to the names that Kafka's own tools use (``KAFKA_SASL_USERNAME``, ...).
"""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from detectors.reading.problems import nearest
from detectors.user_error import UserError

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


#: Never taken from a command line, where every user of the machine can read them.
SECRETS = ("sasl_password", "ssl_key_password")


class SettingsError(UserError):
    """A setting that cannot be used; says which, where it came from and what was expected."""


def _kafka(name: str) -> AliasChoices:
    return AliasChoices(name, f"newswatch_{name}", f"kafka_{name}")


class Secret(str):
    """A password as clients want it, which no dump of their configuration shows (kafka-python logs its own)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


class Settings(BaseSettings):
    """Everything that a deployment chooses. Times are seconds, sizes bytes."""

    model_config = SettingsConfigDict(env_prefix="NEWSWATCH_", extra="forbid", populate_by_name=True, frozen=True)

    brokers: Annotated[list[str], NoDecode] = Field(
        ["127.0.0.1:9092"], description="Kafka bootstrap servers, host:port, comma-separated"
    )
    app_id: str = Field(
        "newswatch", pattern=r"^[a-zA-Z0-9._-]+$", description="consumer group and prefix of the changelog topic"
    )
    topic_prefix: str = Field("", pattern=r"^[a-zA-Z0-9._-]*$", description="put before the name of every topic")
    instance_id: str | None = Field(None, description="static membership (KIP-345): a name that a restart keeps")
    data_dir: Path = Field(Path("var"), description="folder for the worker's local files")

    store: Literal["memory", "rocksdb"] = Field(
        "memory",
        description="where the detectors' facts are kept beside Kafka: memory, read from the changelog at each start; "
        "or rocksdb, in data_dir as well, so that only what is new is read (pip install 'newswatch[rocksdb]')",
    )

    rules: Path | None = Field(None, description="folder of watch rules; default ./deploy/rules, else the shipped copy")
    rules_reload_seconds: float = Field(2.0, gt=0, description="how often the folder of rules is looked at")
    rules_wait_seconds: float = Field(
        120.0, ge=0, description="how long a detector waits for a rule set that another worker has already"
    )
    create_topics: bool = Field(True, description="whether the worker may create topics that are missing")
    partitions: int = Field(6, ge=1, description="partitions of the topics that are created")
    replication_factor: int = Field(1, ge=1, description="replicas of the topics that are created")

    model: str = Field("en_core_web_sm", description="spaCy pipeline used for named entities")
    registry: Path | None = Field(None, description="YAML registry of officials; default: the shipped one")
    taxonomy: Path | None = Field(None, description="YAML taxonomy of themes; default: the shipped one")

    metrics_host: str = Field("127.0.0.1", description="address of /metrics, /livez and /readyz")
    metrics_port: int = Field(
        9464, ge=0, le=65535, description="port of /metrics, /livez and /readyz; 0 picks a free one"
    )

    batch_articles: int = Field(64, ge=1, description="most articles extracted in one batch")
    in_flight_articles: int = Field(512, ge=1, description="most articles read ahead and not yet acknowledged")
    stall_seconds: float = Field(
        120.0, gt=0, description="lag without a commit for so long turns /livez red and ends the worker"
    )
    advance_when_silent: bool = Field(
        True, description="let event time move with the wall clock when all sources are silent"
    )
    session_timeout_seconds: float = Field(30.0, gt=0, description="Kafka's session.timeout.ms")
    heartbeat_seconds: float = Field(3.0, gt=0, description="Kafka's heartbeat.interval.ms")
    request_timeout_seconds: float = Field(
        40.0, gt=0, description="Kafka's request.timeout.ms; more than the session timeout"
    )
    idempotence: bool = Field(True, description="idempotent producer; off only for a broker that has no producer ids")
    max_request_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="largest record that is produced")

    security_protocol: SecurityProtocol = Field("PLAINTEXT", validation_alias=_kafka("security_protocol"))
    sasl_mechanism: SaslMechanism = Field("SCRAM-SHA-512", validation_alias=_kafka("sasl_mechanism"))
    sasl_username: str | None = Field(None, validation_alias=_kafka("sasl_username"))
    sasl_password: SecretStr | None = Field(None, validation_alias=_kafka("sasl_password"))
    sasl_password_file: Path | None = Field(None, validation_alias=_kafka("sasl_password_file"))
    ssl_ca_location: Path | None = Field(None, validation_alias=_kafka("ssl_ca_location"))
    ssl_certificate_location: Path | None = Field(None, validation_alias=_kafka("ssl_certificate_location"))
    ssl_key_location: Path | None = Field(None, validation_alias=_kafka("ssl_key_location"))
    ssl_key_password: SecretStr | None = Field(None, validation_alias=_kafka("ssl_key_password"))
    ssl_key_password_file: Path | None = Field(None, validation_alias=_kafka("ssl_key_password_file"))

    @field_validator("brokers", mode="before")
    @classmethod
    def _split_brokers(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("brokers")
    @classmethod
    def _check_brokers(cls, value: list[str]) -> list[str]:
        for broker in value:
            if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s/]+):\d{1,5}", broker):
                raise ValueError(f"expected host:port, got {broker!r}")
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
        if self.security_protocol.startswith("SASL"):
            if not self.sasl_username:
                raise ValueError(f"security_protocol {self.security_protocol} needs sasl_username")
            if self.sasl_password is None and self.sasl_password_file is None:
                raise ValueError(
                    f"security_protocol {self.security_protocol} needs sasl_password or sasl_password_file"
                )
        if (self.ssl_certificate_location is None) != (self.ssl_key_location is None):
            raise ValueError("ssl_certificate_location and ssl_key_location belong together")
        return self

    def password(self) -> Secret | None:
        """The SASL password, from the setting or from its file.

        Raises:
            SettingsError: the file cannot be read.
        """
        return _secret("sasl_password_file", self.sasl_password, self.sasl_password_file)

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS context for the brokers, None where the protocol has no TLS.

        Raises:
            SettingsError: a certificate or key cannot be read.
        """
        if "SSL" not in self.security_protocol.split("_"):
            return None
        _require_readable(self, "ssl_ca_location", "ssl_certificate_location", "ssl_key_location")
        try:
            context = ssl.create_default_context(cafile=self.ssl_ca_location)
        except OSError as error:
            raise SettingsError(_unusable(self, error, "ssl_ca_location")) from None
        if self.ssl_certificate_location is not None:
            self._load_certificate(context)
        return context

    def _load_certificate(self, context: ssl.SSLContext) -> None:
        asked: list[bool] = []

        def password() -> str:
            asked.append(True)
            return self._key_password()

        try:
            context.load_cert_chain(str(self.ssl_certificate_location), self.ssl_key_location, password)
        except OSError as error:
            names = ("ssl_certificate_location", "ssl_key_location")
            raise SettingsError(_unusable(self, error, *names, opened=bool(asked))) from None

    def _key_password(self) -> str:
        # Called where the key has a password; without an answer OpenSSL would ask for it on the terminal, for ever.
        secret = _secret("ssl_key_password_file", self.ssl_key_password, self.ssl_key_password_file)
        if secret is None:
            raise SettingsError(
                f"{self.ssl_key_location}: the key has a password; expected ssl_key_password in the environment, or "
                "ssl_key_password_file"
            )
        return secret

    def topic(self, name: str) -> str:
        """The full name of a topic on the broker."""
        return self.topic_prefix + name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before environment before the file named by the flag or ``NEWSWATCH_CONFIG``."""
        del dotenv_settings, file_secret_settings
        return (init_settings, env_settings, YamlConfigSettingsSource(settings_cls))


def _require_readable(settings: Settings, *names: str) -> None:
    for name in names:
        file = getattr(settings, name)
        try:
            if file is not None:
                file.read_bytes()
        except OSError as error:
            raise SettingsError(f"{name}: cannot read {file}: {error.strerror}") from None


def _unusable(settings: Settings, error: OSError, *names: str, opened: bool = False) -> str:
    """What is wrong with files of TLS. OpenSSL says "PEM lib" of most; ``opened``: the key's password was tried."""
    files = ", ".join(f"{name} {getattr(settings, name)}" for name in names)
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    if "KEY_VALUES_MISMATCH" in reason:
        reason = "the key is not that of the certificate"
    elif opened:
        reason = "the key's password, ssl_key_password or ssl_key_password_file, is not the right one"
    else:
        for name in names:
            kind = b"PRIVATE KEY" if name == "ssl_key_location" else b"CERTIFICATE"
            if b"-----BEGIN" not in (content := getattr(settings, name).read_bytes()) or kind not in content:
                reason = f"expected {kind.decode().lower()}s in PEM form in {name}"
    return f"TLS: cannot use {files}: {reason}"


def _secret(name: str, value: SecretStr | None, file: Path | None) -> Secret | None:
    if value is not None:
        secret, place = Secret(value.get_secret_value()), name.removesuffix("_file")
    elif file is None:
        return None
    else:
        secret, place = _read_secret(name, file), f"{name} {file}"
    if not secret:
        raise SettingsError(f"{place}: it is empty; expected a password")
    return secret


def _read_secret(name: str, file: Path) -> Secret:
    try:
        return Secret(file.read_text(encoding="utf-8-sig").rstrip("\r\n"))
    except OSError as error:
        raise SettingsError(f"{name}: cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:  # its message would hold the bytes
        raise SettingsError(f"{name}: {file} is not UTF-8 text") from None


def load_settings(config: Path | None = None, **flags: Any) -> Settings:
    """Settings from flags (None: not given), environment, and the YAML file ``config``.

    Raises:
        SettingsError: an unreadable file, an unknown key or an unusable value.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    if config is not None and not config.is_file():
        raise SettingsError(f"{config}: no such file; expected a YAML file of settings")

    class _FromFile(Settings):
        model_config = SettingsConfigDict(yaml_file=config)

    try:
        loaded = _FromFile(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(item, config) for item in error.errors(include_input=False))) from None
    except (ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{config}: {_without_quotation(error)}") from None
    except RecursionError:
        raise SettingsError(f"{config}: nested too deeply; expected a YAML file of settings") from None
    return loaded


def _without_quotation(error: Exception) -> str:
    """What is wrong with a YAML file, and where; without the line itself, which may hold a secret."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return "expected a YAML file of settings" if isinstance(error, yaml.YAMLError) else str(error)
    return f"line {mark.line + 1}, column {mark.column + 1}: {getattr(error, 'problem', 'not YAML')}"


def _explain(error: Any, config: Path | None) -> str:
    name = ".".join(str(part) for part in error["loc"]) or "settings"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = f"unknown setting{nearest(name, Settings.model_fields)}"
    return f"{config}: {name}: {message}" if config else f"{name}: {message} (flag, or NEWSWATCH_{name.upper()})"
