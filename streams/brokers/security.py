"""Security of a development Kafka: TLS, clients authenticated by password or certificate, ACLs enforced."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from streams.brokers.certificates import Authority, Certificate

Protocol = Literal["SASL_SSL", "SSL"]
"""How clients authenticate: SCRAM-SHA-512 over TLS, or a client certificate (mutual TLS)."""

ADMIN = "admin"
"""The super user."""

_BROKER = "broker"


class KafkaSecurity:
    """Keys, users and settings of a secured cluster, made in `folder`.

    Each of `users`, and the user `admin`, gets a password or a certificate. Pass `properties`, `users` and `readiness`
    to KafkaCluster, and `client(user)` to a Kafka client. Raises CertificateError.
    """

    def __init__(self, folder: Path, users: Sequence[str], *, protocol: Protocol = "SASL_SSL") -> None:
        self.protocol: Protocol = protocol
        self.authority = Authority(folder)
        self._broker = self.authority.issue(_BROKER)
        names = [ADMIN, *users]
        self.users: Mapping[str, str] = (
            {name: secrets.token_urlsafe(18) for name in names} if protocol == "SASL_SSL" else {}
        )
        self._passwords = {name: self._write(folder / f"{name}.password", word) for name, word in self.users.items()}
        self._certificates: dict[str, Certificate] = (
            {name: self.authority.issue(name) for name in names} if protocol == "SSL" else {}
        )

    @staticmethod
    def _write(file: Path, secret: str) -> Path:
        file.touch(mode=0o600)
        file.write_text(secret + "\n")
        return file

    @property
    def properties(self) -> Mapping[str, str]:
        """Lines for server.properties. The brokers deny what no ACL allows."""
        return {
            "listener.security.protocol.map": f"CLIENT:{self.protocol},INTERNAL:SSL,CONTROLLER:SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._broker.keystore),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.certificate),
            # Between brokers, and for clients without a password: a certificate from our authority is required.
            "ssl.client.auth": "required",
            **({"listener.name.client.ssl.client.auth": "none"} if self.protocol == "SASL_SSL" else {}),
            # A certificate's common name is the user, as with SCRAM, so that one set of ACLs serves both.
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.client.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{_BROKER};User:{ADMIN}",
        }

    @property
    def readiness(self) -> Mapping[str, object]:
        """kafka-python settings for the listener between the brokers."""
        return {
            "security_protocol": "SSL",
            "ssl_cafile": str(self.authority.certificate),
            "ssl_certfile": str(self._broker.chain),
            "ssl_keyfile": str(self._broker.key),
        }

    def client(self, user: str) -> Mapping[str, object]:
        """kafka-python settings for one user. Raises KeyError for an unknown user."""
        settings: dict[str, object] = {
            "security_protocol": self.protocol,
            "ssl_cafile": str(self.authority.certificate),
        }
        if self.protocol == "SASL_SSL":
            return settings | {
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": user,
                "sasl_plain_password": self.users[user],
            }
        certificate = self._certificates[user]
        return settings | {"ssl_certfile": str(certificate.chain), "ssl_keyfile": str(certificate.key)}

    def environment(self, user: str) -> Mapping[str, str]:
        """Environment variables that run a `newswatch` command as this user. Raises KeyError for an unknown user."""
        variables = {
            "NEWSWATCH_SECURITY_PROTOCOL": self.protocol,
            "NEWSWATCH_SSL_CA_LOCATION": str(self.authority.certificate),
        }
        if self.protocol == "SASL_SSL":
            return variables | {
                "NEWSWATCH_SASL_USERNAME": user,
                "NEWSWATCH_SASL_PASSWORD_FILE": str(self._passwords[user]),
            }
        certificate = self._certificates[user]
        return variables | {
            "NEWSWATCH_SSL_CERTIFICATE_LOCATION": str(certificate.chain),
            "NEWSWATCH_SSL_KEY_LOCATION": str(certificate.key),
        }
