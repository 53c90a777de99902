"""``newswatch ingest``: send articles to the topic."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.console import err, print_json
from streams.cli.options import Brokers, Config, Json, Set, settings_from

app = typer.Typer()


EPILOG = """Examples:

newswatch ingest articles.jsonl --brokers localhost:9092

newswatch ingest --rss https://news.example/world.rss

zcat archive.jsonl.gz | newswatch ingest -"""


@app.command(epilog=EPILOG)
def ingest(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", help="Articles: JSON lines, or .txt with one article each; - is standard input."
        ),
    ] = None,
    rss: Annotated[
        list[str] | None, typer.Option("--rss", metavar="URL", help="An RSS or Atom feed. May be repeated.")
    ] = None,
    brokers: Brokers = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Send articles to the topic `articles`, keyed by article id, stamped with their arrival."""
    from streams.ingest import feed
    from streams.sources.feeds import read_feed
    from streams.sources.files import count_lines, read_lines

    if not files and not rss:
        raise typer.BadParameter("expected files of articles, or --rss URL")
    settings = settings_from(config, set_, brokers=brokers)
    total = count_lines(files or ()) if not rss else None
    records = chain((line.value for line in read_lines(files or ())), *(read_feed(url) for url in rss or ()))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=False) as progress:
        task = progress.add_task("articles", total=total)
        sent = feed(settings, records, lambda: progress.advance(task))
    if json:
        print_json({"sent": sent, "topic": settings.topic("articles")})
    else:
        err.print(f"{sent} articles sent to {settings.topic('articles')}")
