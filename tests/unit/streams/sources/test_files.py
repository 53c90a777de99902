"""Articles from files: each line is one record, however long."""

from pathlib import Path

from streams.sources.files import MAX_LINE_BYTES, read_lines


def test_a_line_too_long_for_a_record_is_cut_and_its_rest_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    long = b"x" * (2 * MAX_LINE_BYTES + 5)
    file.write_bytes(b'{"text": "a"}\n\n' + long + b'\r\n{"text": "b"}')
    first, cut, last = read_lines([file])
    assert (first.number, first.value) == (1, b'{"text": "a"}')
    assert (cut.number, cut.value) == (3, long[:MAX_LINE_BYTES])
    assert (last.number, last.value) == (4, b'{"text": "b"}')
