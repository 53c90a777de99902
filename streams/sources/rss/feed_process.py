"""The process that reads feeds: ``python -m streams.sources.rss.feed_process``, a `Job` on each line of its input.

Documents that libraries take hours or gigabytes for cost this process alone, and servers that never finish.
"""

from __future__ import annotations

import resource
import signal
import sys
from contextlib import suppress

import msgspec

from streams.records.article import Article
from streams.sources.rss.entries import Entries, NotAFeedError, oldest_first, read_entries
from streams.sources.rss.fetch import Fetched, FetchError, fetch
from streams.sources.rss.sites import host_of, site_of

#: A feed of the largest size needs a third of this (bytes).
MAX_MEMORY = 2 * 1024**3
#: Starts the process.
COMMAND = (sys.executable, "-P", "-m", "streams.sources.rss.feed_process")


class Job(msgspec.Struct, frozen=True):
    """One feed to read: its address, the outlet's name, and whether private addresses are allowed.

    ``fetched``: the document, if it is here already.
    """

    url: str
    source: str | None = None
    private: bool = False
    seconds: int = 60
    fetched: Fetched | None = None


class Answer(msgspec.Struct, frozen=True):
    """What the process prints: the feed's articles, the oldest first, or why it cannot be read."""

    articles: tuple[Article, ...] = ()
    left_out: tuple[str, ...] = ()
    problem: str | None = None


def answer(job: Job) -> Answer:
    """Fetch and read the feed."""
    try:
        got = job.fetched or fetch(job.url, private=job.private, seconds=job.seconds)
        found = read(got, job.url, job.source)
        return Answer(oldest_first(found.articles), found.left_out)
    except (FetchError, NotAFeedError) as error:
        return Answer(problem=str(error))
    except MemoryError:
        return Answer(problem=f"needs more than {MAX_MEMORY // 2**30} GB of memory")
    except RecursionError:
        return Answer(problem="nested too deeply")


def read(got: Fetched, asked: str, source: str | None) -> Entries:
    """The entries of a fetched document. Raises NotAFeedError."""
    outlet = source or site_of(host_of(asked))  # where it redirects to is the server's choice
    return read_entries(got.content, got.url, outlet, feed=asked, headers=got.headers, named=source is not None)


def main() -> None:
    """Read jobs, print answers; the kernel ends the process after a job's seconds."""
    with suppress(OSError, ValueError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    for line in sys.stdin.buffer:
        job = msgspec.json.decode(line, type=Job)
        signal.alarm(job.seconds)
        sys.stdout.buffer.write(msgspec.json.encode(answer(job)) + b"\n")
        sys.stdout.buffer.flush()
        signal.alarm(0)


if __name__ == "__main__":
    main()
