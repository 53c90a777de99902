"""``newswatch demo``: the whole pipeline with nothing else installed."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.table import Table

from streams.cli.console import err, out, print_json
from streams.cli.options import Json, Rules
from streams.cli.plural import plural

if TYPE_CHECKING:
    from streams.demo.demo import Summary
    from streams.sources.files import Line

app = typer.Typer()

EPILOG = """Examples:

newswatch demo

newswatch demo --articles articles.jsonl --exit-when-idle --json"""

#: Seconds between two of the sample articles.
READABLE_PAUSE = 0.5


@app.command(epilog=EPILOG)
def demo(
    articles: Annotated[
        list[Path] | None,
        typer.Option(
            "--articles", metavar="FILE", help="Use your own articles, in any form that `ingest` reads. Repeatable."
        ),
    ] = None,
    rules: Rules = None,
    exit_when_idle: Annotated[
        bool,
        typer.Option(
            "--exit-when-idle",
            help="Exit when all input is processed and committed; do not advance event time after it.",
        ),
    ] = False,
    json: Json = False,
    pause: Annotated[
        float | None,
        typer.Option(min=0, help="Seconds between two articles. Default: 0.5 for the samples, 0 for your own."),
    ] = None,
    metrics_port: Annotated[
        int,
        typer.Option(min=1, max=65535, help="Port of the worker's metrics; if it is in use, another is picked."),
    ] = 9464,
) -> None:
    """Run an embedded broker and a worker, feed them sample articles, and print alerts as they fire. Keeps no data."""
    from streams.demo.demo import Demo, Shown, run
    from streams.shipped import SAMPLES
    from streams.sinks.terminal import alert_block, quotation
    from streams.sources.files import count_lines, read_lines

    files = articles or [SAMPLES]
    count = count_lines(files)  # report a missing file before starting anything
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))

    def show(shown: Shown) -> None:
        if json:
            print_json(shown.alert)
            return
        out.print(alert_block(shown.alert))
        if shown.sentence:
            out.print(Padding(quotation(shown.sentence), (0, 0, 0, 2), expand=False))
        out.print()

    def say_idle() -> None:
        _print_summary(running.summary())
        if not exit_when_idle:
            err.print("All articles are processed. Press Ctrl-C to stop.")

    err.print("starting the embedded broker and a worker (for experiments only: the broker keeps no data)")
    running = Demo(rules=rules, metrics_port=metrics_port, advance_when_silent=not exit_when_idle)
    try:
        with running:
            err.print(f"metrics: http://127.0.0.1:{running.metrics_port}/metrics")
            fed = "your articles" if count is None else plural(count, "article")
            err.print(f"sending {fed}; alerts follow\n")
            running.feed(
                (line.value for line in read_lines(files) if _told(line)),
                READABLE_PAUSE if pause is None and not articles else pause or 0.0,
            )
            try:
                run(running, show, exit_when_idle=exit_when_idle, on_idle=say_idle)
            except KeyboardInterrupt:
                err.print()
                _print_summary(running.summary())
                err.print("stopping")
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _told(line: Line) -> bool:
    """Whether there is a record to send, be it for the dead letters; else says why not."""
    if not line.value:
        err.print(f"{line.file}:{line.number}: {line.refused}", style="red")
    return bool(line.value)


def _print_summary(summary: Summary) -> None:
    table = Table("", "", show_header=False, title="summary", title_justify="left")
    table.add_row("articles in", str(summary.articles))
    table.add_row("dead letters", str(summary.dead_letters))
    for rule, number in summary.alerts.items():
        table.add_row(f"alerts of {rule}", str(number))
    table.add_row("articles/s", f"{summary.articles_per_second:.1f}")
    if summary.median_seconds is not None:
        table.add_row("article to alert, median", f"{summary.median_seconds * 1000:.0f} ms")
    if summary.p99_seconds is not None:
        table.add_row("article to alert, p99", f"{summary.p99_seconds * 1000:.0f} ms")
    err.print(table)
