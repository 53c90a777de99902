"""``newswatch broker``: a broker for trying out or development."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.console import err, out

app = typer.Typer()

EPILOG = """Examples:

newswatch broker

newswatch broker --kafka --brokers 3"""


@app.command(epilog=EPILOG)
def broker(
    kafka: Annotated[
        bool,
        typer.Option("--kafka/--embedded", help="Real Apache Kafka (needs Java and Maven), or the embedded broker."),
    ] = False,
    brokers: Annotated[int, typer.Option(min=1, max=3, help="Brokers of the Kafka cluster: 1 or 3.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 9092,
) -> None:
    """Run a broker on this machine until Ctrl-C. It keeps nothing: for trying out, never for production."""
    from streams.broker import Broker, EmbeddedBroker
    from streams.kafka_dev import KafkaCluster

    chosen: Broker = KafkaCluster(brokers=brokers, port=port) if kafka else EmbeddedBroker(port=port)
    with chosen:
        err.print(f"{'Apache Kafka' if kafka else 'embedded broker'} for trying out; nothing is kept. Ctrl-C ends it.")
        out.print(chosen.bootstrap_servers)
        try:
            chosen.wait()
        except KeyboardInterrupt:
            err.print("stopping")
