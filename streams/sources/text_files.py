"""Plain text and Markdown: one article a file, with its first line as the title."""

from __future__ import annotations

import re

#: The longest first line that is a title (characters).
LONGEST_TITLE = 200
_FRONT = re.compile(r"\A---[ \t]*\n(.{0,8000}?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"^(title|date|url|link|source|lang|language|id)[ \t]*:[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)
_HEADING = re.compile(r"#{1,6}[ \t]+")


def titled(text: str) -> tuple[str | None, str]:
    """The title and the text. The first line is the title if it is short, ends no sentence, and text follows."""
    lines = text.lstrip("\ufeff\r\n\t ").splitlines(keepends=True)
    first = lines[0].strip() if lines else ""
    rest = "".join(lines[1:])
    following = lines[1].strip() if len(lines) > 1 else ""
    heading = _HEADING.match(first)
    stands_alone = not following or following[:1].isupper()
    ends = first[-1:] in {".", ",", ";", ":"}
    if not rest.strip() or len(first) > LONGEST_TITLE or (not heading and (ends or not stands_alone)):
        return None, text
    return (first[heading.end() :] if heading else first).rstrip("# "), rest.strip("\r\n")


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The keys at the beginning of a Markdown file (`title`, `date`, ...), and what follows."""
    found = _FRONT.match(text.replace("\r\n", "\n"))
    if found is None:
        return {}, text
    keys = {key.lower(): value.strip().strip("\"'") for key, value in _KEY.findall(found[1])}
    return keys, text.replace("\r\n", "\n")[found.end() :]
