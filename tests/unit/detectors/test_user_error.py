"""Every error of ours is one that a user can fix, or is handled inside the program."""

import importlib
import inspect
import pkgutil

import pytest

import detectors
import streams
from detectors.user_error import UserError

#: Errors that no command ends with, and why.
INTERNAL = {
    "detectors.conditions.work.WorkLimitError": "the article becomes a dead letter",
    "detectors.reading.files.UnreadableError": "the reader of the file makes a problem of it, with file and line",
    "detectors.reading.problems.Wrong": "the problem is reported already; the reader of the file goes on",
    "detectors.reading.problems.TooManyProblems": "ends the reading; the problems come out as a RuleSetError",
    "streams.collector.door.BusyError": "the request is answered with 429",
    "streams.collector.posted.PostedError": "the request is answered with 400 and the places",
    "streams.fact_store.changelog.CopyError": "the local copy is made anew from the changelog",
    "streams.kafka.transactions.TransactionError": "the replay of dead letters makes a ReplayEndedError of it",
    "streams.kafka.transactions.ForbiddenError": "the replay of dead letters makes a ReplayEndedError of it",
    "streams.kafka.transactions.TakenOverError": "the replay of dead letters makes a ReplayEndedError of it",
    "streams.kafka.transactions.TooSlowError": "the replay of dead letters makes a ReplayEndedError of it",
    "streams.monitoring.health.StalledError": "ends a worker that hangs; its traceback shows where",
    "streams.transport.compression.TooLargeUnpackedError": "the batch's records become dead letters",
    "streams.records.article.BadArticleError": "the record becomes a dead letter",
    "streams.sources.feed.TooLargeError": "the record is refused, and the feed goes on",
    "streams.sources.packed_files.PackedFileError": "the file is refused with this reason, and reading goes on",
    "streams.sources.tables.TableError": "the file is refused with this reason, and reading goes on",
    "streams.sources.rss.addresses.PrivateAddressError": "the fetch makes a FetchError of it",
    "streams.sources.rss.entries.NotAFeedError": "the process that reads a feed gives it back as the reason",
    "streams.sources.rss.entries.NothingToReadError": "the entry is left out and told",
    "streams.sources.rss.unpacking.UnpackingError": "the fetch makes a FetchError of it",
    "streams.sources.rss.fetch.FetchError": "the process that reads a feed gives it back as the reason",
}


def errors() -> dict[str, type[BaseException]]:
    found = {}
    for package in (detectors, streams):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for name, member in vars(importlib.import_module(module.name)).items():
                if inspect.isclass(member) and issubclass(member, BaseException) and member.__module__ == module.name:
                    found[f"{module.name}.{name}"] = member
    return found


ERRORS = errors()


def test_there_are_errors() -> None:
    assert len(ERRORS) > len(INTERNAL) + 15
    assert "streams.settings.errors.SettingsError" in ERRORS


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_an_error_is_one_that_a_user_can_fix_or_is_handled_inside(name: str) -> None:
    if issubclass(ERRORS[name], KeyboardInterrupt):  # a signal, no error
        return
    assert issubclass(ERRORS[name], UserError) != (name in INTERNAL), (
        f"{name}: derive it from UserError, or say in INTERNAL why no command ends with it"
    )


def test_no_reason_is_left_over() -> None:
    assert set(INTERNAL) <= set(ERRORS)
