"""Articles for tests: a name, so many minutes after the beginning, what they say, and who says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2020, 5, 1, tzinfo=UTC)
QUAKE = "A quake shook the town."


def article(name: str, minutes: float, text: str = QUAKE, source: str = "wire", **fields: Any) -> dict[str, Any]:
    """An article as it is sent; further fields as they are given."""
    published = (START + timedelta(minutes=minutes)).isoformat()
    return {"id": name, "text": text, "published_at": published, "source": source, **fields}
