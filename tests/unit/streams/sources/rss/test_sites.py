import pytest

from streams.sources.rss.sites import ascii_address, canonical, credentials, host_of, site_of, without_credentials


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/1",
        "HTTPS://News.Example:443/1",
        "http://www.news.example",
        "http://user:secret@news.example/",
        "http://news.example./",
        "http://m.news.example/",
        "https://amp.news.example/1",
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


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/1?a=b",
        "http://www.news.example/1/?utm_source=x&a=b",
        "https://user:secret@m.news.example:443/1?a=b&fbclid=1#utm_medium=rss",
    ],
)
def test_spellings_of_one_page_are_one(url: str) -> None:
    assert canonical(url) == "//news.example/1?a=b"


def test_pages_that_differ_stay_different() -> None:
    pages = ("http://a.example/1", "http://a.example/1?id=2", "http://a.example/1#2", "http://a.example:8080/1")
    assert len({canonical(page) for page in pages}) == 4


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (
            "http://новости.example/новости?a=б в",
            "http://xn--b1amnebsh.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?a=%D0%B1%20%D0%B2",
        ),
        (" http://host/a b%20c#d ", "http://host/a%20b%20c"),
        ("http://u:p@host:81/", "http://host:81/"),
        ("http://[::1]:81/", "http://[::1]:81/"),
    ],
)
def test_an_address_is_sent_in_ascii_and_without_a_password(url: str, sent: str) -> None:
    assert ascii_address(url) == sent


def test_credentials_are_kept_apart() -> None:
    assert credentials("http://u:p@host/") == "u:p"
    assert credentials("http://host/@") is None
    assert without_credentials("http://u:p@host/a@b") == "http://host/a@b"
    assert "p@" not in without_credentials("http://u:p@[x/")
