"""Any bytes as a file of any kind: each record is an article or refused with a reason, and nothing raises."""

import bz2
import gzip
import json
import lzma
import tempfile
from pathlib import Path

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records.article import decode_article
from streams.sources.files import read_lines
from streams.sources.reading import Reading

NAMES = ("a.jsonl", "a.json", "a", "a.csv", "a.tsv", "a.txt", "a.md", "a.bin", "a.zip")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("text", "title", "date", "id", "meta", "articles", "source", "x")), inner, max_size=4
        )
    ),
    max_leaves=8,
)
JSON = st.lists(VALUES, min_size=1, max_size=3).map(
    lambda values: b"\n".join(json.dumps(one).encode() for one in values)
)
MAGIC = st.sampled_from(
    (
        *(b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"\xff\xfe", b"[", b"{"),
        *(b"<html>", b"<nitf>", b"<newsItem guid='", b"WARC/1.0\r\n", b"Subject: "),
    )
)
BYTES = st.binary(max_size=200) | JSON | st.builds(bytes.__add__, MAGIC, st.binary(max_size=80))
PACKED = st.sampled_from((gzip.compress, bz2.compress, lzma.compress, zstandard.compress, bytes))


@given(st.sampled_from(NAMES), BYTES, PACKED)
@settings(max_examples=150, deadline=None)
def test_every_record_is_an_article_or_refused(name: str, content: bytes, pack: type[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, name)
        place.write_bytes(pack(content))
        reading = Reading()
        found = list(read_lines([place], reading))
    for line in found:
        if line.refused is None:
            assert decode_article(line.value).text
        else:
            assert "\n" not in str(line.refused)
    assert reading.refused.total() == sum(line.refused is not None for line in found)
