"""``newswatch ingest``: send articles to the topic."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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

newswatch ingest --rss https://news.example/world.rss --rss wire=https://feeds.example/today

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
        list[str] | None,
        typer.Option(
            "--rss",
            metavar="[NAME=]URL",
            help="Read an RSS or Atom feed, whose source is NAME, else the feed's site. Repeatable.",
        ),
    ] = None,
    brokers: Brokers = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Send articles to the topic `articles`, keyed by article id and stamped with their arrival."""
    from streams.sources.feed import Feed, feed
    from streams.sources.files import Line, count_lines, read_lines, without_articles
    from streams.sources.rss.feeds import UnreadableFeedError, read_feed

    if not files and not rss:
        raise typer.BadParameter("expected article files, or --rss URL")
    settings = settings_from(config, set_, brokers=brokers)
    terminate_as_interrupt()
    total = count_lines(files or ()) if not rss else None
    for said in without_articles(files or ()):
        _doubt(said)
    refused: list[str] = []

    def refuse(reason: str) -> None:
        refused.append(reason)
        err.print(reason, style="red")

    def entries() -> Iterator[Line]:
        for url in rss or ():
            try:
                found = read_feed(url, private=settings.feeds_at_private_addresses)
            except UnreadableFeedError as error:
                refuse(str(error))  # the other feeds go on
                continue
            for why in found.left_out:
                refuse(why)
            yield from (Line(url, number, record) for number, record in enumerate(found.records, start=1))

    connection = Feed(settings, refuse)
    asked: KeyboardInterrupt | None = None
    try:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with connection, Progress(*columns, console=err, transient=False) as progress:
            task = progress.add_task("articles", total=total)
            feed(connection, chain(read_lines(files or ()), entries()), lambda: progress.advance(task), refuse)
    except KeyboardInterrupt as interrupt:
        asked = interrupt
    finally:
        _tell(connection, settings.topic("articles"), len(refused), json=json)
    if asked is not None:
        raise typer.Exit(exit_status(asked))
    if refused:
        raise typer.Exit(2)


def _doubt(said: str) -> None:
    """Ask whether to send a file that seems to hold no articles; without a terminal, warn."""
    err.print(f"{said}; what is sent stays on the topic, and in dead letters, for days", style="yellow")
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        typer.confirm("send it anyway?", abort=True, err=True)


def _tell(connection: Feed, topic: str, refused: int, *, json: bool) -> None:
    """Print how many articles the brokers acknowledged, and which ones may be missing."""
    open_ = connection.unacknowledged
    if json:
        print_json({"sent": connection.acknowledged, "topic": topic, "refused": refused, "unacknowledged": len(open_)})
        return
    said = f"{plural(connection.acknowledged, 'article')} sent to {topic}"
    said += f"; {refused} refused, see above" if refused else ""
    said += f"; {len(open_)} more were not acknowledged, from {open_[0]} on: send them again" if open_ else ""
    err.print(said)
