"""Articles for tests: id, minutes after the start, text and source."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2020, 5, 1, tzinfo=UTC)
QUAKE = "A quake shook the town."


def article(name: str, minutes: float, text: str = QUAKE, source: str = "wire", **fields: Any) -> dict[str, Any]:
    """An article record; further fields are added as given."""
    published = (START + timedelta(minutes=minutes)).isoformat()
    return {"id": name, "text": text, "published_at": published, "source": source, **fields}
