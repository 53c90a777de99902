"""What sites allow robots to fetch (RFC 9309), kept for an hour; read with protego."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from urllib.parse import urlsplit

from protego import Protego

from streams.sources.rss.fetch import Fetched, FetchError

#: How long an answer is kept, and one of a server in trouble (seconds).
KEPT_SECONDS = 3600.0
TROUBLE_SECONDS = 300.0
#: The longest robots.txt that is read: as long as RFC 9309 demands (bytes).
MAX_BYTES = 512 * 1024

Fetch = Callable[[str], Fetched]


class Robots:
    """Answers whether a robot may fetch an address; for any number of threads."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[float, Protego | None]] = {}
        self._lock = threading.Lock()

    def allow(self, url: str, agent: str, fetch: Fetch) -> bool:
        """Whether the site's rules let this user agent fetch ``url``.

        Without rules (status 4xx) everything is allowed; while the server fails (5xx), nothing. What a site without an
        answer means for the address itself, its own fetch will say.
        """
        parts = urlsplit(url)
        site = parts.scheme, parts.netloc
        with self._lock:
            until, rules = self._kept.get(site, (0.0, None))
        if until < monotonic():
            rules, seconds = self._rules(f"{parts.scheme}://{parts.netloc}/robots.txt", fetch)
            with self._lock:
                self._kept[site] = monotonic() + seconds, rules
        return rules is None or bool(rules.can_fetch(url, agent.partition("/")[0].partition(" ")[0] or "newswatch"))

    def _rules(self, url: str, fetch: Fetch) -> tuple[Protego | None, float]:
        try:
            text = fetch(url).content[:MAX_BYTES].decode("utf-8", "replace")
        except FetchError as error:
            if error.status is not None and error.status >= 500:
                return Protego.parse("User-agent: *\nDisallow: /"), TROUBLE_SECONDS
            return None, KEPT_SECONDS if error.status is not None else TROUBLE_SECONDS
        return Protego.parse(text), KEPT_SECONDS
