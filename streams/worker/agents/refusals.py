"""Dead letters of what a broker refuses for itself: too large for a topic, or invalid there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from detectors.user_error import UserError
from streams.kafka.topic_limits import TopicLimits
from streams.records.article import Reason
from streams.records.dead_letter import DeadLetter
from streams.settings import Settings
from streams.transport.refused_records import REFUSALS, RecordRefusedError
from streams.transport.sender import Message, Outbox
from streams.worker.agents.messages import dead_letter_message

logger = logging.getLogger(__name__)


class RefusedError(UserError):
    """A record that the broker refuses, with the remedy."""


class Refusals:
    """Turns refused records into dead letters, and finds a form in which ``articles.dead`` takes each letter."""

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        self._settings = settings
        self._outbox = outbox
        self._limits = TopicLimits(settings)

    async def explained(self, error: RecordRefusedError) -> RefusedError:
        """The same error with the topic's limit and the command that raises it."""
        loop = asyncio.get_running_loop()
        remedy = await loop.run_in_executor(None, self._limits.remedy, error.topic, REFUSALS[error.code], error.size)
        return RefusedError(f"{error}; {remedy}")

    async def letter_of(self, message: Message, error: RecordRefusedError, now: datetime) -> DeadLetter:
        """The letter of a record that belongs to no article: the record itself, which has no offset."""
        return DeadLetter(
            reason=reason_of(error),
            message=str(await self.explained(error)),
            error=REFUSALS[error.code],
            stage="send",
            topic=message.topic,
            partition=-1,
            offset=-1,
            timestamp=now,
            key=message.key,
            value=message.value,
            headers=message.headers,
        )

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send letters; what the topic refuses goes without its content, at last with a short message.

        Raises:
            RefusedError: the topic does not even take that.
            KafkaError: a letter was not acknowledged.
        """
        waiting = list(letters)
        for letter in letters:
            place = f"a record in {letter.topic}, partition {letter.partition}, offset {letter.offset}"
            if letter.offset < 0:
                place = f"a record for {letter.topic}"
            logger.error("dead letter (%s): %s: %s: %s", letter.reason, place, letter.error, letter.message)
        refused: RecordRefusedError | None = None
        for shortened in (lambda letter: letter, DeadLetter.without_content, DeadLetter.shortest):
            if not waiting:
                return
            waiting = [shortened(letter) for letter in waiting]
            found = await self._outbox.offer(dead_letter_message(self._settings, letter) for letter in waiting)
            errors = [one for one in found if isinstance(one, RecordRefusedError)]
            refused = errors[0] if errors else None
            waiting = [
                letter for letter, one in zip(waiting, found, strict=True) if isinstance(one, RecordRefusedError)
            ]
        if refused is not None:
            raise await self.explained(refused)


def reason_of(error: RecordRefusedError) -> Reason:
    """The reason of the dead letter."""
    return "record_too_large" if error.too_large else "record_refused"
