"""The ``newswatch`` command, put together from one module a command. No logic of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli import (
    broker,
    collect,
    dead,
    demo,
    eval,  # noqa: A004
    extract,
    ingest,
    officials,
    rules,
    scan,
    settings,
    sources,
    subscribe,
    topics,
    worker,
)
from streams.cli.log_options import Format, Level, with_log_options
from streams.cli.usage_errors import Commands
from streams.kafka.client_log import summarise
from streams.logs.setup import LogFormat, LogLevel, configure

app = typer.Typer(
    name="newswatch",
    cls=Commands,
    help="Watch the world's political news as a stream. Start with: newswatch demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS = (
    *(demo, worker, ingest, collect, sources, subscribe, scan, extract),
    *(rules, eval, officials, topics, dead, broker, settings),
)
for module in _COMMANDS:
    app.add_typer(module.app)
with_log_options(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("newswatch"))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    log_level: Level = None,
    log_format: Format = None,
) -> None:
    del version, log_level, log_format  # each command reads them: streams.cli.log_options


def main() -> None:
    """Run the command; print errors that a user can fix without a traceback, exit status 2."""
    from streams.cli.errors import friendly_errors

    with friendly_errors():
        app(obj=start_logging)  # a program that calls commands in its own process keeps its logging


def start_logging(level: LogLevel, form: LogFormat) -> None:
    """Log in this process from now on, with a summary of what the Kafka client says."""
    configure(level, form)
    summarise()
