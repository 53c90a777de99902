import ipaddress
import socket

import pytest

from streams.sources.rss.addresses import PrivateAddressError, connect, is_public


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "255.255.255.255"),
        *("::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "192.0.2.1"),
    ],
)
def test_loopback_private_and_wrapped_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "::1"])
def test_a_host_at_a_private_address_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(PrivateAddressError, match="feeds_at_private_addresses=true"):
        connect(host, 80, 5, private=False)


def test_a_name_that_answers_with_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(PrivateAddressError, match=r"news\.example is at 10\.0\.0\.7, not a public address"):
        connect("news.example", 80, 5, private=False)


def test_a_private_address_that_is_allowed_is_connected_to() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        connect("localhost", server.getsockname()[1], 5, private=True) as made,
    ):
        assert made.getpeername() == server.getsockname()
