"""Counts with a noun in the singular or plural."""

from __future__ import annotations


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 article``, ``2 articles``; ``many`` is the plural if it is not ``one`` plus ``s``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def not_articles(number: int) -> str:
    """How many input records are not articles, in words."""
    return plural(number, "record is not an article", "records are not articles")
