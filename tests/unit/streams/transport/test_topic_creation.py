"""What aiokafka's clients ask the brokers never creates a topic."""

import asyncio
from typing import Any

import pytest
from aiokafka import client as aiokafka_client
from aiokafka.protocol.metadata import MetadataRequest, MetadataRequest_v4, MetadataRequest_v5

from streams.transport import topic_creation


def test_requests_of_a_client_create_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiokafka_client, "MetadataRequest", MetadataRequest)
    topic_creation.install()
    asked: list[Any] = []

    class Connection:
        async def send(self, request: MetadataRequest) -> Any:
            asked.append(request)
            raise TimeoutError

    async def ask() -> None:
        client = aiokafka_client.AIOKafkaClient(bootstrap_servers="127.0.0.1:1")

        async def connection(*_: Any, **__: Any) -> Connection:
            return Connection()

        monkeypatch.setattr(client, "_get_conn", connection)
        client._conns["bootstrap", aiokafka_client.ConnectionGroup.DEFAULT] = object()
        for topics in ({"articles"}, None):
            assert not await client._metadata_update(client.cluster, topics)

    asyncio.run(ask())
    built = [request.build(kind) for request in asked for kind in (MetadataRequest_v4, MetadataRequest_v5)]
    assert [request.allow_auto_topic_creation for request in built] == [False] * 4
    assert [list(request.topics or ()) for request in built] == [["articles"]] * 2 + [[]] * 2
