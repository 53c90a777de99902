"""Documents that end their readers, and the ones after them."""

from concurrent.futures import ThreadPoolExecutor

from streams.sources.rss.feed_process import Job
from streams.sources.rss.fetch import Fetched
from streams.sources.rss.readers import Readers

GOOD = b"<rss version='2.0'><channel><item><title>T</title></item></channel></rss>"


def job(content: bytes, seconds: int = 60) -> Job:
    return Job("https://news.example/feed", seconds=seconds, fetched=Fetched(content, "https://news.example/feed", {}))


def test_readers_are_used_again_and_replaced_when_they_end() -> None:
    slow = b"<rss version='2.0'><channel>" + b"<item><title>" * 300_000
    with Readers(2) as readers, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(readers.read, [job(GOOD), job(slow, seconds=1), job(GOOD), job(b"no feed"), job(GOOD)]))
    assert [len(answer.articles) for answer in found if answer.problem is None] == [1, 1, 1]
    assert found[1].problem == "not read within 1 s"
    assert found[3].problem == "expected RSS or Atom, found neither"
