"""The door over HTTP, with a sender that keeps what it gets; real Kafka is behind it in the integration test."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.collector import door as module
from streams.collector.door import BusyError, Door, DoorError, open_door
from streams.collector.posted import Posted
from streams.monitoring.collector_metrics import CollectorMetrics
from streams.settings import load_settings

SENT: list[Posted] = []


class Sender:
    def __init__(self, _: object) -> None:
        SENT.clear()

    def send(self, posted: Posted) -> None:
        if "busy" in posted.ids:
            raise BusyError
        SENT.append(posted)

    def close(self) -> None:
        pass


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[int]:
    monkeypatch.setattr(module, "Sender", Sender)
    (tmp_path / "token").write_text("open sesame\n")
    with open_door(load_settings(), Door("127.0.0.1", 0, tmp_path / "token"), CollectorMetrics()) as number:
        yield number


def post(
    port: int, body: str, path: str = "/articles", **headers: str
) -> tuple[int, dict[str, str], dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    given = {"Content-Type": "application/json", "Authorization": "Bearer open sesame"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, body, given)
    answer = connection.getresponse()
    return answer.status, dict(answer.headers), json.loads(answer.read())


def test_articles_are_accepted_with_their_ids(port: int) -> None:
    status, _, body = post(port, '[{"id":"a","text":"x"},{"text":"y","url":"http://a/"}]')
    assert status == 202
    assert body["ids"] == list(SENT[0].ids)
    assert body["ids"][0] == "a"


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, '{"txt":1}', {}),
        (401, "{}", {"Authorization": "Bearer open"}),
        (413, "{}", {"Content_Length": "99999999"}),
        (415, "{}", {"Content_Type": "text/plain"}),
        (429, '{"id":"busy","text":"x"}', {}),
    ],
)
def test_what_is_not_accepted_is_not_sent(port: int, status: int, body: str, headers: dict[str, str]) -> None:
    found, given, said = post(port, body, **headers)
    assert (found, SENT) == (status, [])
    assert said["error"]
    assert ("Retry-After" in given) == (status == 429)


def test_the_document_is_at_the_door(port: int) -> None:
    assert post(port, "{}", "/other")[0] == 404
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/openapi.json")
    assert json.loads(connection.getresponse().read())["openapi"] == "3.1.0"


def test_a_door_to_the_world_needs_a_token(tmp_path: Path) -> None:
    with pytest.raises(DoorError, match="expected --token-file for other addresses"):
        Door("0.0.0.0", 0).token()
    (tmp_path / "token").write_text(" \n")
    with pytest.raises(DoorError, match="expected a token, found an empty file"):
        Door("0.0.0.0", 0, tmp_path / "token").token()
    with pytest.raises(DoorError, match="No such file"):
        Door("127.0.0.1", 0, tmp_path / "none").token()
    assert Door("127.0.0.1", 0).token() is None
