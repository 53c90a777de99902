"""Shipped files outside the code: in the wheel, or in the checkout that the wheel is built from."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
SAMPLES = _PACKAGE / "data" / "samples" / "articles.jsonl"


def shipped(packaged: str, checkout: str) -> Path | None:
    """Return a file or folder from the package's data, else from the checkout, else None."""
    places = (_PACKAGE / "data" / packaged, _PACKAGE.parent / checkout)
    return next((place for place in places if place.exists()), None)
