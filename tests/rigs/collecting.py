"""Feeds that grow while collectors are killed, and what must be on `articles` in the end."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from streams.kafka.topics import collector_specs, create_topics, topic_specs
from streams.settings import Settings
from tests.rigs.processes import Program
from tests.rigs.topics import records
from tests.rigs.waiting import wait_until


class GrowingFeeds:
    """Feeds of 127.0.0.1, each with its newest items first; with ETags, and now and then a refusal."""

    def __init__(self, number: int) -> None:
        self.items: list[list[str]] = [[] for _ in range(number)]
        self.answered: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._chance = random.Random(7)
        self.url = ""

    def publish(self) -> None:
        """Give each feed an item more."""
        with self._lock:
            for number, items in enumerate(self.items):
                items.append(f"{number}-{len(items)}")

    def titles(self) -> set[str]:
        """All that was ever published."""
        with self._lock:
            return {title for items in self.items for title in items}

    def answer(self, number: int, etag: str | None) -> tuple[int, dict[str, str], bytes]:
        """What a server says of a feed."""
        with self._lock:
            items = list(self.items[number])
            if self._chance.random() < 0.05:
                self.answered[503] += 1
                return 503, {"Retry-After": "1"}, b""
        mine = f'"{len(items)}"'
        status = 304 if etag == mine else 200
        self.answered[status] += 1
        if status == 304:
            return status, {"ETag": mine}, b""
        shown = "".join(
            f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid></item>" for title in reversed(items)
        )
        return status, {"ETag": mine}, f"<rss version='2.0'><channel>{shown}</channel></rss>".encode()

    @contextmanager
    def served(self) -> Iterator[None]:
        """Serve the feeds at /0, /1 and so on."""
        feeds = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

            def do_GET(self) -> None:
                name = self.path.strip("/")
                status, headers, body = 404, dict[str, str](), b""
                if name.isdecimal():
                    status, headers, body = feeds.answer(int(name), self.headers.get("If-None-Match"))
                self.send_response(status)
                for header, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(body)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()

    def write_sources(self, file: Path) -> None:
        """A file of these sources, polled each second."""
        listed = "\n".join(f"  - {self.url}/{number}" for number in range(len(self.items)))
        file.write_text(f"defaults: {{interval: 1s, jitter: 0, timeout: 30s, private: true}}\nsources:\n{listed}\n")


def collector(settings: Settings, folder: Path, name: str, *more: str) -> Program:
    """A collector of the sources in the folder; killed, it comes back under its name at once."""
    values = {
        "topic_prefix": settings.topic_prefix,
        "app_id": settings.app_id,
        "instance_id": name,
        "metrics_port": "0",
        "session_timeout_seconds": "6",
        "heartbeat_seconds": "1",
    }
    options = [word for pair in values.items() for word in ("--set", "=".join(pair))]
    command = [sys.executable, "-m", "streams.cli", "collect", "--config", str(folder / "sources.yaml")]
    return Program([*command, "--brokers", ",".join(settings.brokers), *options, *more], folder / f"{name}.log")


def sent(settings: Settings) -> Counter[str]:
    """How often each title is on `articles`."""
    return Counter(json.loads(record.value)["title"] for record in records(settings, "articles"))


def kill_and_compare(settings: Settings, folder: Path, kills: int, collectors: int = 1, feeds: int = 8) -> None:
    """Kill collectors while feeds grow; in the end each item is on `articles`, once."""
    create_topics(settings, (*topic_specs(settings), *collector_specs(settings)))
    growing = GrowingFeeds(feeds)
    chance = random.Random(11)
    with growing.served():
        growing.write_sources(folder / "sources.yaml")
        growing.publish()
        running = [collector(settings, folder, f"c{number}") for number in range(collectors)]
        try:
            for kill in range(kills):
                growing.publish()
                before = sum(sent(settings).values())
                wait_until(
                    lambda before=before: sum(sent(settings).values()) > before,  # type: ignore[misc]
                    120,
                    f"kill {kill}: nothing is sent",
                    running[0],
                    every=0.05,
                )
                victim = chance.choice(running)
                victim.kill()
                growing.publish()
                victim.process = victim.spawn()
            wait_until(lambda: set(sent(settings)) == growing.titles(), 120, "items are missing", running[0])
            growing.answered.clear()
            wait_until(lambda: growing.answered[304], 120, "no conditional request was made", running[0])
            for one in running:
                one.require_running()
            assert {title: count for title, count in sent(settings).items() if count > 1} == {}
        finally:
            for one in running:
                one.stop()
