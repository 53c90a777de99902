"""``newswatch ingest``: send articles to the topic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.console import err, print_json
from streams.cli.options import Brokers, Config, Json, Set, settings_from

app = typer.Typer()


@app.command(epilog="Example:  newswatch ingest articles.jsonl --brokers localhost:9092")
def ingest(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Articles: JSON lines, or .txt with one article each; - is standard input."
        ),
    ],
    brokers: Brokers = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Send articles to the topic `articles`, keyed by article id, stamped with their arrival."""
    from streams.ingest import feed
    from streams.sources.files import count_lines, read_lines

    settings = settings_from(config, set_, brokers=brokers)
    total = count_lines(files)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=False) as progress:
        task = progress.add_task("articles", total=total)
        sent = feed(settings, read_lines(files), lambda: progress.advance(task))
    if json:
        print_json({"sent": sent, "topic": settings.topic("articles")})
    else:
        err.print(f"{sent} articles sent to {settings.topic('articles')}")
