"""OAuth bearer tokens for aiokafka."""

from __future__ import annotations

import asyncio

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError

from detectors.user_error import UserError
from streams.settings.oauth_tokens import TokenSource


class AsyncTokens(AbstractTokenProvider):  # type: ignore[misc]
    """Gives aiokafka the token of a source; without one, the connection fails and is tried again."""

    def __init__(self, source: TokenSource) -> None:
        super().__init__()
        self._source = source

    async def token(self) -> str:
        """A valid token.

        Raises:
            KafkaConnectionError: there is none; the message says why.
        """
        try:
            return await asyncio.to_thread(self._source.token)
        except UserError as error:
            raise KafkaConnectionError(str(error)) from None
