"""Highlighted pages on disk: one file for one article; a folder with an index for several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from detectors.article import EnrichedArticle
from streams.highlight import highlight


def write_pages(articles: Sequence[EnrichedArticle], place: Path) -> Path:
    """Write the pages; returns the one to open: ``place`` itself, or its ``index.html``.

    Raises:
        OSError: the file or folder cannot be written.
    """
    if len(articles) == 1 and not place.is_dir():
        place.write_text(highlight(articles[0]), encoding="utf-8")
        return place
    place.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, article in enumerate(articles, start=1):
        name = f"{number:05d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', article.id)[:60]}.html"
        (place / name).write_text(highlight(article), encoding="utf-8")
        rows.append(f'<li><a href="{escape(name)}">{escape(article.title or article.id)}</a></li>')
    index = place / "index.html"
    index.write_text(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>articles</title>\n</head>\n'
        f"<body>\n<ol>\n{''.join(rows)}\n</ol>\n</body>\n</html>\n",
        encoding="utf-8",
    )
    return index
