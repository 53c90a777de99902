"""A summary of kafka-python's log for the user of a command.

kafka-python logs four lines for each connection attempt, sometimes with a traceback, and also logs the errors it
raises. Here a failed connection becomes one reason, and brokers that go away and come back become two lines.
``--log-level debug`` shows all of its own lines.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from time import monotonic

from streams.kafka.refusals import is_final, plain

_FAILED = re.compile(r"Bootstrap (?:connection|attempt) to (\S+) failed: (.*?)(?: \(backoff .*)?$", re.DOTALL)
_LOST = re.compile(r".*(?:Connection failed|Connection lost): (.*)", re.DOTALL)
_BEGUN = re.compile(r"Initializing connection for node_id (\S+) at (\S+)")
_NODE = re.compile(r"<KafkaConnection .*?node_id=(\S+?)[ >].*Connection lost: ", re.DOTALL)
#: Also logged when the broker closes a connection for a reason that it has already given.
_BARE = "socket disconnected"
#: The loggers that report connections opening and closing, and errors that kafka-python raises anyway.
_TOLD_OTHERWISE = ("kafka.net", "kafka.cluster", "kafka.consumer.fetcher", "kafka.coordinator", "kafka.producer")
#: Messages of these loggers that appear nowhere else.
_ONLY_HERE = re.compile(r"not found in cluster metadata|[Oo]ffset commit failed")
#: kafka-python prints a whole answer about a group whose members' metadata it cannot read, such as Faust's.
_DUMP = "Unable to decode member_"

#: How long to suppress a repeated line (seconds).
SELDOM_SECONDS = 30.0
#: The longest such time (seconds).
MOST_SECONDS = 3600.0

logger = logging.getLogger(__name__)
_log = logging.getLogger("kafka")
_one_at_a_time = RLock()


class Attempts(logging.Handler):
    """Keeps the reason why a client fails to connect.

    Args:
        failed: called with the broker's number and the reason of each failure. An exception it raises ends the
            attempts, which otherwise continue until the client's timeout: it ends the coroutine that logs, and
            propagates out of the client's constructor.
    """

    def __init__(self, failed: Callable[[str, str], None]) -> None:
        super().__init__(logging.WARNING)
        self._failed = failed
        self.reason: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the newest reason that says more than that the connection failed."""
        found = _FAILED.match(record.getMessage())
        if found is not None:
            reason = plain(found[2])
            if reason != _BARE or self.reason is None:
                self.reason = reason
            self._failed(found[1], reason)


@contextmanager
def attempts(failed: Callable[[str, str], None]) -> Iterator[Attempts]:
    """Capture why a client created in this block cannot connect; log it only at level debug."""
    with _one_at_a_time:
        heard, handlers, propagates = Attempts(failed), _log.handlers, _log.propagate
        _log.handlers = [heard, *(handlers if _log.isEnabledFor(logging.DEBUG) else ())]
        _log.propagate = propagates and _log.isEnabledFor(logging.INFO)
        try:
            yield heard
        finally:
            _log.handlers, _log.propagate = handlers, propagates


class Summary(logging.Handler):
    """Replaces kafka-python's own log lines."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._reasons: list[str] = []
        self._addresses: dict[str, str] = {}
        self.lost_address: str | None = None
        """Host and port of the broker that was lost last; one that a broker gave may be unreachable from here."""

    @property
    def refusal(self) -> str | None:
        """Why the brokers have permanently refused this process since they were lost, None if they have not."""
        return next((reason for reason in self._reasons if is_final(reason)), None)

    def emit(self, record: logging.LogRecord) -> None:
        """Log what a user can act on, without a traceback."""
        said = record.getMessage()
        if (begun := _BEGUN.match(said)) is not None:
            self._addresses[begun[1]] = begun[2]
        elif (node := _NODE.match(said)) is not None:
            self.lost_address = self._addresses.get(node[1], self.lost_address)
        if said.startswith(_DUMP):
            return
        if record.name == "kafka.cluster" and said.startswith("Updated metadata"):
            if self._reasons:
                self._reasons = []
                logger.warning("the brokers answer again")
        elif record.levelno >= logging.ERROR and (lost := _LOST.match(said)) is not None:
            self._lost(plain(lost[1]))
        elif record.levelno >= logging.WARNING and (
            _ONLY_HERE.search(said) or not record.name.startswith(_TOLD_OTHERWISE)
        ):
            error = record.exc_info[1] if record.exc_info else None
            logger.log(record.levelno, "%s", f"{said} {error}" if error else said)

    def _lost(self, reason: str) -> None:
        if not self._reasons:
            logger.warning("the brokers do not answer, retrying: %s", reason)
        elif is_final(reason) and self.refusal is None:
            logger.error("the brokers refuse the connection: %s", reason)
        self._reasons = [*self._reasons[-9:], reason]


def refusal() -> str | None:
    """Why the brokers, once lost, permanently refuse this process; None if they do not, or nothing is summarised."""
    return next((handler.refusal for handler in _log.handlers if isinstance(handler, Summary)), None)


def lost_address() -> str | None:
    """Host and port of the broker that this process lost last, None if it has lost none."""
    return next((handler.lost_address for handler in _log.handlers if isinstance(handler, Summary)), None)


class Seldom(logging.Filter):
    """Limits how often aiokafka repeats a line: while brokers are away it logs the same many times a second.

    A line that keeps coming is logged after ``SELDOM_SECONDS``, and then after twice the time before, up to an hour.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[str, tuple[float, float]] = {}  # line to when it may be said again, and the pause until then

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log the line now."""
        if not record.name.startswith("aiokafka"):
            return True
        now, said = self._clock(), record.getMessage()
        # Silent for as long again as it was held back: it has stopped, and is news the next time.
        self._said = {line: told for line, told in self._said.items() if now < told[0] + told[1]}
        again, pause = self._said.get(said, (now, SELDOM_SECONDS / 2))
        if now < again:
            return False
        pause = min(pause * 2, MOST_SECONDS)
        self._said[said] = (now + pause, pause)
        return True


def summarise() -> None:
    """Summarise in this process from now on, unless the log level is debug."""
    _log.handlers, _log.propagate = [], True
    _log.setLevel(logging.NOTSET)
    if not _log.isEnabledFor(logging.INFO):
        _log.handlers = [Summary()]
        _log.setLevel(logging.INFO)
        _log.propagate = False
        for handler in logging.getLogger().handlers:
            handler.addFilter(Seldom())
