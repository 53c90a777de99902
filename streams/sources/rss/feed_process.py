"""The process that fetches and reads one feed: ``python -m streams.sources.rss.feed_process``, a `Job` on its input.

Servers that never finish, and documents that libraries take hours or gigabytes for, cost this process alone.
"""

from __future__ import annotations

import resource
import signal
import sys
from contextlib import suppress

import msgspec

from streams.sources.rss.entries import Entries, NotAFeedError, read_entries
from streams.sources.rss.fetch import FetchError, fetch
from streams.sources.rss.sites import host_of, site_of

#: A feed of the largest size needs a third of this (bytes).
MAX_MEMORY = 2 * 1024**3


class Job(msgspec.Struct, frozen=True):
    """One feed to read: its address, the outlet's name, and whether private addresses are allowed."""

    url: str
    source: str | None = None
    private: bool = False
    seconds: int = 60


class Answer(msgspec.Struct, frozen=True):
    """What the process prints: the feed's entries, or why it cannot be read."""

    entries: Entries = Entries()
    problem: str | None = None


def answer(job: Job) -> Answer:
    """Fetch and read the feed."""
    try:
        content, url = fetch(job.url, private=job.private)
        source = job.source or site_of(host_of(job.url))  # where it redirects to is the server's choice
        return Answer(read_entries(content, url, source))
    except (FetchError, NotAFeedError) as error:
        return Answer(problem=str(error))
    except MemoryError:
        return Answer(problem=f"needs more than {MAX_MEMORY // 2**30} GB of memory")


def main() -> None:
    """Read the job, print the answer; the kernel ends the process after the job's seconds."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    signal.alarm(job.seconds)
    with suppress(OSError, ValueError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    sys.stdout.buffer.write(msgspec.json.encode(answer(job)))


if __name__ == "__main__":
    main()
