"""Whether the brokers give producer ids, without which the worker's producer cannot be idempotent."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, UnknownError

from streams.settings import Settings
from streams.settings.oauth_tokens import token_source
from streams.transport.oauth_tokens import AsyncTokens

#: aiokafka logs the refusal as an unexpected error before it raises.
_LOGGER = logging.getLogger("aiokafka.producer.sender")
#: A broker that fails once may be overloaded; one without producer ids fails every time.
ATTEMPTS = 3
PAUSE_SECONDS = 0.3
#: Timeout (seconds); the worker itself waits for slower brokers and logs why.
ANSWER_SECONDS = 20.0


def gives_producer_ids(settings: Settings) -> bool:
    """Whether these brokers support an idempotent producer.

    False for a broker without the request InitProducerId, and for one that answers UNKNOWN_SERVER_ERROR every time, as
    the embedded broker does to aiokafka's (0.14) version of it. True in every other case, even if this user lacks the
    right or no broker answers: then the worker must fail instead of running without the guarantee.
    """
    loop = asyncio.new_event_loop()  # asyncio.run() would leave the thread without the loop that Faust expects
    try:
        return loop.run_until_complete(_ask(settings))
    finally:
        loop.close()


async def _ask(settings: Settings) -> bool:
    _LOGGER.addFilter(_silent)
    try:
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS)
            if await _starts(settings):
                return True
    finally:
        _LOGGER.removeFilter(_silent)
    return False


async def _starts(settings: Settings) -> bool:
    producer = AIOKafkaProducer(**_connection(settings), enable_idempotence=True)
    try:
        await asyncio.wait_for(producer.start(), ANSWER_SECONDS)
    except (UnknownError, IncompatibleBrokerVersion):
        return False
    except (KafkaError, TimeoutError):
        return True
    finally:
        await producer.stop()
    return True


def _connection(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "client_id": settings.client_id("producer-ids"),
        "security_protocol": settings.security_protocol,
        "ssl_context": settings.ssl_context(),
    }
    if settings.security_protocol.startswith("SASL") and settings.sasl_mechanism == "OAUTHBEARER":
        tokens = AsyncTokens(token_source(settings))
        options |= {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": tokens}
    elif settings.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.password(),
        }
    return options


def _silent(record: logging.LogRecord) -> bool:
    return "InitProducerId" not in record.getMessage()
