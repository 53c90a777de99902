"""``newswatch collect``: poll sources for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import Brokers, Set, settings_from
from streams.cli.sources import DEFAULT, SettingsFile

app = typer.Typer()

EPILOG = """Examples:

newswatch collect --config sources.yaml --brokers kafka:9092

newswatch collect --config sources.yaml --http 0.0.0.0:8080 --token-file token"""


@app.command(epilog=EPILOG)
def collect(
    config: Annotated[
        Path, typer.Option("--config", "-c", metavar="FILE", help="File of sources, YAML or OPML.")
    ] = DEFAULT,
    brokers: Brokers = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(help="Port of /metrics, /livez and /readyz on 127.0.0.1. Default: 9464, or the next free one."),
    ] = None,
    http: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Take articles at http://HOST:PORT/articles, too.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the token that senders must show (Bearer).")
    ] = None,
    settings: SettingsFile = None,
    set_: Set = None,
) -> None:
    """Poll the sources of a file and send what is new to `articles`, until Ctrl-C or SIGTERM.

    Start more to share the sources. What was sent is kept in Kafka, so that a restart neither loses nor repeats.
    """
    from streams.collector.door import Door
    from streams.collector.run import run_collector
    from streams.sources.listed.sources_file import read_sources
    from streams.worker.signals import exit_status, terminate_as_interrupt

    host, colon, port = (http or "").rpartition(":")
    if http is not None and not (colon and host and port.isdecimal() and len(port) < 6):
        raise typer.BadParameter(f"--http {http}: expected HOST:PORT, such as 127.0.0.1:8080")
    door = Door(host.strip("[]"), int(port), token_file) if http is not None else None
    sources = read_sources(config)
    loaded = settings_from(settings, set_, brokers=brokers, metrics_port=metrics_port)
    terminate_as_interrupt()
    try:
        run_collector(loaded, sources, door)
    except KeyboardInterrupt as asked:
        raise typer.Exit(exit_status(asked)) from None
