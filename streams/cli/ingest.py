"""``newswatch ingest``: send articles to the topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.console import err, print_json, print_record
from streams.cli.file_options import FILES, FileOptions, by_reason
from streams.cli.options import Brokers, Config, Json, Set, settings_from, time_from
from streams.cli.plural import plural
from streams.cli.spread import spread
from streams.worker.signals import exit_status, terminate_as_interrupt

if TYPE_CHECKING:
    from streams.sources.feed import Feed
    from streams.sources.files import Line
    from streams.sources.reading import Reading

app = typer.Typer()


EPILOG = """Examples:

newswatch ingest articles.jsonl --brokers localhost:9092

newswatch ingest --rss https://news.example/world.rss --rss wire=https://feeds.example/today

zcat archive.jsonl.gz | newswatch ingest -"""


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def ingest(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help=FILES),
    ] = None,
    rss: Annotated[
        list[str] | None,
        typer.Option(
            "--rss",
            metavar="[NAME=]URL",
            help="Read an RSS or Atom feed, whose source is NAME, else the feed's site. Repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Leave out articles dated before TIME (RFC 3339).")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Leave out articles dated at or after TIME (RFC 3339).")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing: print the records as JSON lines. Needs no broker.")
    ] = False,
    reading: FileOptions = _DEFAULT,
    brokers: Brokers = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Send articles to the topic `articles`, keyed by article id and stamped with their arrival."""
    from streams.sources.feed import Feed, feed
    from streams.sources.files import Line, count_lines, read_lines
    from streams.sources.rss.feeds import UnreadableFeedError, read_feed

    if not files and not rss:
        raise typer.BadParameter("expected article files, or --rss URL")
    how = reading.reading(time_from("--since", since), time_from("--until", until))
    settings = settings_from(config, set_, brokers=brokers)
    terminate_as_interrupt()
    total = count_lines(files or ()) if not rss else None
    refused: list[str] = []
    counts = Counter[str]()

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

    def lines() -> Iterator[Line]:
        for line in chain(read_lines(files or (), how), entries()):
            counts["read"] += 1
            yield line

    if dry_run:
        _show(lines(), how, refuse)
        raise typer.Exit(2 if refused else 0)
    connection = Feed(settings, refuse)
    asked: KeyboardInterrupt | None = None
    try:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with connection, Progress(*columns, console=err, transient=False) as progress:
            task = progress.add_task("articles", total=total)
            feed(connection, lines(), lambda: progress.advance(task), refuse)
    except KeyboardInterrupt as interrupt:
        asked = interrupt
    finally:
        _tell(connection, settings.topic("articles"), len(refused), how, counts["read"] + how.left_out, json=json)
    if asked is not None:
        raise typer.Exit(exit_status(asked))
    if refused:
        raise typer.Exit(2)


def _show(lines: Iterable[Line], how: Reading, refuse: Callable[[str], None]) -> None:
    """Print what would be sent, and the totals."""
    shown = 0
    for line in lines:
        if line.refused is not None:
            refuse(f"{line.file}:{line.number}: {line.refused.reason}: {line.refused}")
        else:
            print_record(line.value)
            shown += 1
    err.print(f"{_read(how, shown + how.refused.total() + how.left_out)}{plural(shown, 'article')} would be sent")


def _read(how: Reading, read: int) -> str:
    """How many records were read, and what was met in them: the beginning of the totals."""
    met = [
        f"{how.left_out} outside of the times" if how.left_out else "",
        f"{how.unreadable_dates} with a date that cannot be read" if how.unreadable_dates else "",
        by_reason(how.refused),
    ]
    known = "; ".join(filter(None, met))
    return f"{plural(read, 'record')} read{f' ({known})' if known else ''}; "


def _tell(connection: Feed, topic: str, refused: int, how: Reading, read: int, *, json: bool) -> None:
    """Print how many articles the brokers acknowledged, and which ones may be missing."""
    open_ = connection.unacknowledged
    if json:
        counts = {
            "sent": connection.acknowledged - connection.others,
            "topic": topic,
            "refused": refused,
            "unacknowledged": len(open_),
        }
        met = {"refused_by_reason": dict(how.refused), "left_out": how.left_out}
        print_json({**counts, "read": read, **met, "unreadable_dates": how.unreadable_dates})
        return
    said = f"{_read(how, read)}{plural(connection.acknowledged - connection.others, 'article')} sent to {topic}"
    said += f"; {refused} refused, see above" if refused else ""
    said += f"; {len(open_)} more were not acknowledged, from {open_[0]} on: send them again" if open_ else ""
    err.print(said)
