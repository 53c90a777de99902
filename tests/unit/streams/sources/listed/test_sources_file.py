from datetime import timedelta
from pathlib import Path

import pytest

from streams.sources.listed.source import Secret, SecretError, Source
from streams.sources.listed.sources_file import SourcesError, read_sources

GOOD = """
defaults:
  interval: 10m
  headers: {X-Desk: "7"}
sources:
  - https://a.example/rss
  - name: b
    url: feed://user:secret@b.example/rss
    outlet: B
    home: Kazakhstan
    language: pt-BR
    interval: 1h
    most_mb: 1
    headers: {X-Token: {env: TOKEN}, X-File: {file: token.txt}}
    robots: false
  - opml: list.opml
    home: UZB
"""
OPML = """<opml version="1.0"><body><outline text="Folder"><outline text="C" xmlUrl="https://c.example/rss"/>
<outline text="D" XMLURL="https://d.example/новости"/></outline></body></opml>"""


def test_a_file_gives_its_sources_and_those_of_its_lists(tmp_path: Path) -> None:
    (tmp_path / "sources.yaml").write_text(GOOD)
    (tmp_path / "list.opml").write_text(OPML)
    (tmp_path / "token.txt").write_text("hidden\n")
    a, b, c, d = read_sources(tmp_path / "sources.yaml")
    assert a == Source(
        name="https://a.example/rss",
        url="https://a.example/rss",
        interval=timedelta(minutes=10),
        headers={"X-Desk": "7"},
    )
    assert (b.url, b.shown) == ("http://user:secret@b.example/rss", "http://b.example/rss")
    assert (b.outlet, b.home, b.language, b.most_bytes, b.robots) == ("B", "KAZ", "pt-BR", 2**20, False)
    assert b.headers["X-Desk"] == "7"
    token, file = b.headers["X-Token"], b.headers["X-File"]
    assert isinstance(token, Secret)
    assert isinstance(file, Secret)
    assert (token.value({"TOKEN": "t"}), file.value()) == ("t", "hidden")
    with pytest.raises(SecretError, match="environment variable TOKEN is not set"):
        token.value({})
    assert [(one.name, one.home, one.interval) for one in (c, d)] == [
        ("https://c.example/rss", "UZB", timedelta(minutes=10)),
        ("https://d.example/новости", "UZB", timedelta(minutes=10)),
    ]
    assert len(read_sources(tmp_path / "list.opml")) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sources: []", "s.yaml:1:1: error: sources: expected at least one source"),
        ("feeds: []", "s.yaml:1:1: error: unknown key 'feeds'"),
        ("- a", "s.yaml:1:1: error: expected a mapping with the key 'sources', found a list"),
        ("sources: [ftp://a/b]", "sources[0]: expected an http or https address, found 'ftp://a/b'"),
        ("sources: ['http://u:secret@[x/']", "sources[0]: expected an http or https address, found 'http://[x/'"),
        ("sources: [{name: a}]", "sources[0]: expected one of the keys 'url' and 'opml'"),
        ("sources:\n  - url: http://a/\n    intervall: 5m", "s.yaml:3:5: error: sources[0]: unknown key 'intervall'; did you mean 'interval'?"),
        ("sources:\n  - url: http://a/\n    interval: 5 minutes", "s.yaml:3:15: error: sources[0].interval: expected a duration such as 90s"),
        ("sources: [{url: 'http://a/', home: Kazakstan}]", "home: expected a country such as KAZ or Kazakhstan, found 'Kazakstan'; did you mean 'Kazakhstan'?"),
        ("sources: [{url: 'http://a/', language: english language}]", "expected a language code such as en or pt-BR"),
        ("sources: [{url: 'http://a/', headers: {X: {env: A, file: b}}}]", "headers.X: expected one of env and file"),
        ("sources: ['http://a/', 'http://a/']", "duplicate source 'http://a/': already in line 1; give it another name"),
        ("sources: [{opml: none.opml}]", "none.opml: cannot be read"),
    ],
)  # fmt: skip
def test_a_problem_names_file_line_and_field(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(text)
    with pytest.raises(SourcesError) as raised:
        read_sources(file)
    assert says in str(raised.value)
    assert "secret" not in str(raised.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("defaults: {lang: en}\nsources: [{url: a}, {url: 'http://a/', robots: maybe}]")
    with pytest.raises(SourcesError) as raised:
        read_sources(file)
    assert len(str(raised.value).splitlines()) == 3
