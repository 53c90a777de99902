"""What kafka-python logs, put into words for whoever runs a command.

For each connection that it tries it logs four lines, and at times a traceback; what it raises it logs too. Here a
connection that cannot be made is one reason, and brokers that go away and come back are two lines. All of its own lines
are there with ``--log-level info``.
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
#: Said too where the broker closes a connection for a reason that it told before.
_BARE = "socket disconnected"
#: Where it tells how connections come and go, and of errors that it raises besides.
_TOLD_OTHERWISE = ("kafka.net", "kafka.cluster", "kafka.consumer.fetcher", "kafka.coordinator", "kafka.producer")
#: What of that is told nowhere else.
_ONLY_HERE = re.compile(r"not found in cluster metadata|[Oo]ffset commit failed")

#: A line is said again after so long.
SELDOM_SECONDS = 30.0

logger = logging.getLogger(__name__)
_log = logging.getLogger("kafka")
_one_at_a_time = RLock()


class Attempts(logging.Handler):
    """Keeps the reason of what fails while a client connects.

    Args:
        failed: is told of each failure, the broker's number and the reason. What it raises ends the attempts, which
            go on for the client's whole time limit else: it ends the coroutine that logs, and comes out of the client's
            constructor.
    """

    def __init__(self, failed: Callable[[str, str], None]) -> None:
        super().__init__(logging.WARNING)
        self._failed = failed
        self.reason: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the newest reason that says more than that it failed."""
        found = _FAILED.match(record.getMessage())
        if found is not None:
            reason = plain(found[2])
            if reason != _BARE or self.reason is None:
                self.reason = reason
            self._failed(found[1], reason)


@contextmanager
def attempts(failed: Callable[[str, str], None]) -> Iterator[Attempts]:
    """Hear why a client that is made meanwhile cannot connect; nothing of it is logged, unless at level info."""
    with _one_at_a_time:
        heard, handlers, propagates = Attempts(failed), _log.handlers, _log.propagate
        _log.handlers = [heard, *(handlers if _log.isEnabledFor(logging.DEBUG) else ())]
        _log.propagate = propagates and _log.isEnabledFor(logging.INFO)
        try:
            yield heard
        finally:
            _log.handlers, _log.propagate = handlers, propagates


class Summary(logging.Handler):
    """Takes the place of kafka-python's own lines."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._reasons: list[str] = []

    @property
    def refusal(self) -> str | None:
        """Why the brokers say no for good since they were lost, None where they do not."""
        return next((reason for reason in self._reasons if is_final(reason)), None)

    def emit(self, record: logging.LogRecord) -> None:
        """Say what somebody can do something with, and no traceback."""
        said = record.getMessage()
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
            logger.warning("the brokers do not answer, and are asked again and again: %s", reason)
        elif is_final(reason) and self.refusal is None:
            logger.error("the brokers answer, and say no: %s", reason)
        self._reasons = [*self._reasons[-9:], reason]


def refusal() -> str | None:
    """Why the brokers, once lost, say no for good to this process; None where they do not, or nobody summarises."""
    return next((handler.refusal for handler in _log.handlers if isinstance(handler, Summary)), None)


class Seldom(logging.Filter):
    """Lets a line of aiokafka through once in a while: while brokers are away it says the same many times a second."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it was not said a short while ago."""
        if not record.name.startswith("aiokafka"):
            return True
        now, said = self._clock(), record.getMessage()
        self._said = {line: time for line, time in self._said.items() if now - time < SELDOM_SECONDS}
        if said in self._said:
            return False
        self._said[said] = now
        return True


def summarise() -> None:
    """From now on, in this process, unless more is asked for than warnings."""
    if not _log.isEnabledFor(logging.INFO):
        _log.handlers = [Summary()]
        _log.setLevel(logging.INFO)
        _log.propagate = False
        for handler in logging.getLogger().handlers:
            handler.addFilter(Seldom())
