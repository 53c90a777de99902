"""Highlighted pages on disk: one file, or a folder with a file for each article and an index."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from detectors.article import EnrichedArticle
from streams.highlight import highlight


def write_pages(articles: Sequence[EnrichedArticle], place: Path) -> Path:
    """Write the pages; returns the one to open: ``place`` itself, or its ``index.html``.

    Several articles go into one page where ``place`` ends in ``.html``, else each into its own in the folder ``place``.

    Raises:
        OSError: the file or folder cannot be written.
    """
    if not place.is_dir() and (len(articles) == 1 or place.suffix in {".html", ".htm"}):
        place.write_text(highlight(articles), encoding="utf-8")
        return place
    place.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, article in enumerate(articles, start=1):
        name = f"{number:05d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', article.id)[:60]}.html"
        (place / name).write_text(highlight([article]), encoding="utf-8")
        rows.append(f'<li><a href="{escape(name)}">{escape(article.title or article.id)}</a></li>')
    index = place / "index.html"
    index.write_text(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>articles</title>\n</head>\n'
        f"<body>\n<ol>\n{''.join(rows)}\n</ol>\n</body>\n</html>\n",
        encoding="utf-8",
    )
    return index
