"""Articles from RSS and Atom feeds, each read by a process of its own within limits of time and memory."""

from __future__ import annotations

import re
import signal
import subprocess

import msgspec

from detectors.user_error import UserError
from streams.sources.rss.feed_process import COMMAND, Answer, Job
from streams.sources.rss.sites import without_credentials

#: Limit on fetching and reading one feed.
SECONDS = 60
#: The longest message of a server or a library (characters).
LONGEST_MESSAGE = 300
_NAMED = re.compile(r"(?P<name>[^=/:?#\s]+)=(?P<url>https?://.*)", re.DOTALL)


class UnreadableFeedError(UserError):
    """A feed that cannot be fetched or read."""


class Feed(msgspec.Struct, frozen=True):
    """A feed's articles as records of ``articles``, the oldest first, and messages about entries that are left out."""

    records: tuple[bytes, ...]
    left_out: tuple[str, ...] = ()


def read_feed(given: str, *, private: bool = False, seconds: int = SECONDS) -> Feed:
    """Fetch and read the feed at an address, or ``NAME=ADDRESS`` for articles whose source is called so.

    Args:
        private: also fetch from loopback, private and link-local addresses.
        seconds: the limit on all of it.

    Raises:
        UnreadableFeedError: the address does not answer in time, or not with a feed.
    """
    named = _NAMED.fullmatch(given)
    name, url = (named["name"], named["url"]) if named else (None, given)
    shown = without_credentials(url)
    job = Job(url, name, private, seconds)
    done = subprocess.run(
        COMMAND,
        input=msgspec.json.encode(job),
        capture_output=True,
        check=False,
    )
    if done.returncode == -signal.SIGALRM:
        raise UnreadableFeedError(f"{shown}: not fetched and read within {seconds} s")
    try:
        answer = msgspec.json.decode(done.stdout, type=Answer)
    except msgspec.MsgspecError:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise UnreadableFeedError(f"{shown}: its reader ended ({done.returncode}): {last[:LONGEST_MESSAGE]}") from None
    if answer.problem is not None:
        raise UnreadableFeedError(f"{shown}: {answer.problem[:LONGEST_MESSAGE]}")
    return Feed(
        tuple(map(msgspec.json.encode, answer.articles)),
        tuple(f"{shown}: {why[:LONGEST_MESSAGE]}" for why in answer.left_out),
    )
