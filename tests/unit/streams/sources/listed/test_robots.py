from streams.sources.listed.robots import Robots
from streams.sources.rss.fetch import Fetched, FetchError

RULES = b"User-agent: newswatch\nDisallow: /private\nAllow: /\n\nUser-agent: *\nDisallow: /\n"


def test_rules_are_obeyed_and_asked_for_once() -> None:
    asked: list[str] = []

    def fetch(url: str) -> Fetched:
        asked.append(url)
        return Fetched(RULES, url, {})

    robots = Robots()
    assert robots.allow("https://a.example/rss", "newswatch (desk)", fetch)
    assert not robots.allow("https://a.example/private/rss", "newswatch/2", fetch)
    assert not robots.allow("https://a.example/rss", "other", fetch)
    assert asked == ["https://a.example/robots.txt"]


def test_without_rules_all_is_allowed_and_while_the_server_fails_nothing() -> None:
    def fetch(url: str) -> Fetched:
        raise FetchError("status", {"404.example": 404, "503.example": 503}.get(url.split("/")[2]))

    allowed = {
        host: Robots().allow(f"http://{host}/", "n", fetch) for host in ("404.example", "503.example", "x.example")
    }
    assert allowed == {"404.example": True, "503.example": False, "x.example": True}
