"""``newswatch sources``: check and list a file of sources, and see what a source would bring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from detectors.reading.durations import format_duration
from streams.cli.console import err, out, print_json
from streams.cli.options import Json, Set, settings_from
from streams.cli.plural import plural

if TYPE_CHECKING:
    from streams.sources.listed.poll import Polled
    from streams.sources.listed.source import Source
    from streams.sources.rss.readers import Readers

app = typer.Typer(name="sources", help="Check and list sources, and see what they would bring.", no_args_is_help=True)

#: Where the file of sources is, unless an option says otherwise.
DEFAULT = Path("sources.yaml")
File = Annotated[Path, typer.Argument(metavar="[FILE]", help="File of sources, YAML or OPML.")]
SourcesFile = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="File of sources, YAML or OPML.")
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", metavar="FILE", envvar="NEWSWATCH_CONFIG", help="Read settings from a YAML file."),
]


@app.command(epilog="Example:  newswatch sources check sources.yaml")
def check(file: File = DEFAULT) -> None:
    """Check a file of sources. Exit status 2 if it has problems; each is named with file, line and field."""
    from streams.sources.listed.sources_file import read_sources

    err.print(f"{file}: {plural(len(read_sources(file)), 'source')}")


@app.command("list", epilog="Example:  newswatch sources list sources.yaml")
def list_(file: File = DEFAULT, json: Json = False) -> None:
    """List the sources of a file, those of its OPML files, too."""
    from streams.sources.listed.sources_file import read_sources

    table = Table("name", "address", "outlet", "home", "language", "every", box=None)
    for one in read_sources(file):
        if json:
            print_json(_shown(one))
        else:
            every = format_duration(one.interval)
            table.add_row(one.name, one.shown, one.outlet or "", one.home or "", one.language or "", every)
    if not json:
        out.print(table)


@app.command("try", epilog="Example:  newswatch sources try https://news.example/world.rss --json")
def try_(
    urls: Annotated[
        list[str], typer.Argument(metavar="URL...", help="Addresses, names of sources in the file, or files of feeds.")
    ],
    config: SourcesFile = None,
    json: Json = False,
    settings: SettingsFile = None,
    set_: Set = None,
) -> None:
    """Show what sources would bring now: a table, or with --json the article records, a line each. Needs no broker.

    Exit status 2 if one of them cannot be read.
    """
    from streams.sources.rss.readers import Readers

    private = settings_from(settings, set_).feeds_at_private_addresses
    failed = False
    with Readers() as readers:
        for given, polled in _polled(urls, config, readers, private=private):
            for why in polled.left_out:
                err.print(f"{given}: {why}", style="yellow")
            if polled.problem is not None:
                failed = True
                err.print(f"{given}: {polled.problem}", style="red")
            elif json:
                for article in polled.articles:
                    print_json(article)
            else:
                _show(given, polled)
    if failed:
        raise typer.Exit(2)


def _polled(urls: list[str], config: Path | None, readers: Readers, *, private: bool) -> Iterator[tuple[str, Polled]]:
    from streams.sources.listed.poll import poll, read_file
    from streams.sources.listed.source import Source
    from streams.sources.listed.sources_file import read_sources

    file = config or (DEFAULT if DEFAULT.exists() else None)
    known = {source.name: source for source in read_sources(file)} if file else {}
    known |= {source.url: source for source in known.values()}
    for url in urls:
        if url not in known and "://" not in url and Path(url).is_file():
            yield url, read_file(Path(url), readers)
        else:
            source = known.get(url) or Source(name=url, url=url)
            yield source.shown, poll(source, readers, private=private)


def _show(given: str, polled: Polled) -> None:
    table = Table("published", "source", "language", "words", "title", box=None)
    for article in polled.articles:
        words = str(len(article.text.split()))
        title = article.title or article.text[:80]
        table.add_row(article.published_at or "", article.source or "", article.language or "", words, title)
    if polled.articles:
        out.print(table)
    err.print(f"{given}: {plural(len(polled.articles), 'article')}")


def _shown(source: Source) -> dict[str, object]:
    """A source without its secrets."""
    return {
        "name": source.name,
        "url": source.shown,
        "outlet": source.outlet,
        "home": source.home,
        "language": source.language,
        "interval": format_duration(source.interval),
        "headers": sorted(source.headers),
    }
