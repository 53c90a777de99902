"""A secured Kafka for development: each role has a user of its name, and ACLs are enforced."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from streams.brokers.embedded import Broker
from streams.brokers.kafka_cluster import KafkaCluster
from streams.brokers.security import ADMIN, KafkaSecurity, Protocol
from streams.kafka.access import apply, grants, roles
from streams.kafka.topics import create_topics, topic_specs
from streams.settings import Settings, load_settings


class ClosedKafka(Broker):
    """Brokers with TLS, a user for each role, the topics of a deployment, and the roles' ACLs.

    `folder` keeps certificates and, for each user, a file of environment variables (mode 600). `settings` describe the
    deployment (prefix, application id, partitions); its rules name `rule_topics`.

    Raises KafkaUnavailableError, ServerError, CertificateError.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        rule_topics: Iterable[str] = (),
        *,
        protocol: Protocol = "SASL_SSL",
        brokers: int = 1,
        port: int = 0,
    ) -> None:
        self.security = KafkaSecurity(folder, tuple(roles()), protocol=protocol)
        self.cluster = KafkaCluster(
            brokers,
            port=port,
            properties=self.security.properties,
            users=self.security.users,
            client=self.security.readiness,
        )
        self._folder = folder
        self._deployment = settings
        self._rule_topics = tuple(rule_topics)

    @property
    def bootstrap_servers(self) -> str:
        """Addresses of the client listeners, separated by commas."""
        return self.cluster.bootstrap_servers

    def start(self) -> None:
        """Start the brokers, create the topics and the ACLs, and write the users' files."""
        self.cluster.start()
        try:
            admin = self.settings(ADMIN)
            create_topics(admin, topic_specs(admin, self._rule_topics))
            for role in roles():
                apply(admin, grants(admin, role, self._rule_topics), role)
        except BaseException:
            self.cluster.stop()
            raise
        for user in (ADMIN, *roles()):
            self._write(user)

    def stop(self) -> None:
        """Stop the brokers and delete their data."""
        self.cluster.stop()

    def wait(self) -> None:
        """Wait until a broker ends by itself, then raise ServerError."""
        self.cluster.wait()

    def file(self, user: str) -> Path:
        """The file of the user's environment variables; load it in a shell with `. FILE`."""
        return self._folder / f"{user}.env"

    def settings(self, user: str) -> Settings:
        """The deployment's settings for one of the users. Raises KeyError for an unknown user."""
        given = self._deployment.model_dump(exclude_unset=True)
        variables = self.security.environment(user)
        given |= {name.removeprefix("NEWSWATCH_").lower(): value for name, value in variables.items()}
        return load_settings(None, **given | {"brokers": self.bootstrap_servers})

    def _write(self, user: str) -> None:
        variables = {**self.security.environment(user), "NEWSWATCH_BROKERS": self.bootstrap_servers}
        if user == "worker":
            variables |= {"NEWSWATCH_CREATE_TOPICS": "false"}
        file = self.file(user)
        file.touch(mode=0o600)
        file.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))
