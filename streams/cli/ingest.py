"""``newswatch ingest``: send articles to the topic."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.console import err, print_json
from streams.cli.options import Brokers, Config, Json, Set, settings_from
from streams.cli.plural import plural
from streams.worker.signals import exit_status, terminate_as_interrupt

if TYPE_CHECKING:
    from streams.sources.feed import Feed

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
        list[str] | None, typer.Option("--rss", metavar="URL", help="Read an RSS or Atom feed. Repeatable.")
    ] = None,
    brokers: Brokers = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Send articles to the topic `articles`, keyed by article id and stamped with their arrival."""
    from streams.sources.feed import Feed, feed
    from streams.sources.feeds import read_feed
    from streams.sources.files import Line, count_lines, read_lines

    if not files and not rss:
        raise typer.BadParameter("expected article files, or --rss URL")
    settings = settings_from(config, set_, brokers=brokers)
    terminate_as_interrupt()
    total = count_lines(files or ()) if not rss else None
    entries = (Line(url, number, entry) for url in rss or () for number, entry in enumerate(read_feed(url), start=1))
    refused: list[str] = []

    def refuse(reason: str) -> None:
        refused.append(reason)
        err.print(reason, style="red")

    connection = Feed(settings)
    asked: KeyboardInterrupt | None = None
    try:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with connection, Progress(*columns, console=err, transient=False) as progress:
            task = progress.add_task("articles", total=total)
            feed(connection, chain(read_lines(files or ()), entries), lambda: progress.advance(task), refuse)
    except KeyboardInterrupt as interrupt:
        asked = interrupt
    finally:
        _tell(connection, settings.topic("articles"), len(refused), json=json)
    if asked is not None:
        raise typer.Exit(exit_status(asked))
    if refused:
        raise typer.Exit(2)


def _tell(connection: Feed, topic: str, refused: int, *, json: bool) -> None:
    """Print how many articles the brokers acknowledged, and which ones may be missing."""
    open_ = connection.unacknowledged
    if json:
        print_json({"sent": connection.acknowledged, "topic": topic, "refused": refused, "unacknowledged": len(open_)})
        return
    said = f"{plural(connection.acknowledged, 'article')} sent to {topic}"
    said += f"; {refused} too large" if refused else ""
    said += f"; {len(open_)} more were not acknowledged, from {open_[0]} on: send them again" if open_ else ""
    err.print(said)
