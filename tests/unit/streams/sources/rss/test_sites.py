import pytest

from streams.sources.rss.sites import host_of, site_of


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/1",
        "HTTPS://News.Example:443/1",
        "http://www.news.example",
        "http://user:secret@news.example/",
        "http://news.example./",
    ],
)
def test_spellings_of_one_host_are_one(url: str) -> None:
    assert host_of(url) == "news.example"


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "http://[x", "mailto:a@b.example", "http://a..b/"])
def test_an_address_without_a_host_has_none(url: str) -> None:
    assert host_of(url) == ""


def test_a_host_in_another_script_is_its_ascii_form() -> None:
    assert host_of("https://MÜNCHEN.example/") == host_of("https://xn--mnchen-3ya.example/")


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("rss.nytimes.com", "nytimes.com"),
        ("feeds.bbc.co.uk", "bbc.co.uk"),
        ("a.github.io", "a.github.io"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_the_site_is_what_somebody_registered(host: str, site: str) -> None:
    assert site_of(host) == site
