"""Shared parts of the oracles: plain brute force over small logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations, product
from typing import Any

from tests.property.detectors.harness import Given


def values(one: Given, field: str) -> tuple[Any, ...]:
    """An article's values of a group field."""
    if field == "country":
        return one.countries
    if field == "theme":
        return tuple(theme if isinstance(theme, str) else theme[0] for theme in one.themes)
    if field == "official":
        return tuple(name.lower() for name in one.officials)
    found = dict(one.meta).get(field.removeprefix("meta.")) if field.startswith("meta.") else getattr(one, field)
    return () if found is None else (found,)


def groups(
    log: Iterable[Given], fields: tuple[str, ...], *, missing: bool = False
) -> Iterator[tuple[dict[str, Any], list[Given]]]:
    """Each group with its articles; with ``missing``, None is the value of a field that an article lacks."""
    lacking = (None,) if missing else ()
    members: dict[tuple[Any, ...], list[Given]] = {}
    for one in log:
        for group in dict.fromkeys(product(*(values(one, field) or lacking for field in fields))):
            members.setdefault(group, []).append(one)
    for group, articles in members.items():
        yield dict(zip(fields, group, strict=True)), articles


def window(log: Iterable[Given], moment: datetime, length: timedelta) -> list[Given]:
    """The articles of (moment - length, moment]."""
    return [one for one in log if moment - length < one.time <= moment]


def copies(one: Given, other: Given) -> bool:
    return any(a == b for a, b in zip(one.story, other.story, strict=True))


def most(articles: list[Given], conflict: Any) -> int:
    """The most articles, one version of each, of which no two are in conflict."""
    for number in range(len(articles), 0, -1):
        for chosen in combinations(articles, number):
            if all(a.id != b.id and not conflict(a, b) for a, b in combinations(chosen, 2)):
                return number
    return 0


def count_of(articles: list[Given], distinct: str) -> int:
    """The number of different articles, stories or values."""
    if distinct == "article":
        return len({one.id for one in articles})
    if distinct == "story":
        return most(articles, copies)
    return len({value for one in articles for value in values(one, distinct)})
