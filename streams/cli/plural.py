"""Numbers of things in words."""

from __future__ import annotations


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 article``, ``2 articles``; ``many`` where an ``s`` at the end is not enough."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def not_articles(number: int) -> str:
    """How many records of the input could not be read as articles."""
    return plural(number, "record is not an article", "records are not articles")
