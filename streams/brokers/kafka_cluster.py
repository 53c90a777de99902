"""Apache Kafka for development and tests: one or several brokers on this machine, in KRaft mode."""

import base64
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from streams.brokers.embedded import Broker
from streams.brokers.kafka_jars import jars, java
from streams.processes.ports import answers, free_ports
from streams.processes.server_process import ServerError, ServerProcess

READY_TIMEOUT = 60.0
"""Seconds within which brokers must answer; a start takes two to four on an idle machine."""

_ATTEMPTS = 3


def tool(
    main: str, *arguments: str, timeout: float = 60.0, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of Kafka's own command line tools by the name of its main class, e.g. `kafka.tools.StorageTool`.

    `timeout` in seconds; `given` is its standard input. Raises KafkaUnavailableError, subprocess.CalledProcessError
    with both outputs, TimeoutExpired.
    """
    command = [java(), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", f"{jars()}/*"]
    return subprocess.run(
        [*command, main, *arguments], input=given, capture_output=True, text=True, check=True, timeout=timeout
    )


class KafkaCluster(Broker):
    """Brokers numbered from 1, each also a controller, listening on `host` alone.

    `folder` keeps the data between runs; without it, the data goes to a temporary folder, removed at the end. `port`
    is the first broker's (0: a free one). `properties` are lines for every server.properties and override the defaults
    here. `users` (name: password) are created for SCRAM-SHA-512. `client` are kafka-python settings for the internal
    listener, for `properties` that secure it. Three or more brokers keep three replicas and acknowledge at two.

    Raises KafkaUnavailableError (no Java, no Maven, no jars) and ServerError (a broker ended or did not answer).
    """

    def __init__(
        self,
        brokers: int = 1,
        *,
        folder: Path | None = None,
        properties: Mapping[str, str] | None = None,
        users: Mapping[str, str] | None = None,
        client: Mapping[str, object] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        heap: str = "512m",
    ) -> None:
        if brokers < 1:
            raise ValueError(f"expected at least one broker, not {brokers}")
        self.nodes: Sequence[int] = range(1, brokers + 1)
        self.host = host
        self._folder = folder
        self._properties = dict(properties or {})
        self._users = dict(users or {})
        self._client = dict(client or {})
        self._port = port
        self._heap = heap
        self._home: Path | None = None
        self._ports: dict[int, tuple[int, int, int]] = {}
        self._processes: dict[int, ServerProcess] = {}

    @property
    def bootstrap_servers(self) -> str:
        """Addresses of the client listeners, separated by commas."""
        return ",".join(self.address(node) for node in self.nodes)

    def address(self, node: int) -> str:
        """Address of one broker's client listener. Raises ServerError before the first start."""
        if node not in self._ports:
            raise ServerError(f"broker {node} was never started")
        return f"{self.host}:{self._ports[node][0]}"

    def pid(self, node: int) -> int:
        """Process id of one broker. Raises ServerError if it is not running."""
        if not self.running(node):
            raise ServerError(f"broker {node} is not running")
        return self._processes[node].pid

    def running(self, node: int) -> bool:
        """Whether the broker's process is running."""
        return node in self._processes and self._processes[node].running()

    def log(self, node: int) -> str:
        """The last lines of one broker's log."""
        return self._processes[node].log_tail(200) if node in self._processes else ""

    def start(self, node: int | None = None) -> None:
        """Start one broker, or all stopped ones, and wait until each answers and sees the others."""
        wanted = [number for number in self.nodes if node in (None, number) and not self.running(number)]
        if not wanted:
            return
        if self._home is None:
            self._create(wanted)
            return
        for number in wanted:
            self._launch(number)
        self._wait_until_ready(wanted)

    def stop(self, node: int | None = None) -> None:
        """Stop one broker cleanly, or all of them; removes a temporary folder with the last one."""
        stopping = [process for number, process in self._processes.items() if node in (None, number)]
        for process in stopping:
            # A cluster whose data is deleted needs no clean stop, which takes seconds for three brokers.
            if node is None and self._folder is None:
                process.kill()
            else:
                process.request_stop()
        for process in stopping:
            process.stop()
        if node is None:
            self._processes.clear()
            if self._folder is None and self._home is not None:
                shutil.rmtree(self._home, ignore_errors=True)
                self._home = None

    def kill(self, node: int) -> None:
        """Kill one broker at once, as a crash would (SIGKILL)."""
        if node in self._processes:
            self._processes[node].kill()

    def wait(self) -> None:
        """Wait until a broker ends by itself, then raise ServerError."""
        while True:
            for process in self._processes.values():
                process.require_running()
            time.sleep(0.5)

    def _create(self, wanted: Sequence[int]) -> None:
        """Choose ports, format and start; retry with other ports if another process takes one in between."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._home = self._folder or Path(tempfile.mkdtemp(prefix="newswatch-kafka-"))
                ports = free_ports(3 * len(self.nodes), self.host)
                self._ports = {number: (ports.pop(), ports.pop(), ports.pop()) for number in self.nodes}
                if self._port:
                    self._ports[1] = (self._port, *self._ports[1][1:])
                self._format()
                for number in wanted:
                    self._launch(number)
                self._wait_until_ready(wanted)
                self._add_users()
            except ServerError as error:
                self.stop()
                self._home = None
                taken = "Address already in use" in str(error)
                if taken and self._port and answers(self._port, self.host):
                    raise ServerError(f"port {self._port} on {self.host} is in use") from None
                if not taken or attempt == _ATTEMPTS:
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return

    def _place(self, node: int) -> Path:
        assert self._home is not None
        return self._home / f"broker-{node}"

    def _server_properties(self, node: int) -> dict[str, str]:
        client, internal, controller = self._ports[node]
        copies = str(min(3, len(self.nodes)))
        acknowledged = str(min(2, len(self.nodes)))
        return {
            "process.roles": "broker,controller",
            "node.id": str(node),
            "log.dirs": str(self._place(node) / "data"),
            "controller.quorum.voters": ",".join(f"{n}@{self.host}:{self._ports[n][2]}" for n in self.nodes),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "INTERNAL",
            "listeners": ",".join(
                f"{name}://{self.host}:{port}"
                for name, port in (("CLIENT", client), ("INTERNAL", internal), ("CONTROLLER", controller))
            ),
            "listener.security.protocol.map": "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "default.replication.factor": copies,
            "min.insync.replicas": acknowledged,
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": "8",
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": acknowledged,
            "transaction.state.log.num.partitions": "2",
            "share.coordinator.state.topic.replication.factor": copies,
            "share.coordinator.state.topic.min.isr": acknowledged,
            # Topics are created explicitly, as in production; a misspelt name must not create one.
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            "group.min.session.timeout.ms": "1000",
            # A killed broker is declared dead, and may register again, after this time (default 9 s).
            "broker.session.timeout.ms": "6000",
            "broker.heartbeat.interval.ms": "1000",
            "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
            "num.network.threads": "2",
            "num.io.threads": "4",
            **self._properties,
        }

    def _format(self) -> None:
        """Write every server.properties, and format storage that is not formatted yet."""
        assert self._home is not None
        self._home.mkdir(parents=True, exist_ok=True)
        identity = self._home / "cluster.id"
        if not identity.exists():
            # Without the first letter, the tool would take an id that begins with a hyphen for an option.
            identity.write_text("n" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22])
        for node in self.nodes:
            place = self._place(node)
            place.mkdir(exist_ok=True)
            config = place / "server.properties"
            config.write_text("".join(f"{key}={value}\n" for key, value in self._server_properties(node).items()))
            if (place / "data" / "meta.properties").exists():
                continue
            try:
                tool(
                    "kafka.tools.StorageTool",
                    *("format", "--ignore-formatted", "-t", identity.read_text(), "-c", str(config)),
                )
            except subprocess.CalledProcessError as error:
                raise ServerError(f"broker {node}: cannot format storage\n{error.stdout}{error.stderr}") from None

    def _launch(self, node: int) -> None:
        place = self._place(node)
        command = [java(), f"-Xmx{self._heap}", "-Xms128m", "-XX:+UseSerialGC", "-Djava.awt.headless=true"]
        command += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"]
        command += ["-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"]
        command += ["-cp", f"{jars()}/*", "kafka.Kafka", str(place / "server.properties")]
        # JVM options in the caller's environment (debuggers, agents, heap sizes) are not meant for the broker.
        environment = {key: value for key, value in os.environ.items() if key not in ("JAVA_TOOL_OPTIONS", "CLASSPATH")}
        self._processes[node] = ServerProcess(command, log=place / "broker.log", environment=environment)

    def _wait_until_ready(self, wanted: Sequence[int]) -> None:
        deadline = time.monotonic() + READY_TIMEOUT
        expected = {number for number in self.nodes if self.running(number)}
        for node in wanted:
            while not self._sees(node, expected):
                self._processes[node].require_running()
                if time.monotonic() > deadline:
                    said = self._processes[node].log_tail()
                    raise ServerError(f"broker {node} did not answer within {READY_TIMEOUT:.0f} s\n{said}")
                time.sleep(0.1)

    def _add_users(self) -> None:
        """Create the users over the wire: passwords on a command line are visible to everybody."""
        from kafka import KafkaAdminClient
        from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

        if not self._users:
            return
        admin = KafkaAdminClient(bootstrap_servers=f"{self.host}:{self._ports[self.nodes[0]][1]}", **self._client)
        try:
            refused = admin.alter_user_scram_credentials(
                [
                    UserScramCredentialUpsertion(name, ScramMechanism.SCRAM_SHA_512, password)
                    for name, password in self._users.items()
                ]
            )
        finally:
            admin.close()
        if any(refused.values()):
            raise ServerError(f"the broker rejects users: {refused}")

    def _sees(self, node: int, expected: set[int]) -> bool:
        """Whether this broker answers on its internal listener and sees the others as alive."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        port = self._ports[node][1]
        if not (answers(port, self.host) and answers(self._ports[node][0], self.host)):
            return False
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=f"{self.host}:{port}",
                client_id="newswatch-ready",
                request_timeout_ms=2000,
                **self._client,
            )
        except (KafkaError, OSError):
            return False
        try:
            return expected <= {broker["broker_id"] for broker in admin.describe_cluster()["brokers"]}
        except (KafkaError, OSError):
            return False
        finally:
            admin.close()
