"""Free TCP ports for the servers that we start."""

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Find `count` free ports outside the range that the system uses for outgoing connections.

    An outgoing connection could take a port of that range while its server restarts. Raises OSError if there are not
    enough free ports.
    """
    first = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 49152  # the IANA range, as on macOS
    low, high = (15_000, first) if first > 16_000 else (15_000, 32_768)
    found: list[int] = []
    for port in random.sample(range(low, high), k=min(high - low, 500 + count)):
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"no {count} free ports on {host} between {low} and {high}")


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0
