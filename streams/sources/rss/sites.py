"""Hosts and the sites that they belong to, by the Public Suffix List."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList


def host_of(url: str) -> str:
    """The host of an address: lower case, ASCII, without user, port, a final dot or ``www.``; "" if there is none."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # such as http://[x
        return ""
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:  # an empty or overlong label
        return ""
    return host.removeprefix("www.")


def site_of(host: str) -> str:
    """The registrable site of a host: ``bbc.co.uk`` for ``news.bbc.co.uk``, ``a.github.io`` for itself.

    An IP address and a name of one label are sites of their own.
    """
    if host.replace(".", "").isdigit() or ":" in host:
        return host
    return _suffixes().privatesuffix(host) or host


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
