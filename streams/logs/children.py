"""Log lines of child processes, marked with the name of the child."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from streams.logs.escaping import escaped


def of_child(name: str, line: bytes, *, json: bool) -> bytes:
    """A child's line with its ``name``: in front of text, or as the field ``worker`` of a JSON object.

    With ``json``, a line that is no log line, such as an interpreter's last words, becomes one.
    """
    if not json:
        return f"{name}: {escaped(line.decode(errors='replace'))}".encode()
    if line.startswith(b'{"time":') and line.rstrip().endswith(b"}"):
        return b'{"worker":' + msgspec.json.encode(name) + b"," + line[1:]
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = escaped(line.decode(errors="replace").rstrip("\n"))
    return (
        msgspec.json.encode({"worker": name, "time": time, "level": "error", "logger": "output", "message": said})
        + b"\n"
    )
