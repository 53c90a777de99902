"""``newswatch scan``: run the rules over files, without a broker."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from streams.cli.console import err, print_bad_line, print_json
from streams.cli.file_options import FILES, FileOptions
from streams.cli.options import Config, Rules, Set, settings_from, time_from
from streams.cli.plural import not_articles, plural
from streams.cli.spread import spread

if TYPE_CHECKING:
    from detectors.engine.firing import Firing

app = typer.Typer()

EPILOG = """Examples:

newswatch scan articles.jsonl --rules deploy/rules

newswatch scan march.jsonl --until 2025-04-01T00:00:00Z | jq -r '.rule' | sort | uniq -c"""


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def scan(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    rules: Rules = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Continue the simulated clock to TIME (RFC 3339), so that waiting rules can fire."
        ),
    ] = None,
    reading: FileOptions = _DEFAULT,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Backtest: print the alerts that the stream would send for these articles, as JSON lines."""
    from detectors.engine.matching import Engine
    from detectors.engine.scan import Scan
    from streams.hot_reload.folder import RulesFolder, find_rules, vocabulary_of
    from streams.pipeline.enrich import enrich_timed, in_order, make_extractor
    from streams.records.dead_letter import DeadLetter
    from streams.sources.files import count_lines, read_lines

    settings = settings_from(config, set_, rules=rules)
    horizon = time_from("--until", until)
    total = count_lines(files)
    how = reading.reading()
    running = Scan(Engine(RulesFolder(find_rules(settings.rules), vocabulary_of(settings.taxonomy)).load()))
    bad = 0
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task("articles", total=total)
        lines = in_order(read_lines(files, how), datetime.now(UTC))
        for article in enrich_timed(make_extractor(settings), lines):
            progress.advance(task)
            if isinstance(article, DeadLetter):
                bad += 1
                print_bad_line(article)
                continue
            _print(running.feed(article))
    if horizon is not None:
        _print(running.until(horizon))
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


def _print(firings: Iterable[Firing]) -> None:
    for firing in firings:
        if firing.topics:
            print_json(firing.alert)
