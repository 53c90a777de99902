"""``newswatch broker``: a broker for experiments and development."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from streams.cli.console import err, out
from streams.cli.options import Config, Rules, Set, settings_from

app = typer.Typer()

EPILOG = """Examples:

newswatch broker

newswatch broker --kafka --brokers 3

newswatch broker --kafka --secure scram --folder var/kafka, then in another shell:  . var/kafka/worker.env"""


@app.command(epilog=EPILOG)
def broker(
    kafka: Annotated[
        bool,
        typer.Option("--kafka/--embedded", help="Run Apache Kafka (needs Java and Maven), or the embedded broker."),
    ] = False,
    brokers: Annotated[int, typer.Option(min=1, max=3, help="Number of brokers in the Kafka cluster: 1 or 3.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")] = 9092,
    secure: Annotated[
        Literal["scram", "mtls"] | None,
        typer.Option(
            help="Secure Kafka with TLS, users who authenticate by password (scram) or certificate (mtls), a user for "
            "each role, topics and ACLs."
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="With --secure: folder for certificates, passwords and USER.env files.")
    ] = Path("var/kafka"),
    rules: Rules = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Run a broker on this machine until Ctrl-C. It loses its data when it stops: never use it in production."""
    from streams.brokers.closed_kafka import ClosedKafka
    from streams.brokers.embedded import Broker, EmbeddedBroker
    from streams.brokers.kafka_cluster import KafkaCluster
    from streams.hot_reload.folder import RulesFolder, find_rules

    chosen: Broker
    if secure is not None:
        if not kafka:
            raise typer.BadParameter("--secure needs --kafka")
        settings = settings_from(config, set_, rules=rules)
        named = RulesFolder(find_rules(settings.rules)).load().topics()
        protocol: Literal["SASL_SSL", "SSL"] = "SASL_SSL" if secure == "scram" else "SSL"
        chosen = ClosedKafka(folder, settings, named, protocol=protocol, brokers=brokers, port=port)
    else:
        chosen = KafkaCluster(brokers=brokers, port=port) if kafka else EmbeddedBroker(port=port)
    with chosen:
        err.print(f"{'Apache Kafka' if kafka else 'embedded broker'} running; it keeps no data. Press Ctrl-C to stop.")
        if secure is not None:
            err.print(f"Users: {folder}/USER.env for admin, producer, worker, subscriber, collector, operator, topics")
        out.print(chosen.bootstrap_servers)
        try:
            chosen.wait()
        except KeyboardInterrupt:
            err.print("stopping")
