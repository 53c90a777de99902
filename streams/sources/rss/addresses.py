"""Which addresses of the network a fetch may connect to: those of the public Internet."""

from __future__ import annotations

import ipaddress
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: IPv6 networks whose addresses end in the IPv4 address that is meant (NAT64).
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(OSError):
    """A host that has no public address."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public Internet; one that wraps another, if both do."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if wrapped is None and address in _TRANSLATED:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
    return address.is_global and not address.is_multicast


def connect(host: str, port: int, timeout: float | None, *, private: bool) -> socket.socket:
    """A connection to a host, at the address that was checked: a second look-up could give another one.

    Args:
        private: also connect to loopback, private and link-local addresses.

    Raises:
        PrivateAddressError: the host has no public address.
        OSError: it has no address at all, or none answers.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [info for info in found if private or is_public(_address(info[4][0]))]
    if not allowed:
        addresses = ", ".join(sorted({str(info[4][0]) for info in found}))
        raise PrivateAddressError(
            f"{host} is at {addresses}, not a public address; to allow it, set feeds_at_private_addresses=true"
        )
    failure: OSError | None = None
    for family, kind, protocol, _, address in allowed:
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(timeout)
            made.connect(address)
        except OSError as error:
            made.close()
            failure = error
        else:
            return made
    assert failure is not None
    raise failure


def _address(text: str | int) -> Address:
    return ipaddress.ip_address(str(text).partition("%")[0])
