"""Articles from files: each line is one record, however long."""

import os
import threading
import tracemalloc
from pathlib import Path

import pytest

from streams.sources.files import MAX_LINE_BYTES, UnreadableFileError, count_lines, read_lines, without_articles


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
    assert list(without_articles([pipe])) == []
    writer = threading.Thread(target=lambda: pipe.write_bytes(b'{"text": "a"}\n'))
    writer.start()
    (line,) = read_lines([pipe])
    writer.join()
    assert b"text" in line.value
    assert caplog.messages == [f"{pipe} is a pipe: waiting for what another program writes to it"]


def test_a_file_without_articles_is_named_with_the_reason(tmp_path: Path) -> None:
    files = {
        "shadow": b"root:*:19000\ndaemon:*:19000\n",
        "one": b"no\n",
        "late.jsonl": b"\n" + b"no\n" * 5 + b'{"text": "a"}\n',
        "many": b"no\n" * 1000 + b'{"text": "a"}\n',
        "empty": b"",
        "note.txt": b"Any text is an article.",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    said = [one.removeprefix(f"{tmp_path}/") for one in without_articles(tmp_path / name for name in files)]
    assert [one.partition(" (")[0] for one in said] == [
        "shadow: none of its first 2 lines is an article",
        "one: its first line is not an article",
        "many: none of its first 20 lines is an article",
    ]
    assert f"({tmp_path}/shadow:1: expected a JSON object" in said[0]
