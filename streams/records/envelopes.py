"""Envelopes around an article: CloudEvents in structured mode, and the schema of Kafka Connect's JSON converter.

Source: the JSON event format of CloudEvents 1.0, section 3, and Connect's ``JsonConverter`` (``schemas.enable=true``,
its default). Neither has a field ``text``, so an article is never taken for one.
"""

from __future__ import annotations

import base64
import binascii

import msgspec
from msgspec import UNSET, Raw, UnsetType


class Envelope(msgspec.Struct, frozen=True):
    """What was inside: the ``content`` in JSON, and the ``field`` that holds it; both empty if that is missing."""

    kind: str
    field: str
    content: bytes = b""


class _Fields(msgspec.Struct, frozen=True):
    specversion: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    data_base64: str | UnsetType = UNSET
    schema: Raw | UnsetType = UNSET
    payload: Raw | UnsetType = UNSET


_decoder = msgspec.json.Decoder(_Fields)


def envelope_of(value: bytes) -> Envelope | None:
    """The envelope that a JSON object is, None if it is none."""
    try:
        fields = _decoder.decode(value)
        if fields.specversion is not UNSET:
            kind = "a CloudEvent in structured mode"
            if fields.data_base64 is not UNSET:
                return Envelope(kind, "data_base64", base64.b64decode(fields.data_base64, validate=True))
            return Envelope(kind, "data", _content(fields.data))
        if fields.schema is not UNSET and fields.payload is not UNSET:
            return Envelope("an envelope of Kafka Connect", "payload", _content(fields.payload))
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return None
    return None


def _content(raw: Raw | UnsetType) -> bytes:
    """The JSON in a field; a string may hold it, as some programs encode their data twice."""
    content = b"" if raw is UNSET else bytes(raw)
    if content.startswith(b'"'):
        return msgspec.json.decode(content, type=str).encode("utf-8", "surrogatepass")
    return b"" if content == b"null" else content
