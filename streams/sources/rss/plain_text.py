"""HTML as plain text, in time linear in its length, whatever it holds."""

from __future__ import annotations

import html
import re

#: What begins a comment, a declaration or a tag; nothing else that follows a ``<`` does: ``<5%`` is text.
_MARKUP = re.compile(r"<(?:(?P<comment>!--)|[!?]|(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*))")
#: Does not cross a ``<``, so an unclosed tag costs no search to the end of the text.
_REST = re.compile(r"[^<>]*>")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]+);")
_ALT = re.compile(r"""<img\b[^<>]*?\balt\s*=\s*["']([^"'<>]{1,1000})["']""", re.IGNORECASE)


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


#: Elements that begin and end a line: cells do not glue.
_BLOCKS = _names(
    "address article aside blockquote br caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frame h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol optgroup option p pre section "
    "summary table tbody td tfoot th thead title tr ul"
)
#: Elements whose content is not for readers.
_DROPPED = _names("applet canvas head iframe math noscript object script style svg template textarea")
#: Inline elements that pages set apart by their looks alone.
_APART = _names("button label time")
_INLINE = _names(
    "a abbr acronym area audio b base basefont bdi bdo big blink body cite code col colgroup data datalist del dfn em "
    "embed font html i img input ins kbd link map mark marquee meta nobr output param picture progress q rp rt ruby s "
    "samp search select small source span strike strong sub sup track tt u var video wbr"
)
_KNOWN = _BLOCKS | _DROPPED | _APART | _INLINE


def plain_text(markup: str) -> str:
    """The text of an HTML fragment; a block begins a line, and what is no tag of HTML is text: ``<Iran>``."""
    if "<" not in markup:
        return _unescaped(markup).strip()
    parts: list[str] = []
    absent: set[str] = set()  # what has no end after some place has none after a later one
    at = 0
    while found := _MARKUP.search(markup, at):
        start, after = found.span()
        parts.append(markup[at:start])
        name = (found["name"] or "").lower()
        if found["comment"]:
            end = -1 if "-->" in absent else markup.find("-->", after)
            if end < 0:
                absent.add("-->")
            at = after if end < 0 else end + 3
            continue
        rest = _REST.match(markup, after)
        if rest is None or (name and name not in _KNOWN and ":" not in name and "-" not in name):
            parts.append(markup[start:after])
            at = after
            continue
        at = rest.end()
        if name in _DROPPED and not found["close"] and not markup.endswith("/>", 0, at):
            at = _after_content(markup, name, at, absent)
        elif name in _BLOCKS:
            parts.append("\n")
        elif name in _APART:
            parts.append(" ")
    parts.append(markup[at:])
    return _unescaped("".join(parts)).strip()


def alternative_text(markup: str) -> str:
    """What a fragment says of its images."""
    return _unescaped(" ".join(_ALT.findall(markup))).strip()


def _after_content(markup: str, name: str, at: int, absent: set[str]) -> int:
    """Where an element's content ends; ``at`` if it is never closed."""
    if name in absent:
        return at
    close = re.compile(rf"</{name}\b[^<>]*>", re.IGNORECASE).search(markup, at)
    if close is None:
        absent.add(name)
        return at
    return close.end()


def _unescaped(text: str) -> str:
    """The text without entities, also those that were encoded twice."""
    once = html.unescape(text)
    return html.unescape(once) if _ENTITY.search(once) else once
