"""``newswatch extract``: show the findings in articles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from detectors.model.article import EnrichedArticle, Event
from detectors.user_error import UserError
from streams.cli.console import err, out, print_bad_line, print_json
from streams.cli.errors import writing
from streams.cli.file_options import FILES, FileOptions
from streams.cli.options import Config, Json, Set, settings_from
from streams.cli.plural import not_articles, plural
from streams.cli.spread import spread
from streams.records.dead_letter import DeadLetter
from streams.sources.files import read_lines

app = typer.Typer()

EPILOG = """Examples:

newswatch extract article.txt

newswatch extract articles.jsonl --json | head -1

newswatch extract article.txt --html found.html"""


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def extract(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help=FILES),
    ],
    json: Json = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="PATH", help="Write an HTML page with the findings highlighted, or a folder of pages."
        ),
    ] = None,
    reading: FileOptions = _DEFAULT,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Print the officials, countries, themes and events of articles, with their offsets."""
    from streams.pipeline.enrich import enrich_lines, make_extractor

    settings = settings_from(config, set_)
    extractor = make_extractor(settings)
    shown: list[EnrichedArticle] = []
    bad = 0
    for article in enrich_lines(extractor, read_lines(files, reading.reading()), datetime.now(UTC)):
        if isinstance(article, DeadLetter):
            bad += 1
            print_bad_line(article)
        elif html is not None:
            shown.append(article)
        elif json:
            print_json(article)
        else:
            out.print(_table(article))
    if html is not None:
        from streams.pages.highlight import write_pages

        if not shown:
            raise UserError(f"--html {html}: no article to show")
        with writing("--html", html):
            place = write_pages(shown, html)
        err.print(f"{place}: {plural(len(shown), 'article')}", soft_wrap=True)
    if bad:
        err.print(not_articles(bad), style="red")
        raise typer.Exit(2)


def _table(article: EnrichedArticle) -> Table:
    table = Table(title=article.title or article.id, title_justify="left", show_header=False, expand=out.is_terminal)
    table.add_column(style="bold", width=12)
    table.add_column()
    for country in article.countries:
        table.add_row("country", f"{country.alpha3}  {country.salience}  {_mentions(m.text for m in country.mentions)}")
    for official in article.officials:
        office = " ".join(
            part for part in (official.role, official.country, "(former)" if official.former else None) if part
        )
        table.add_row("official", f"{official.name}  [{official.role_class}] {office}")
    for organisation in article.organisations:
        table.add_row("organisation", organisation.name)
    for theme in article.themes:
        table.add_row("theme", f"{theme.theme} {theme.score:.2f}  {_mentions(span.text for span in theme.evidence)}")
    for event in article.events:
        table.add_row("event", _told(event))
    return table


def _told(event: Event) -> str:
    """Who did what to whom: "visit  happened  Sergei Lavrov -> KAZ  in KAZ  (visited)"."""
    who, whom = (
        ", ".join(party.name or party.country or "" for party in parties) for parties in (event.actors, event.targets)
    )
    parties = " -> ".join(part for part in (who, whom) if part)
    parts = (
        event.type,
        event.status,
        "background" if event.background else "",
        parties,
        f"in {event.place}" if event.place else "",
        f"({event.trigger.text})" if event.trigger is not None else "",
    )
    return "  ".join(part for part in parts if part)


def _mentions(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
