"""The ``newswatch`` command, put together from one module a command. No logic of its own."""

from __future__ import annotations

import logging
import sys
from typing import Annotated, Literal

import typer

from streams.cli import broker, dead, demo, eval, extract, ingest, officials, rules, scan, subscribe, topics, worker  # noqa: A004
from streams.kafka.client_log import summarise

app = typer.Typer(
    name="newswatch",
    help="Watch the world's political news as a stream. Start with: newswatch demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (demo, worker, ingest, subscribe, scan, extract, rules, eval, officials, topics, dead, broker):
    app.add_typer(module.app)

LogLevel = Literal["debug", "info", "warning", "error"]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("newswatch"))
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="Set the log level; logs go to standard error.")
    ] = "warning",
) -> None:
    del version
    logging.basicConfig(
        level=log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if context.obj is not None:
        context.obj()


def main() -> None:
    """Run the command; print errors that a user can fix without a traceback, exit status 2."""
    from streams.cli.errors import friendly_errors

    with friendly_errors():
        app(
            obj=summarise
        )  # called once the level is known; a program that calls commands in its own process keeps its logging
