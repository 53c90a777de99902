"""What is assumed of kafka-python, against kafka-python itself: README.md of streams/transport lists it all."""

import inspect
import logging
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.cluster import ClusterMetadata
from kafka.coordinator import consumer as coordinator
from kafka.errors import KafkaConnectionError
from kafka.future import Future
from kafka.net import connection, manager
from kafka.net.sasl.oauth import SaslMechanismOAuth
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport
from kafka.producer.record_accumulator import RecordAccumulator
from kafka.producer.sender import Sender
from kafka.producer.transaction_manager import TransactionManager
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.serializer import Serializer

from streams.kafka import client_log, clients, refused_records
from streams.settings.oauth_tokens import TokenError, TokenSource
from tests.rigs.frontier import assumes, code


@assumes("kafka.net.transport.KafkaTCPTransport._sock_recv", "kafka.net.transport.KafkaSSLTransport._sock_recv")
def test_a_connection_reads_by_sock_recv_and_gives_an_error_beside_what_it_read() -> None:
    assert clients  # has installed closing_words, which test_closing_words.py tries
    assert "recvd_data, err = self._sock_recv()" in inspect.getsource(KafkaTCPTransport)
    for kind in (KafkaTCPTransport, KafkaSSLTransport):
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        theirs.sendall(b"no")
        theirs.close()
        transport: Any = kind.__new__(kind)
        transport._sock, transport._closed = ours, False
        original = inspect.getclosurevars(kind._sock_recv).nonlocals["receive"]
        data, error = original(transport)
        ours.close()
        assert (data, type(error)) == (b"no", KafkaConnectionError)  # the defect: the error wins over the words


@assumes(
    "kafka.record.default_records.DefaultRecordBatch._read_msg",
    "kafka.record.default_records.DefaultRecordBatch._buffer",
)
def test_a_batch_decodes_header_names_from_its_buffer() -> None:
    """test_header_names.py tries what streams.kafka.header_names makes of it."""
    source = inspect.getsource(DefaultRecordBatch)
    assert 'h_key = buffer[pos: pos + h_key_len].decode("utf-8")' in source  # the defect: any bytes are legal
    assert "buffer = self._buffer" in source
    assert "msg = self._read_msg()" in source


@assumes("kafka.record.default_records.DefaultRecordBatchBuilder.append")
def test_a_batch_builder_writes_headers_without_a_value_which_the_producer_refuses() -> None:
    """test_null_headers.py tries what streams.kafka.null_headers makes of it."""
    assert "isinstance(item[1], bytes) for item in headers" in code(KafkaProducer.send)  # the defect
    original = inspect.getclosurevars(DefaultRecordBatchBuilder.append).nonlocals["append"]
    assert list(inspect.signature(original).parameters)[:6] == [
        "self",
        "offset",
        "timestamp",
        "key",
        "value",
        "headers",
    ]
    assert "self._builder.append(offset, timestamp, key, value, headers)" in code(MemoryRecordsBuilder.append)


@assumes("kafka.producer.kafka.KafkaProducer._sender", "kafka.producer.sender.Sender.force_close")
def test_a_producers_sender_gives_up_what_is_not_acknowledged() -> None:
    assert "self._sender = Sender(" in code(KafkaProducer.__init__)
    sender: Any = SimpleNamespace(initiate_close=lambda: None, _force_close=False)
    Sender.force_close(sender)
    assert sender._force_close


@assumes(
    "kafka.producer.kafka.KafkaProducer._transaction_manager",
    "kafka.producer.sender.Sender._can_split",
    "kafka.producer.transaction_manager.TransactionManager.classify_batch_error",
    "kafka.producer.transaction_manager.TransactionManager.set_sequence_number",
    "kafka.producer.transaction_manager.TransactionManager._supports_epoch_bump",
    "kafka.producer.producer_batch.ProducerBatch.in_retry",
)
def test_a_producer_fails_for_good_at_a_refused_record() -> None:
    """tests/integration/streams/sources/test_ingest.py tries what streams.kafka.refused_records makes of it."""
    numbers, batch = TransactionManager(), SimpleNamespace(topic_partition=("articles", 0))
    for refusal in refused_records.REFUSALS:
        assert numbers.classify_batch_error(refusal(), batch) == TransactionManager.ERROR_CLASS_FATAL  # the defect
    handled = code(Sender._dispatch_error)
    assert "if self._can_split(batch, error_cls)" in handled
    assert (
        "self._transaction_manager.classify_batch_error(exception, batch, log_start_offset=log_start_offset)" in handled
    )
    for outcome in ("NEEDS_EPOCH_BUMP", "NEEDS_PRODUCER_ID_RESET", "FATAL", "ABORTABLE"):  # and nothing for RETRIABLE
        assert f"classification == TransactionManager.ERROR_CLASS_{outcome}" in handled
    assert "ERROR_CLASS_RETRIABLE" not in handled
    # The refused batch is the only one of its partition on its way, so its numbers are the last ones.
    assert "if self.config['enable_idempotence'] or" in code(KafkaProducer.__init__)
    assert "self._accumulator.muted.add(batch.topic_partition)" in code(Sender._send_producer_data)
    assert "self._transaction_manager.set_sequence_number(tp, base_sequence)" in code(
        RecordAccumulator.split_and_reenqueue
    )


@assumes("kafka.serializer.abstract.Serializer.serialize")
def test_a_producer_takes_a_serializer_for_keys() -> None:
    assert list(inspect.signature(Serializer.serialize).parameters) == ["self", "topic", "headers", "data"]
    assert issubclass(clients._Keys, Serializer)


@assumes("kafka.future.Future.is_done", "kafka.future.Future.failed", "kafka.future.Future.exception")
def test_a_future_says_why_it_failed() -> None:
    future, error = Future(), KafkaConnectionError("gone")
    assert (future.is_done, future.failed()) == (False, False)
    future.failure(error)
    assert (future.is_done, future.failed(), future.exception) == (True, True, error)


@assumes("kafka.net.manager", "kafka.net.connection", "kafka.cluster", "kafka.coordinator.consumer")
def test_the_lines_that_are_summarised_are_those_that_are_logged() -> None:
    """The log is read by its wording: each line that streams.kafka.client_log knows is in the library's source."""
    manager_says, connection_says = inspect.getsource(manager), inspect.getsource(connection)
    assert "log.warning('Bootstrap connection to %s failed: %s (backoff %.2f secs)'" in manager_says
    assert "f'Bootstrap attempt to {bootstrap_broker.node_id} failed: {exc} (backoff " in manager_says
    assert "log.error('Connection failed: %s', exc)" in manager_says
    assert "log.error('%s: Connection lost: %s', self, exc)" in connection_says
    assert "log.info('Initializing connection for node_id %s at %s:%s (rack=%s)'" in manager_says
    assert "f'<KafkaConnection node_id={self.node_id}{host_port} broker_version=" in connection_says
    cluster_says = inspect.getsource(inspect.getmodule(ClusterMetadata))
    assert 'log.info("Updated metadata: %s", self)' in cluster_says
    assert 'log.error("Topic %s not found in cluster metadata", topic)' in cluster_says
    assert "Offset commit failed" in inspect.getsource(coordinator)
    for module in (manager, connection, coordinator):
        assert module.log.name == module.__name__
        assert module.log.name.startswith(client_log._TOLD_OTHERWISE)
    assert logging.getLogger("kafka.cluster") is inspect.getmodule(ClusterMetadata).log  # type: ignore[union-attr]


def test_an_error_of_a_log_handler_ends_the_attempts_to_connect() -> None:
    """How streams.kafka.clients stops where every broker says no for good: nothing else gets in between."""
    said: list[str] = []

    def refused(broker: str, reason: str) -> None:
        said.append(reason)
        raise ConnectionRefusedError(reason)

    with client_log.attempts(refused), pytest.raises(ConnectionRefusedError):
        KafkaConsumer(bootstrap_servers="127.0.0.1:1", bootstrap_timeout_ms=20_000)
    assert said


@assumes("kafka.net.sasl.oauth.AbstractTokenProvider.token")
def test_kafka_python_asks_the_provider_for_a_token() -> None:
    def refuse() -> tuple[str, float | None]:
        raise TokenError("no token")

    provider = clients.Tokens(TokenSource(lambda: ("abc", 60)))
    asked = SaslMechanismOAuth(sasl_oauth_token_provider=provider)
    assert asked.auth_bytes() == b"n,,\x01auth=Bearer abc\x01\x01"
    with pytest.raises(KafkaConnectionError, match="no token"):
        SaslMechanismOAuth(sasl_oauth_token_provider=clients.Tokens(TokenSource(refuse))).auth_bytes()
