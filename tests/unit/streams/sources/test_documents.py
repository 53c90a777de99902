"""Pages, mails, agency items and crawlers' archives: told apart by name and beginning, and read."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from streams.sources.documents import kind_of
from streams.sources.files import read_lines

TEXT = (
    "U.S. Secretary of State Marco Rubio met President Tokayev of Kazakhstan in Astana on Monday morning.",
    "They spoke about trade, uranium and the war in Ukraine, the ministry said in a statement after the talks.",
)
PAGE = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Rubio in Astana</title>
<link rel="canonical" href="https://www.news.example/2025/rubio">
<meta property="article:published_time" content="2025-11-03 09:00 +0000"></head><body><nav>Home</nav>
<article><h1>Rubio in Astana</h1><p>{TEXT[0]}</p><p>{TEXT[1]}</p></article></body></html>"""
MAIL = (
    "From: Desk <desk@mail.outlet.example>\r\nSubject: =?utf-8?q?Flood_in_Osh?=\r\n"
    "Date: Mon, 03 Nov 2025 15:00:00 +0600\r\nMessage-ID: <1@x>\r\n"
)
NITF = """<?xml version="1.0"?><nitf><head><docdata><doc-id id-string="n1"/><date.issue norm="20251103T090000Z"/>
</docdata><pubdata name="Wire"/></head><body><body.head><hedline><hl1>Flood in Osh</hl1></hedline></body.head>
<body.content><p>A flood hit <b>Osh</b>.</p><p>Two died.</p></body.content></body></nitf>"""
ITEM = """<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="n1" xml:lang="en"><itemMeta>
<provider literal="Wire"/><versionCreated>2025-11-03T09:00:00Z</versionCreated></itemMeta><contentMeta>
<headline>Flood in Osh</headline></contentMeta><contentSet><inlineXML><html xmlns="http://www.w3.org/1999/xhtml"><body>
<p>A flood hit Osh.</p><p>Two died.</p></body></html></inlineXML></contentSet></newsItem>"""
FLOOD = {"id": "n1", "title": "Flood in Osh", "text": "A flood hit Osh.\n\nTwo died.", "source": "Wire"}


def read(place: Path) -> list[dict[str, str]]:
    found = list(read_lines([place]))
    assert [str(line.refused) for line in found if line.refused] == []
    return [json.loads(line.value) for line in found]


def check_page(found: dict[str, str], url: str) -> None:
    assert (found["title"], found["url"], found["source"]) == ("Rubio in Astana", url, "news.example")
    assert found["published_at"] == "2025-11-03T09:00:00Z"
    assert all(part in found["text"] for part in TEXT)
    assert "Home" not in found["text"]


@pytest.mark.parametrize("name", ["page.html", "PAGE.HTM", "page"])
def test_a_page_gives_its_text_title_address_and_time(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(PAGE)
    (found,) = read(tmp_path / name)
    check_page(found, "https://www.news.example/2025/rubio")


def test_a_page_is_read_in_the_encoding_that_it_names(tmp_path: Path) -> None:
    russian = "Президент Казахстана Токаев принял в Астане министра иностранных дел и обсудил торговлю. "
    page = PAGE.replace("utf-8", "koi8-r").replace(TEXT[0], russian * 3)
    (tmp_path / "a.html").write_bytes(page.encode("koi8-r"))
    (found,) = read(tmp_path / "a.html")
    assert russian.strip() in found["text"]


def test_an_archive_gives_its_pages(tmp_path: Path) -> None:
    answers = (("200 OK", "text/html; charset=utf-8"), ("404 Not Found", "text/html"), ("200 OK", "image/png"))
    address = "https://www.news.example/1"
    with (tmp_path / "a.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        writer.write_record(writer.create_warcinfo_record("a", {"software": "x"}))
        for status, kind in answers:
            headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(address, "response", payload=BytesIO(PAGE.encode()), http_headers=headers)
            )
    (found,) = read(tmp_path / "a.warc.gz")
    check_page(found, address)


@pytest.mark.parametrize(
    ("kind", "body"),
    [("text/plain; charset=utf-8", "A flood hit Osh."), ("text/html", "<p>A flood <b>hit</b> Osh.</p>")],
)
def test_a_mail_gives_its_subject_and_text(kind: str, body: str, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(f"{MAIL}Content-Type: {kind}\r\n\r\n{body}\r\n".encode())
    (found,) = read(tmp_path / "a.eml")
    assert found["text"].strip() == "A flood hit Osh."
    assert (found["id"], found["title"], found["source"]) == ("1@x", "Flood in Osh", "outlet.example")
    assert found["published_at"] == "2025-11-03T09:00:00Z"


def test_agencies_items_are_read(tmp_path: Path) -> None:
    message = f"<newsMessage>{ITEM}{ITEM}</newsMessage>"
    for name, content in (("nitf.xml", NITF), ("item.xml", ITEM), ("both.xml", message)):
        (tmp_path / name).write_text(content)
        for found in read(tmp_path / name):
            assert found.pop("published_at") == "2025-11-03T09:00:00Z"
            assert found.pop("language", "en") == "en"
            assert found == FLOOD
    assert len(read(tmp_path / "both.xml")) == 2


@pytest.mark.parametrize(
    ("name", "content", "reason", "said"),
    [
        ("a.html", b"<html><body></body></html>", "no_text", "the page has no text"),
        ("b.html", b"<div>" * 50_000, "no_text", "the page has no text"),
        ("a.xml", b"<rss version='2.0'></rss>", "wrong_type", "is a feed"),
        ("a.eml", b"From: x\r\n\r\n", "no_text", "neither a text nor a subject"),
        ("b.xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><nitf>&e;</nitf>", "no_text", "neither a"),
        ("a.warc", b"WARC/1.0\r\nno", "no_text", "the archive holds no page"),
    ],
)
def test_what_holds_no_article_is_refused(name: str, content: bytes, reason: str, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (line,) = read_lines([tmp_path / name])
    assert line.refused is not None
    assert (line.refused.reason, said in str(line.refused)) == (reason, True), line.refused


def test_json_is_no_document() -> None:
    assert kind_of(".jsonl", b'{"text": "<html>"}') is None
    assert kind_of("", b"[") is None
