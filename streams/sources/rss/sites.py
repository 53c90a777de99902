"""Hosts and the sites that they belong to, by the Public Suffix List; addresses as they are written and compared."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

#: Prefixes of hosts that serve the same outlet: for browsers, for telephones.
_SAME_OUTLET = re.compile(r"(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
#: Parameters of an address that say where a reader came from, not what is read.
_TRACKING = re.compile(
    r"(?:utm_\w+|at_(?:medium|campaign|link_\w+|bbc_team|format)|[gf]bclid|gclid|dclid|msclkid|mc_[ce]id|igshid|cmpid|"
    r"ocid|ref_src|xtor|wt_mc|ns_(?:campaign|mchannel|source|linkname|fee))(?:=.*)?",
    re.IGNORECASE,
)
#: What may be in an address as it is; the rest is encoded.
_SAFE = "%/:=&?~#+!$,;'@()*[]|"


def host_of(url: str) -> str:
    """The host of an address: lower case, ASCII, without user, port, a final dot, ``www.``, ``m.`` or ``amp.``.

    "" if there is none.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # such as http://[x
        return ""
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:  # an empty or overlong label
        return ""
    return _SAME_OUTLET.sub("", host, count=1) if _SAME_OUTLET.match(host) else host


def site_of(host: str) -> str:
    """The registrable site of a host: ``bbc.co.uk`` for ``news.bbc.co.uk``, ``a.github.io`` for itself.

    An IP address and a name of one label are sites of their own.
    """
    if host.replace(".", "").isdigit() or ":" in host:
        return host
    return _suffixes().privatesuffix(host) or host


def canonical(url: str) -> str:
    """What is the same for all spellings of a page's address: no scheme, user, ``www.`` or tracking parameters."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    except ValueError:
        return url
    query = "&".join(part for part in parts.query.split("&") if part and not _TRACKING.fullmatch(part))
    fragment = "" if _TRACKING.fullmatch(parts.fragment) else parts.fragment
    return urlunsplit(("", f"{host_of(url)}{port}", parts.path.rstrip("/"), query, fragment))


def ascii_address(url: str) -> str:
    """An address as HTTP sends it: the host by IDNA, other characters of the path and query percent-encoded.

    Raises:
        ValueError: it has no valid host or port.
    """
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").encode("idna").decode("ascii") if "[" not in parts.netloc else f"[{parts.hostname}]"
    port = f":{parts.port}" if parts.port is not None else ""
    return urlunsplit((parts.scheme, f"{host}{port}", quote(parts.path, _SAFE), quote(parts.query, _SAFE), ""))


def credentials(url: str) -> str | None:
    """``user:password`` of an address; None if it has none."""
    try:
        user, at, _ = urlsplit(url).netloc.rpartition("@")
    except ValueError:
        return None
    return user if at else None


def without_credentials(url: str) -> str:
    """The address as messages and records show it: no user, no password."""
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url
    except ValueError:
        return re.sub(r"//[^/@]*@", "//", url)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
