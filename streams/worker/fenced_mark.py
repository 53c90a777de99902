"""A fenced worker does not fence the other one in turn when something starts it again.

Whoever joins a group last with an instance id takes it over: two workers with one id, each started again whenever it
ends, would fence each other for ever. The group lists a member that has just stopped like one that lives, and a worker
that was only restarted must join at once. So only a worker that was fenced waits whether the other one goes away; it
leaves a mark in ``data_dir`` for its next life.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

from streams.kafka.group_instances import instances_of
from streams.settings import Settings
from streams.settings.group_refusals import FencedError, Membership

#: Pause between two looks at the group (seconds).
PAUSE_SECONDS = 1.0
#: How much longer than a session timeout the group may list a member that has stopped (seconds).
SPARE_SECONDS = 3.0

logger = logging.getLogger(__name__)


class FencedMark:
    """The mark of a worker with an instance id; without one there is none.

    Args:
        instances: the instance ids in the group, or None if nobody says.
    """

    def __init__(
        self, settings: Settings, instances: Callable[[Settings], Collection[str] | None] = instances_of
    ) -> None:
        self._settings = settings
        self._instances = instances
        name = f"fenced-{quote(settings.instance_id or '', safe='')}"
        self._file: Path = settings.data_dir / settings.app_id / name

    @property
    def is_there(self) -> bool:
        """Whether this worker was fenced when it ran last."""
        try:
            return self._settings.instance_id is not None and self._file.exists()
        except OSError:  # no such file can be there
            return False

    def leave(self) -> None:
        """Leave the mark; without it, the next start would fence the other worker."""
        try:
            self._file.touch()
        except OSError as error:
            logger.warning("cannot write %s, so a restart would fence the other worker: %s", self._file, error.strerror)

    def require_free(self) -> None:
        """Wait until the other worker has left the group, for a session timeout.

        Raises:
            FencedError: it is still a member.
        """
        settings, instance = self._settings, self._settings.instance_id
        seconds = settings.session_timeout_seconds + SPARE_SECONDS
        logger.warning(
            "fenced when it ran last: this worker waits up to %.0f s for the other one with instance_id %r to leave",
            seconds,
            instance,
        )
        begun = monotonic()
        while instance in (self._instances(settings) or ()):
            if monotonic() - begun >= seconds:
                member = Membership(settings.app_id, "app_id", settings.session_timeout_seconds, instance)
                raise FencedError.still(member)
            sleep(PAUSE_SECONDS)
        with suppress(OSError):
            self._file.unlink()
        logger.warning("no other worker has instance_id %r now", instance)
