"""``newswatch scan``: run the rules over files, without a broker."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.padding import Padding
from rich.progress import Progress

from streams.cli.chosen_rules import chosen_rules
from streams.cli.console import err, out, print_bad_line, print_json
from streams.cli.file_options import FILES, FileOptions
from streams.cli.options import Config, Json, RulePaths, Set, settings_from, time_from
from streams.cli.plural import not_articles, plural
from streams.cli.spread import spread

if TYPE_CHECKING:
    from detectors.engine.firing import Firing
    from detectors.model.alert import Alert
    from detectors.model.article import EnrichedArticle

app = typer.Typer()
Format = Literal["blocks", "table", "csv", "json"]

EPILOG = """Examples:

newswatch scan articles.jsonl --rules deploy/rules

newswatch scan articles.jsonl --rules my-rules/coups.yaml --format table

newswatch scan march.jsonl --until 2025-04-01T00:00:00Z | jq -r '.rule' | sort | uniq -c"""
REMEMBERED = 1000
"""How many articles to keep for the sentences of later alerts."""


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def scan(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    rules: RulePaths = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Continue the simulated clock to TIME (RFC 3339), so that waiting rules can fire."
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="Print blocks for people (default on a terminal), a table, CSV, or JSON lines (default elsewhere).",
        ),
    ] = None,
    json: Json = False,
    reading: FileOptions = _DEFAULT,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Backtest: print the alerts that the stream would send for these articles."""
    from detectors.engine.matching import Engine
    from detectors.engine.scan import Scan
    from streams.pipeline.enrich import enrich_timed, in_order, make_extractor
    from streams.records.dead_letter import DeadLetter
    from streams.sources.files import count_lines, read_lines

    settings = settings_from(config, set_)
    horizon = time_from("--until", until)
    total = count_lines(files)
    how = reading.reading()
    running = Scan(Engine(chosen_rules(rules, settings)))
    output = Output("json" if json else format_ or ("blocks" if out.is_terminal else "json"))
    bad = 0
    with Progress(console=err, transient=True, disable=out.is_terminal) as progress:
        task = progress.add_task("articles", total=total)
        lines = in_order(read_lines(files, how), datetime.now(UTC))
        for article in enrich_timed(make_extractor(settings), lines):
            progress.advance(task)
            if isinstance(article, DeadLetter):
                bad += 1
                print_bad_line(article)
                continue
            output.read(article)
            output.show(running.feed(article))
    if horizon is not None:
        output.show(running.until(horizon))
    output.close()
    if bad:
        err.print(not_articles(bad), style="red")
    for id_ in running.refused:
        err.print(f"{id_}: too_much_work: left out, for matching it exceeds the budget of work", style="red")
    if running.bounded:
        err.print(
            f"rules reached limits {plural(running.bounded, 'time')}: another run may give other alerts", style="yellow"
        )
    if how.undated:
        err.print(
            f"{plural(how.undated, 'article has no date', 'articles have no date')}: each took the time of the article "
            "before it in its file, or 2020-01-01; the stream takes the arrival (--date-from name, mtime)",
            style="yellow",
        )
    if running.late:
        err.print(
            f"{plural(running.late, 'observation')} came too late for a rule with state, and did not count",
            style="yellow",
        )
    if bad:
        raise typer.Exit(2)


class Output:
    """Prints alerts in the form asked for."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._articles: OrderedDict[str, EnrichedArticle] = OrderedDict()
        self._alerts: list[Alert] = []
        self._shown = 0
        if form == "csv":
            from streams.sinks.rows import csv_header

            typer.echo(csv_header())

    def read(self, article: EnrichedArticle) -> None:
        """Remember an article for the sentence that an alert shows."""
        if self._form == "blocks":
            self._articles[article.id] = article
            if len(self._articles) > REMEMBERED:
                self._articles.popitem(last=False)

    def show(self, firings: Iterable[Firing]) -> None:
        """Print the alerts that go to a topic."""
        for firing in firings:
            if firing.topics:
                self._shown += 1
                self._show(firing.alert)

    def _show(self, alert: Alert) -> None:
        if self._form == "json":
            print_json(alert)
        elif self._form == "table":
            self._alerts.append(alert)
        elif self._form == "csv":
            from streams.logs.escaping import escaped
            from streams.sinks.rows import csv_row

            typer.echo(escaped(csv_row(alert)))
        else:
            self._block(alert)

    def _block(self, alert: Alert) -> None:
        from streams.demo.evidence import evidence_sentence
        from streams.sinks.terminal import alert_block, quotation

        out.print(alert_block(alert))
        newest = alert.evidence[-1] if alert.evidence else None
        article = self._articles.get(newest.article_id) if newest is not None else None
        sentence = evidence_sentence(article, newest.spans) if article is not None and newest is not None else None
        if sentence:
            out.print(Padding(quotation(sentence), (0, 0, 0, 2), expand=False))
        out.print()

    def close(self) -> None:
        """Print what had to wait for the last alert."""
        if self._form == "table":
            from streams.sinks.rows import table_of

            out.print(table_of(self._alerts))
        if self._form != "json" and not self._shown:
            err.print("no alerts")
