"""Record batches: packed and unpacked by streams.transport.compression, and plain gzip to other clients."""

import gzip
import json
from typing import Any

import pytest
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.default_records import DefaultRecordBatch as TheirBatch
from kafka.record.default_records import DefaultRecordBatchBuilder as TheirBuilder

from streams.transport import compression

VALUES = [
    json.dumps({"id": f"a{number}", "text": "The minister met the president. " * 20}).encode() for number in range(50)
]
GZIP = 1


@pytest.fixture(autouse=True)
def installed() -> None:
    compression.install()


def batch(builder: type, values: list[bytes]) -> bytes:
    made = builder(
        magic=2, compression_type=GZIP, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=10**7,
    )  # fmt: skip
    for offset, value in enumerate(values):
        made.append(offset, timestamp=1, key=None, value=value, headers=[])
    return bytes(made.build())


def values(reader: Any) -> list[bytes]:
    return [record.value for record in reader]


def test_this_module_packs_what_is_sent_and_another_client_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[bytes] = []
    pack = compression.pack
    monkeypatch.setattr(compression, "pack", lambda data: packed.append(pack(data)) or packed[-1])
    compression.install()
    sent = batch(DefaultRecordBatchBuilder, VALUES)
    (content,) = packed
    assert content in sent
    assert len(gzip.decompress(content)) > 10 * len(content)
    assert values(TheirBatch(sent)) == VALUES


def test_this_module_unpacks_what_another_client_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[bytes] = []
    unpack = compression.unpack
    monkeypatch.setattr(compression, "unpack", lambda data: unpacked.append(unpack(data)) or unpacked[-1])
    compression.install()
    assert values(DefaultRecordBatch(batch(TheirBuilder, VALUES))) == VALUES
    assert len(unpacked) == 1


def test_every_member_is_unpacked() -> None:
    assert compression.unpack(gzip.compress(b"one, ") + gzip.compress(b"two")) == b"one, two"


@pytest.mark.parametrize("data", [b"not gzip at all", gzip.compress(VALUES[0])[:-9]], ids=["text", "cut off"])
def test_data_that_is_not_gzip_is_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="gzip"):
        compression.unpack(data)
