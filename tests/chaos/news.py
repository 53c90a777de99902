"""Seeded articles: short, dated, out of order by less than the lateness, with copies, and enough for every rule."""

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from streams.shipped import SAMPLES

START = datetime(2021, 3, 1, tzinfo=UTC)
#: Articles arrive out of order by up to this; `newswatch ingest` adds as much, and the rules' lateness is an hour.
DISORDER = timedelta(minutes=25)
#: Event time between two articles.
PACE = timedelta(seconds=70)
OUTLETS = [f"outlet-{letter}.example" for letter in "abcdefgh"]
CITIES = ["Astana", "Bishkek", "Dushanbe", "Tashkent", "Ashgabat", "Paris", "Tbilisi", "Baku"]
EVENTS = [
    "A blast shook the old town of {city} and windows broke.",
    "Police in {city} said two men were arrested near the market.",
    "Officials in {city} would face sanctions, a spokesperson warned.",
    "The union imposed sanctions on a bank in {city}.",
    "Thousands joined a protest on the main square of {city}.",
    "The foreign minister of Kazakhstan, Murat Nurtleu, arrived in {city} for talks.",
    "Secretary of State John Kerry raised human rights in {city}.",
    "The market in {city} was calm and nothing happened all day.",
]


def articles(seed: int, count: int = 900) -> list[dict[str, Any]]:
    """``count`` articles in the order to append them; the last one is a day later than the others."""
    chance = random.Random(seed)
    made: list[tuple[datetime, dict[str, Any]]] = []
    bursts = sorted(chance.uniform(0, count) for _ in range(6))
    for number in range(count):
        busy = any(0 <= number - burst < count / 20 for burst in bursts)
        time = START + number * PACE + timedelta(seconds=chance.randrange(40))
        city = chance.choice(CITIES[:2] if busy else CITIES)
        event = chance.choice(EVENTS[:2] if busy else EVENTS)
        if made and chance.random() < 0.08:  # a copy of an earlier story by another outlet
            text = chance.choice(made[-40:])[1]["text"]
        else:
            text = f"{event.format(city=city)} {_prose(chance)}"
        article = {
            "id": f"s{seed}-{number}",
            "source": chance.choice(OUTLETS),
            "title": f"News from {city}",
            "text": text,
            "published_at": time.isoformat(),
            "meta": {"tone": round(chance.gauss(0, 3), 2), "desk": chance.choice(["one", "two"])},
        }
        made.append((time + chance.random() * DISORDER, article))
    made.sort(key=lambda pair: pair[0])
    end = {"id": f"s{seed}-end", "source": OUTLETS[0], "text": "A day later all was calm."}
    end["published_at"] = (START + count * PACE + timedelta(days=2)).isoformat()
    return [article for _, article in made] + [end]


def _prose(chance: random.Random) -> str:
    """A sentence unique to an article: two stories must not be taken for copies of each other."""
    return " ".join(chance.choices(_words(), k=25)).capitalize() + "."


@cache
def _words() -> list[str]:
    """English words of the samples, except those that the rules look for."""
    text = b" ".join(SAMPLES.read_bytes().splitlines()[:40]).decode()
    wanted = ("blast", "protest", "arrest", "sanction", "impose", "minister")
    return sorted(word for word in set(re.findall(r"\b[a-z]{3,12}\b", text)) if not word.startswith(wanted))


def lines(records: list[dict[str, Any]]) -> list[bytes]:
    """The articles as records of the topic."""
    return [json.dumps(record).encode() for record in records]


def poison(seed: int, when: str) -> Iterator[bytes]:
    """Records that are not articles, and articles at the time ``when`` made to break a reader."""
    chance = random.Random(seed)
    yield from (b"", b"null", b"[]", b"{", b"<html>502</html>", b"\xff\xfe\x00", b'{"text": 5}', b'{"text": ""}')
    yield b"[" * 100_000
    yield b'{"text": "cut off in the mid'
    yield b'{"id": "lone", "text": "a lone surrogate \\ud800 stands here"}'
    yield bytes(chance.randrange(256) for _ in range(4096))
    texts = {
        "zero": "a\x00b\u202e\ufeff " * 500,
        "caps": "President " * 20_000,
        "long": "word" * 200_000,
        "quotes": "\u201c" * 50_000,
    }
    for name, text in texts.items():
        yield json.dumps({"id": f"p{seed}-{name}", "text": text, "published_at": when}).encode()
    yield json.dumps({"id": "x" * 5000, "text": "An id of five thousand letters.", "published_at": when}).encode()
    meta = {str(n): n for n in range(1000)}
    yield json.dumps({"id": f"p{seed}-meta", "text": "Much meta.", "published_at": when, "meta": meta}).encode()
    nested = json.dumps({"id": f"p{seed}-nested", "text": "Nested meta.", "meta": {"a": {"b": [1]}}})
    yield nested.encode()
    no_day = {"id": f"p{seed}-date", "text": "No such day.", "published_at": "2021-02-31", "received_at": when}
    yield json.dumps(no_day).encode()
