"""``newswatch rules backtest``: run rules over an archive and compare the number of alerts with what was expected."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from streams.cli.chosen_rules import chosen_rules
from streams.cli.console import err, out, print_bad_line, print_json
from streams.cli.errors import writing
from streams.cli.file_options import FILES, FileOptions
from streams.cli.options import Config, Json, RulePaths, Set, settings_from, time_from
from streams.cli.plural import not_articles, plural
from streams.cli.spread import spread

if TYPE_CHECKING:
    from collections import Counter

    from detectors.authoring.backtest import Backtest

app = typer.Typer()

EPILOG = """Examples:

newswatch rules backtest archive.jsonl --rules my-rules --expect expectations.yaml --junit results.xml

newswatch rules backtest archive.jsonl --rules new-rules --against deploy/rules

A file of expectations:  expectations: [{rule: coup, at_least: 1, at_most: 5}, {rule: no-news, exactly: 0}]

Exit status: 0 all is as expected; 1 an expectation is not met; 2 the rules or a file are invalid."""


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def backtest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    rules: RulePaths = None,
    expect: Annotated[
        Path | None, typer.Option("--expect", metavar="FILE", help="How many alerts each rule is to give (YAML).")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option("--against", metavar="PATH", help="Rules to compare with: their numbers go in brackets."),
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML.")] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Continue the simulated clock to TIME (RFC 3339), so that waiting rules can fire."
        ),
    ] = None,
    json: Json = False,
    reading: FileOptions = _DEFAULT,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Count the alerts over an archive by week and rule; exit status 1 if an expectation is not met."""
    from detectors.authoring.backtest import Backtest, read_expectations
    from detectors.authoring.backtest import junit as as_junit
    from streams.pipeline.enrich import enrich_timed, in_order, make_extractor
    from streams.records.dead_letter import DeadLetter
    from streams.sources.files import read_lines

    settings = settings_from(config, set_)
    horizon = time_from("--until", until)
    expectations = read_expectations(expect) if expect is not None else ()
    run = Backtest(chosen_rules(rules, settings))
    other = Backtest(chosen_rules(against, settings)) if against else None
    runs = [run, other] if other is not None else [run]
    bad = 0
    lines = in_order(read_lines(files, reading.reading()), datetime.now(UTC))
    for article in enrich_timed(make_extractor(settings), lines):
        if isinstance(article, DeadLetter):
            bad += 1
            print_bad_line(article)
            continue
        for one in runs:
            one.feed(article)
    if horizon is not None:
        for one in runs:
            one.until(horizon)
    if bad:
        err.print(not_articles(bad), style="red")
    results = list(run.results(expectations))
    _show(run, other, json)
    for result in results:
        if json:
            print_json(result)
        elif result.problem:
            err.print(f"{result.rule}: {result.problem}", style="red", soft_wrap=True)
    failed = sum(bool(result.problem) for result in results)
    if results and not json:
        out.print(f"{plural(len(results), 'expectation')}, {failed} not met")
    if junit is not None:
        with writing("--junit", junit):
            junit.write_bytes(as_junit(results))
    if failed:
        raise typer.Exit(1)


def _show(run: Backtest, other: Backtest | None, json: bool) -> None:
    """Print a row for each rule that gave alerts, a column for each week."""
    new, old = run.by_week(), other.by_week() if other is not None else {}
    weeks = sorted({week for rows in (new, old) for row in rows.values() for week in row})
    table = Table("rule", *(f"{week:%Y-%m-%d}" for week in weeks), "all", title="alerts by week", title_justify="left")
    for name in sorted(new | old):
        mine, others = new.get(name), old.get(name) if other is not None else None
        if json:
            row: dict[str, object] = {"rule": name, "weeks": _weeks(mine, weeks)}
            if other is not None:
                row["against"] = _weeks(others, weeks)
            print_json(row)
            continue
        cells = [_cell(mine, others, week, other is not None) for week in (*weeks, None)]
        table.add_row(name, *cells)
    if not json:
        if new or old:
            out.print(table)
        else:
            out.print("no alerts")


def _weeks(row: Counter[date] | None, weeks: list[date]) -> dict[str, int]:
    return {f"{week:%Y-%m-%d}": 0 if row is None else row[week] for week in weeks}


def _cell(mine: Counter[date] | None, others: Counter[date] | None, week: date | None, compared: bool) -> Text:
    new, old = (0 if row is None else row.total() if week is None else row[week] for row in (mine, others))
    if not compared:
        return Text(str(new or ""))
    return Text(f"{new} ({old})" if new or old else "", style="" if new == old else "yellow")
