"""Errors that a user can mend, printed as one message and exit status 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import KafkaError

from detectors.loading.ruleset import RuleSetError
from streams.brokers.certificates import CertificateError
from streams.dead_letters.replay import ForeignLetterError, ReplayEndedError
from streams.extraction.people.registry_import import ImportProblemError
from streams.extraction.text.data_files import DataFileError
from streams.extraction.text.entities import ModelNotFoundError
from streams.hot_reload.folder import RulesNotFoundError
from streams.kafka.access import AccessError
from streams.kafka.clients import BrokerUnreachableError, TopicUnreadableError
from streams.kafka.refusals import said
from streams.kafka.topics import PartitionsDifferError, TopicsMissingError
from streams.processes.server_process import ServerError
from streams.settings import SettingsError
from streams.sources.feed import UnacknowledgedError
from streams.sources.feeds import UnreadableFeedError
from streams.sources.files import UnreadableFileError

EXPECTED = (
    AccessError,
    CertificateError,
    DataFileError,
    ImportProblemError,
    ModelNotFoundError,
    BrokerUnreachableError,
    ForeignLetterError,
    KafkaError,
    PartitionsDifferError,
    ReplayEndedError,
    RuleSetError,
    RulesNotFoundError,
    SettingsError,
    TopicsMissingError,
    TopicUnreadableError,
    UnacknowledgedError,
    UnreadableFileError,
    UnreadableFeedError,
    ServerError,
)


@contextmanager
def friendly_errors() -> Iterator[None]:
    """Turn the expected errors into a message on standard error and exit status 2; a reader that has gone into 0."""
    try:
        yield
    except EXPECTED as error:
        print(f"newswatch: {said(error) if isinstance(error, KafkaError) else error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    except SystemExit as leaving:
        # The reader, such as head, has gone: typer and rich make exit status 1 of it, and it is no error.
        if not isinstance(leaving.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
