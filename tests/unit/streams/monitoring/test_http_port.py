"""The worker's HTTP port."""

import gzip
import http.client
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator

import pytest
from prometheus_client import CollectorRegistry, Counter, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from streams.monitoring import bounded_server
from streams.monitoring import health as module
from streams.monitoring.health import Health
from streams.monitoring.http_port import HealthServer, MetricsAddressError
from streams.monitoring.metrics import Metrics
from streams.monitoring.scrape import WorkerStatus, total
from streams.processes.ports import free_ports
from tests.rigs.waiting import wait_until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def served(clock: list[float]) -> Iterator[tuple[Health, str]]:
    registry = CollectorRegistry()
    Counter("newswatch_things", "Things.", ["kind"], registry=registry).labels("a").inc(3)
    health = Health(stall_seconds=60)
    with HealthServer("127.0.0.1", 0, registry, health) as server:
        yield health, f"127.0.0.1:{server.port}"


def status_of(address: str, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://{address}{path}") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_ready_only_once_it_is_set(served: tuple[Health, str]) -> None:
    health, address = served
    assert status_of(address, "/readyz") == 503
    assert not WorkerStatus(address).ready()
    health.ready = True
    assert WorkerStatus(address).ready()
    assert status_of(address, "/nowhere") == 404


def test_metrics_are_read_back(served: tuple[Health, str]) -> None:
    _, address = served
    samples = WorkerStatus(address).samples()
    assert samples["newswatch_things_total"] == [({"kind": "a"}, 3.0)]
    assert total(samples, "newswatch_things_total") == 3
    assert WorkerStatus("127.0.0.1:1").samples() == {}


@pytest.mark.parametrize("host", ["::1", "127.0.0.1", "localhost"])
def test_every_kind_of_host_is_served_and_read(host: str) -> None:
    health = Health(stall_seconds=60)
    health.ready = True
    registry = CollectorRegistry()
    Counter("newswatch_things", "Things.", registry=registry).inc(3)
    with HealthServer(host, 0, registry, health) as server:
        assert server.address == (f"[::1]:{server.port}" if host == "::1" else f"127.0.0.1:{server.port}")
        for path in ("/metrics", "/livez", "/readyz"):
            assert status_of(server.address, path) == 200
        status = WorkerStatus(server.address)
        assert status.ready()
        assert total(status.samples(), "newswatch_things_total") == 3


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another process listens on, with two free ones above it."""
    for port in free_ports(20):
        with socket.socket() as listener, socket.socket() as above, socket.socket() as second:
            try:
                for number, one in enumerate((listener, above, second)):
                    one.bind(("127.0.0.1", port + number))
            except OSError:
                continue
            above.close()
            second.close()
            listener.listen()
            yield port
            return
    pytest.fail("no three ports in a row are free")


def server(host: str, port: int, spare: int = 0) -> HealthServer:
    return HealthServer(host, port, CollectorRegistry(), Health(60), spare=spare)


def test_a_port_in_use_is_named_with_the_flag(taken: int) -> None:
    with pytest.raises(MetricsAddressError) as refused:
        server("127.0.0.1", taken)
    assert str(refused.value) == (
        f"metrics_port {taken} on 127.0.0.1 is in use by another process; choose another with --metrics-port, or 0 "
        "for any free one"
    )


def test_the_next_free_ports_are_taken_where_that_is_allowed(taken: int) -> None:
    with server("127.0.0.1", taken, spare=2) as first, server("127.0.0.1", taken, spare=2) as second:
        assert (first.port, second.port) == (taken + 1, taken + 2)
        with pytest.raises(MetricsAddressError, match=f"all ports from {taken} to {taken + 2} on 127.0.0.1 are in use"):
            server("127.0.0.1", taken, spare=2)


@pytest.mark.parametrize("host", ["203.0.113.9", "no host", "a" * 80])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    with pytest.raises(MetricsAddressError) as refused:
        server(host, 0)
    said = str(refused.value)
    assert said.startswith(f"metrics_host {host}: cannot listen there: ")
    assert said.endswith("; expected an address of this machine, such as 127.0.0.1")
    assert "\n" not in said


#: What Prometheus 3 sends when it scrapes.
PROMETHEUS_ACCEPTS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accepts", "content_type", "read"),
    [
        ("*/*", "text/plain", read_text),
        ("text/plain;version=0.0.4", "text/plain", read_text),
        (PROMETHEUS_ACCEPTS, "application/openmetrics-text", read_openmetrics),
    ],
)
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_metrics_come_in_a_format_that_the_scraper_accepts(
    accepts: str, content_type: str, read: Callable[[str], Iterable[Metric]], compressed: bool
) -> None:
    metrics = Metrics()
    metrics.articles.labels("dead").inc(2)
    metrics.lag.show({("articles", "0"): 7})
    headers = {"Accept": accepts} | ({"Accept-Encoding": "gzip"} if compressed else {})
    with HealthServer("127.0.0.1", 0, metrics.registry, Health(stall_seconds=60)) as server:
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/metrics", headers=headers)
        with urllib.request.urlopen(request) as answer:
            body, answered = answer.read(), answer.headers
    assert answered.get_content_type() == content_type
    assert answered.get("Content-Encoding") == ("gzip" if compressed else None)
    text = (gzip.decompress(body) if compressed else body).decode()
    samples = {(s.name, *sorted(s.labels.values())): s.value for family in read(text) for s in family.samples}
    assert samples["newswatch_articles_total", "dead"] == 2
    assert samples["newswatch_consumer_lag_records", "0", "articles"] == 7


def test_a_single_metric_can_be_requested_by_name(served: tuple[Health, str]) -> None:
    _, address = served
    with urllib.request.urlopen(f"http://{address}/metrics?name[]=newswatch_nothing") as answer:
        assert b"newswatch_things" not in answer.read()


def test_liveness_and_readiness_are_answered(served: tuple[Health, str], clock: list[float]) -> None:
    _, address = served
    assert status_of(address, "/livez") == 200
    clock[0] += 61
    assert status_of(address, "/livez") == 503


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/nowhere"])
def test_head_is_answered_as_get_without_the_body(served: tuple[Health, str], path: str) -> None:
    _, address = served
    answers = {}
    for method in ("GET", "HEAD"):
        connection = http.client.HTTPConnection(address, timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        headers = {name: value for name, value in answer.getheaders() if name != "Date"}
        answers[method] = (answer.status, headers, answer.read())
        connection.close()
    assert answers["HEAD"][:2] == answers["GET"][:2]
    assert answers["HEAD"][2] == b""
    assert answers["GET"][2]


def test_no_answer_names_a_version(served: tuple[Health, str]) -> None:
    _, address = served
    for request in (b"GET /livez HTTP/1.0\r\n\r\n", b"POST /livez HTTP/1.0\r\n\r\n", b"\x16\x03\x01\r\n\r\n"):
        answer = ask(address, request)
        assert answer
        assert b"Python" not in answer
        assert b"BaseHTTP" not in answer


def ask(address: str, request: bytes) -> bytes:
    """What the server sends until it closes the connection."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_idle_connections_take_neither_handles_nor_threads_nor_the_answer_from_others(
    served: tuple[Health, str],
) -> None:
    _, address = served
    host, _, port = address.rpartition(":")
    before = threading.active_count()
    idle = []
    try:
        for _ in range(300):
            connection = socket.create_connection((host, int(port)), timeout=60)
            connection.sendall(b"GET /me")
            idle.append(connection)
        assert status_of(address, "/livez") == 200
        assert threading.active_count() - before <= bounded_server.MOST_THREADS
        few = 300 - bounded_server.MOST_CONNECTIONS
        wait_until(lambda: sum(map(is_closed, idle)) >= few, 60, "idle connections are still open")
    finally:
        for one in idle:
            one.close()


def is_closed(connection: socket.socket) -> bool:
    """Whether the server has closed it."""
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_client_that_sends_a_byte_now_and_then_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_server, "LONGEST_SECONDS", 1.0)
    with (
        HealthServer("127.0.0.1", 0, CollectorRegistry(), Health(60)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=0.1) as slow,
    ):
        for _ in range(600):
            try:
                slow.sendall(b"x")
                if slow.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
    pytest.fail("the connection is still open after a minute")


def test_a_client_that_does_not_read_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_server, "LONGEST_SECONDS", 5.0)
    registry = CollectorRegistry()
    counter = Counter("newswatch_things", "Things.", ["kind"], registry=registry)
    for number in range(1000):  # 20 MB, more than the buffers of both sides hold
        counter.labels(f"{number:020000}")
    before = threading.active_count()
    with HealthServer("127.0.0.1", 0, registry, Health(60)) as server:
        address = f"127.0.0.1:{server.port}"
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as deaf:
            deaf.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            assert deaf.recv(15) == b"HTTP/1.0 200 OK"
            assert b"200 OK" in ask(address, b"GET /metrics?name[]=none HTTP/1.0\r\n\r\n")
            wait_until(lambda: threading.active_count() == before + 1, 60, "the thread of the client has not ended")
