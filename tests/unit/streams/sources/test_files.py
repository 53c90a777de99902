"""Articles from files: each line is one record, however long."""

import bz2
import codecs
import gzip
import json
import lzma
import os
import threading
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from detectors.model.dates import zone_named
from streams.records.article import decode_article
from streams.sources.files import UnreadableFileError, count_lines, read_lines
from streams.sources.json_files import MAX_LINE_BYTES
from streams.sources.reading import Reading

FEEDS = Path(__file__).parents[5] / "shared" / "cases" / "feeds"
CASES = [path for path in sorted(FEEDS.glob("*")) if path.suffix in {".json", ".jsonl", ".txt"}]


def test_a_line_too_long_for_a_record_is_cut_and_its_rest_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    long = b"x" * (2 * MAX_LINE_BYTES + 5)
    file.write_bytes(b'{"text": "a"}\n\n' + long + b'\r\n{"text": "b"}')
    first, cut, last = read_lines([file])
    assert (first.number, first.value) == (1, b'{"text": "a"}')
    assert (cut.number, cut.value) == (3, long[:MAX_LINE_BYTES])
    assert (last.number, last.value) == (4, b'{"text": "b"}')


def test_a_line_without_end_is_counted_in_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    with file.open("wb") as sparse:
        sparse.truncate(200 * 2**20)
    tracemalloc.start()
    try:
        assert count_lines([file]) == 1
        assert [line.number for line in read_lines([file])] == [1]
        assert tracemalloc.get_traced_memory()[1] < 6 * MAX_LINE_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["zero", "zero.txt"])
def test_a_device_is_refused(name: str, tmp_path: Path) -> None:
    place = tmp_path / name
    place.symlink_to("/dev/zero")
    with pytest.raises(UnreadableFileError) as refused:
        list(read_lines([place]))
    assert str(refused.value) == f"{place}: is a device; expected a file of articles, or - for standard input"


def test_nothing_is_an_empty_file() -> None:
    assert list(read_lines([Path(os.devnull)])) == []


def test_a_text_file_far_larger_than_an_article_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "huge.txt"
    with file.open("wb") as sparse:
        sparse.truncate(100 * 2**30)
    with pytest.raises(UnreadableFileError) as refused:
        list(read_lines([file]))
    assert str(refused.value) == (
        f"{file}: larger than 4 MB; expected the text of one article, at most 1 MB (several articles: one JSON object a "
        "line, in a .jsonl file)"
    )


@pytest.mark.parametrize("name", ["pipe.jsonl", "pipe.txt"])
def test_a_pipe_is_read_and_said_to_be_waited_for(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pipe = tmp_path / name
    os.mkfifo(pipe)
    assert count_lines([pipe]) is None
    writer = threading.Thread(target=lambda: pipe.write_bytes(b'{"text": "a"}\n'))
    writer.start()
    (line,) = read_lines([pipe])
    writer.join()
    assert b"text" in line.value
    assert caplog.messages == [f"{pipe} is a pipe: waiting for what another program writes to it"]


def records(places: list[Path], reading: Reading | None = None) -> list[dict[str, object]]:
    found = list(read_lines(places, reading))
    assert [line.refused for line in found if line.refused] == []
    return [json.loads(line.value) for line in found]


ARTICLE = {"id": "a", "text": "A flood.", "title": "News", "published_at": "2025-11-03T09:00:00Z"}
LINE = json.dumps(ARTICLE).encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", LINE),
        ("bom.jsonl", codecs.BOM_UTF8 + LINE),
        ("crlf.jsonl", b"\r\n" + LINE + b"\r\n"),
        ("pretty.json", json.dumps(ARTICLE, indent=2).encode()),
        ("array.json", b"[" + LINE + b"]"),
        ("answer.json", json.dumps({"status": "ok", "articles": [ARTICLE]}).encode()),
        ("results.json", json.dumps({"articles": {"results": [ARTICLE]}}, indent=1).encode()),
        ("hits.json", json.dumps({"hits": {"hits": [{"_id": "x", "_source": ARTICLE}]}}).encode()),
        ("a.jsonl.gz", gzip.compress(LINE)),
        ("two.jsonl.gz", gzip.compress(LINE[:9]) + gzip.compress(LINE[9:])),
        ("a.jsonl.bz2", bz2.compress(LINE)),
        ("a.json.xz", lzma.compress(b"[" + LINE + b"]")),
        ("a.jsonl.zst", zstandard.compress(LINE)),
        ("a.csv", b"id,title,text,date\r\na,News,A flood.,2025-11-03 09:00\r\n"),
        ("a.tsv", b"id\ttitle\ttext\tpublish_date\na\tNews\tA flood.\t1762160400\n"),
        ("a.csv.gz", gzip.compress(b'id;title;text;date\na;"News";"A flood.";03.11.2025 09:00\n')),
        ("a.md", b"---\ntitle: News\ndate: 2025-11-03T09:00Z\nid: a\n---\nA flood."),
    ],
)
def test_one_article_in_every_form(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert records([tmp_path / name]) == [ARTICLE]


def test_an_article_that_needs_no_reading_is_passed_on_unchanged(tmp_path: Path) -> None:
    spaced = b'{"text" : "A flood, <5% of it.", "published_at":"2025-11-03", "more": [1]}'
    (tmp_path / "a.jsonl").write_bytes(spaced)
    assert [line.value for line in read_lines([tmp_path / "a.jsonl"])] == [spaced]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {
                "title": "T",
                "content": "C",
                "source": {"id": None, "name": "Outlet"},
                "publishedAt": "2025-11-03T09:00:00Z",
            },
            {"title": "T", "text": "C", "source": "Outlet", "published_at": "2025-11-03T09:00:00Z"},
        ),
        (
            {"maintext": "C", "title": "T", "source_domain": "one.example", "date_publish": "2025-11-03 09:00:00"},
            {"title": "T", "text": "C", "source": "one.example", "published_at": "2025-11-03T09:00:00Z"},
        ),
        (
            {"uri": "7", "lang": "eng", "body": "C", "dateTime": "2025-11-03T09:00:00Z", "source": {"title": "Outlet"}},
            {"id": "7", "text": "C", "language": "eng", "source": "Outlet", "published_at": "2025-11-03T09:00:00Z"},
        ),
        (
            {
                "stories_id": 5,
                "title": "T",
                "publish_date": "2025-11-03",
                "media_name": "Outlet",
                "url": "https://o.example/5",
            },
            {
                "id": "5",
                "title": "T",
                "text": "T",
                "published_at": "2025-11-03",
                "source": "Outlet",
                "url": "https://o.example/5",
            },
        ),
        (
            {"_id": {"$oid": "5f"}, "text": ["One.", "Two."], "date": {"$date": "2025-11-03T09:00:00Z"}},
            {"id": "5f", "text": "One.\n\nTwo.", "published_at": "2025-11-03T09:00:00Z"},
        ),
        (
            {"text": "C", "id": 17, "meta": {"author": None, "tags": ["a", "b"]}},
            {"text": "C", "id": "17", "meta": {"tags": "a, b"}},
        ),
    ],
)
def test_the_names_of_usual_exports_are_known(
    given: dict[str, object], expected: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(given))
    (found,) = records([tmp_path / "a.jsonl"])
    assert {name: value for name, value in found.items() if name in expected} == expected
    assert found.keys() - expected.keys() <= {"id"}


def test_an_id_that_the_stream_would_give_stays_when_the_date_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "A flood.", "date": "2025-11-03 09:00"}')
    (found,) = records([tmp_path / "a.jsonl"])
    assert found["id"] == decode_article(b'{"text": "A flood."}').key


def test_markup_and_half_an_emoji_are_taken_out(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": "1", "text": "<p>Kyiv</p><table><tr><td>Lviv</td></tr></table>"}\n'
        '{"id": "2", "text": "U.S.&nbsp;envoy"}\n{"id": "3", "text": "Well done \\ud83d"}\n'
    )
    texts = [str(found["text"]).split() for found in records([tmp_path / "a.jsonl"])]
    assert texts[1:] == [["U.S.", "envoy"], ["Well", "done"]]
    assert "Kyiv" in " ".join(texts[0])


def test_a_folder_and_an_archive_give_their_files_by_name(tmp_path: Path) -> None:
    for day in ("2025-11-03", "2025-11-04"):
        (tmp_path / "in" / day).mkdir(parents=True)
        (tmp_path / "in" / day / "article.txt").write_text("Flood in Kyiv\n\nIt rained.")
    (tmp_path / "in" / ".hidden.txt").write_text("no")
    expected = [
        {"id": f"{day}/article", "title": "Flood in Kyiv", "text": "It rained.", "published_at": day}
        for day in ("2025-11-03", "2025-11-04")
    ]
    assert records([tmp_path / "in"], Reading(date_from="name")) == expected
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted((tmp_path / "in").rglob("*.txt")):
            archive.write(file, file.relative_to(tmp_path / "in"))
    found = records([tmp_path / "in.zip"], Reading(date_from="name"))
    assert [one["published_at"] for one in found if one["text"] != "no"] == ["2025-11-03", "2025-11-04"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Президент Казахстана Токаев принял в Астане министра иностранных дел."),
        ("utf-16", "Президент Казахстана"),
        ("cp1252", "La République démocratique du Congo a signé un accord avec le président français."),
    ],
)
def test_another_encoding_is_detected_and_told(
    encoding: str, text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    (found,) = records([tmp_path / "a.txt"])
    assert found["text"] == text
    assert encoding == "utf-16" or "is not UTF-8; read as " in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "reason", "said"),
    [
        (
            "bomb.jsonl.gz",
            gzip.compress(b" " * (80 * 2**20)),
            "undecodable",
            "unpacks to more than 250 times its size",
        ),
        ("cut.jsonl.gz", gzip.compress(os.urandom(999))[:-20], "undecodable", "cannot be unpacked"),
        ("a.csv", b"name_of,cells\n,x\n", "no_text", "its columns are name_of, cells: use --map"),
        ("a.pdf", b"%PDF-1.7\0\0", "undecodable", "is a binary file"),
        ("a.txt", b" \n", "no_text", "the file is empty"),
        ("a.jsonl", b"no JSON", "not_json", "expected a JSON object"),
    ],
)
def test_what_is_no_article_is_refused_with_the_reason(
    name: str, content: bytes, reason: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    reading = Reading()
    (line,) = read_lines([tmp_path / name], reading)
    assert line.refused is not None
    assert (line.refused.reason, reading.refused) == (reason, {reason: 1})
    assert said in str(line.refused)


def test_columns_zone_and_times_are_as_asked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("corps,quand\nUn.,2025-11-03 10:00\nDeux.,2025-11-05\nTrois.,lundi\n")
    kyiv = zone_named("Europe/Kyiv")
    assert kyiv is not None
    reading = Reading({"text": "corps", "published_at": "quand"}, kyiv, until=datetime(2025, 11, 4, tzinfo=UTC))
    first, undated = records([tmp_path / "a.csv"], reading)
    assert (first["text"], first["published_at"]) == ("Un.", "2025-11-03T08:00:00Z")
    assert (undated["text"], undated["published_at"]) == ("Trois.", "lundi")
    assert (reading.read, reading.left_out, reading.undated, reading.unreadable_dates) == (3, 1, 1, 1)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_each_line_of_the_cases_is_an_article(case: Path) -> None:
    reading = Reading()
    found = list(read_lines([case], reading))
    assert found
    assert reading.refused == {}
    assert reading.unreadable_dates == 0
