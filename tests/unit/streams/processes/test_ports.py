"""Ports for servers that we start."""

import socket
from pathlib import Path

import pytest

from streams.processes.ports import answers, free_ports


def test_ports_are_free_distinct_and_not_ephemeral() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(15_000 <= port < first for port in ports)
    assert not any(answers(port) for port in ports)


def test_a_port_in_use_is_not_returned() -> None:
    with socket.socket() as holder:
        [port] = free_ports(1)
        holder.bind(("127.0.0.1", port))
        holder.listen()
        assert answers(port)
        assert port not in free_ports(100)


def test_an_address_that_is_not_ours_has_no_free_port() -> None:
    with pytest.raises(OSError, match="no 1 free ports"):
        free_ports(1, "192.0.2.1")
