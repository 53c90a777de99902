"""The start of a worker while Kafka is away: it waits, alive and not ready, in place of ending again and again."""

from __future__ import annotations

import logging
from time import monotonic, sleep

from streams.kafka.clients import BrokerUnreachableError, admin_client
from streams.settings import Settings

#: Pause between attempts to reach the brokers (seconds).
PAUSE_SECONDS = 2.0
#: The first reminder comes after this time (seconds), each further one after twice the time.
REMIND_SECONDS = 60.0

logger = logging.getLogger(__name__)


def brokers_answer(settings: Settings) -> bool:
    """Whether the brokers answer; if not, logs why, and that the worker waits.

    Raises:
        BrokerUnreachableError: they refuse this client, or the worker may not wait.
    """
    try:
        admin_client(settings).close()
    except BrokerUnreachableError as error:
        if error.final or not settings.broker_wait_seconds:
            raise
        logger.error("%s; waiting for it for up to %.0f s (broker_wait_seconds)", error, settings.broker_wait_seconds)
        return False
    return True


def wait_for_brokers(settings: Settings) -> None:
    """Wait until the brokers answer.

    Raises:
        BrokerUnreachableError: they refuse this client, or did not answer within ``broker_wait_seconds``.
    """
    begun, remind_after = monotonic(), REMIND_SECONDS
    while True:
        sleep(PAUSE_SECONDS)
        try:
            admin_client(settings).close()
        except BrokerUnreachableError as error:
            waited = monotonic() - begun
            if error.final or waited >= settings.broker_wait_seconds:
                raise
            if waited >= remind_after:
                remind_after *= 2
                logger.error("%s; waiting for %.0f min", error, waited / 60)
        else:
            logger.warning("Kafka answers after %.0f s", monotonic() - begun)
            return
