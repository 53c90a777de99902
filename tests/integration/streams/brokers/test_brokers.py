"""Both local brokers support what the stream needs: topics, ordered records, groups with offsets."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError

from streams.brokers.embedded import Broker, EmbeddedBroker
from streams.brokers.kafka_cluster import KafkaCluster, tool
from streams.processes.server_process import ServerError


@pytest.fixture(params=["kafka", "embedded_broker"])
def broker(request: pytest.FixtureRequest) -> Broker:
    return request.getfixturevalue(request.param)


def _consumer(servers: str, topic: str, group: str) -> KafkaConsumer:
    return KafkaConsumer(
        topic,
        bootstrap_servers=servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=6000,
        heartbeat_interval_ms=1000,
        max_poll_interval_ms=6000,
        consumer_timeout_ms=60_000,
    )


def test_records_come_back_with_key_value_headers_and_order(broker: Broker, prefix: str) -> None:
    topic = f"{prefix}-articles"
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    admin.create_topics([NewTopic(topic, 3, 1)])
    admin.wait_for_topics([topic], 60_000)
    assert topic in admin.list_topics()
    admin.close()
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap_servers, acks="all")
    for number in range(60):
        producer.send(topic, key=b"k%d" % (number % 5), value=b"%d" % number, headers=[("ce_id", b"%d" % number)])
    producer.flush(60)
    producer.close()

    consumer = _consumer(broker.bootstrap_servers, topic, f"{prefix}-group")
    seen: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for record in consumer:
        assert record.headers == [("ce_id", record.value)]
        assert record.key == b"k%d" % (int(record.value) % 5)
        seen[record.partition].append(int(record.value))
        if sum(map(len, seen.values())) == 60:
            break
    consumer.commit()
    committed = {p: consumer.committed(p) for p in consumer.assignment()}
    consumer.close()
    assert sorted(number for numbers in seen.values() for number in numbers) == list(range(60))
    assert all(numbers == sorted(numbers) for numbers in seen.values())
    assert {p.partition: offset or 0 for p, offset in committed.items()} == {p: len(n) for p, n in seen.items()}


def test_a_new_member_of_the_group_continues_after_the_commit(broker: Broker, prefix: str) -> None:
    topic = f"{prefix}-t"
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    admin.create_topics([NewTopic(topic, 1, 1)])
    admin.wait_for_topics([topic], 60_000)
    admin.close()
    producer = KafkaProducer(bootstrap_servers=broker.bootstrap_servers, acks="all")
    for number in range(10):
        producer.send(topic, value=b"%d" % number).get(60)  # one by one, so that offsets do not depend on batches
    producer.close()
    first = _consumer(broker.bootstrap_servers, topic, f"{prefix}-g")
    values = []
    for record in first:
        values.append(record.value)
        if len(values) == 4:
            first.commit()
            break
    assert first.committed(next(iter(first.assignment()))) == 4
    first.close()
    second = _consumer(broker.bootstrap_servers, topic, f"{prefix}-g")
    assert next(iter(second)).value == b"4"
    second.close()


def test_apache_kafka_does_not_create_topics_by_itself(kafka: KafkaCluster, prefix: str) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, max_block_ms=1000)
    with pytest.raises(KafkaError):
        producer.send(f"{prefix}-misspelt", value=b"?").get(5)
    producer.close()
    assert f"{prefix}-misspelt" not in _topics(kafka.bootstrap_servers)


def _topics(servers: str) -> list[str]:
    admin = KafkaAdminClient(bootstrap_servers=servers)
    try:
        return list(admin.list_topics())
    finally:
        admin.close()


def test_kafka_s_own_tools_run(kafka: KafkaCluster, prefix: str) -> None:
    servers = kafka.bootstrap_servers
    tool(
        "org.apache.kafka.tools.TopicCommand",
        *("--bootstrap-server", servers, "--create", "--topic", prefix, "--partitions", "2"),
    )
    said = tool("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", servers, "--describe", "--topic", prefix)
    assert "PartitionCount: 2" in said.stdout


def test_a_killed_broker_restarts_with_its_records_at_the_same_address(kafka: KafkaCluster, prefix: str) -> None:
    del kafka  # only for its skip: this test kills a broker of its own
    with KafkaCluster() as cluster:
        servers = cluster.bootstrap_servers
        admin = KafkaAdminClient(bootstrap_servers=servers)
        admin.create_topics([NewTopic(prefix, 1, 1)])
        admin.wait_for_topics([prefix], 60_000)
        admin.close()
        producer = KafkaProducer(bootstrap_servers=servers, acks="all")
        producer.send(prefix, value=b"kept").get(60)
        producer.close()
        cluster.kill(1)
        assert not cluster.running(1)
        cluster.start(1)
        assert cluster.bootstrap_servers == servers
        consumer = _consumer(servers, prefix, f"{prefix}-g")
        assert next(iter(consumer)).value == b"kept"
        consumer.close()


def test_a_named_folder_keeps_topics_over_a_restart(kafka: KafkaCluster, prefix: str, tmp_path: Path) -> None:
    del kafka
    with KafkaCluster(folder=tmp_path) as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.create_topics([NewTopic(prefix, 1, 1)])
        admin.wait_for_topics([prefix], 60_000)
        admin.close()
    with KafkaCluster(folder=tmp_path) as cluster:
        assert prefix in _topics(cluster.bootstrap_servers)


@pytest.mark.slow
def test_three_brokers_keep_three_replicas_and_survive_the_loss_of_one(kafka: KafkaCluster, prefix: str) -> None:
    del kafka
    with KafkaCluster(3) as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap_servers)
        admin.create_topics([NewTopic(prefix, 1, -1)])
        admin.wait_for_topics([prefix], 60_000)
        deadline = time.monotonic() + 60
        while not (partitions := admin.describe_topics([prefix])[0]["partitions"]):  # another broker may not know yet
            assert time.monotonic() < deadline, "no broker knows the topic"
            time.sleep(0.2)
        [partition] = partitions
        assert len(partition["replica_nodes"]) == 3
        admin.close()
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, acks="all", delivery_timeout_ms=60_000)
        producer.send(prefix, value=b"before").get(60)
        cluster.kill(partition["leader_id"])
        producer.send(prefix, value=b"after").get(60)
        producer.close()
        consumer = _consumer(cluster.bootstrap_servers, prefix, f"{prefix}-g")
        records = iter(consumer)
        assert [next(records).value, next(records).value] == [b"before", b"after"]
        consumer.close()


def test_a_port_in_use_is_named(embedded_broker: EmbeddedBroker) -> None:
    port = int(embedded_broker.bootstrap_servers.rpartition(":")[2])
    with pytest.raises(ServerError, match=rf"port {port} on 127\.0\.0\.1 is in use"):
        EmbeddedBroker(port).start()


def test_the_broker_ends_when_its_parent_is_killed() -> None:
    code = (
        "import time; from streams.brokers.embedded import EmbeddedBroker\n"
        "broker = EmbeddedBroker(); broker.start(); print(broker.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        owner.kill()
    deadline = time.monotonic() + 5
    while _alive(pid):
        assert time.monotonic() < deadline, "the broker outlived its owner"
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
