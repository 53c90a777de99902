"""``newswatch settings``: the settings in force, and where each comes from."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Column, Table

from streams.cli.console import out, print_json
from streams.cli.options import Brokers, Config, Json, Rules, Set, loaded_from
from streams.settings.report import in_force, shown

app = typer.Typer()

EPILOG = """Examples:

newswatch settings

newswatch settings --config newswatch.yaml --set partitions=12 --json"""


@app.command(epilog=EPILOG)
def settings(
    brokers: Brokers = None,
    rules: Rules = None,
    metrics_port: Annotated[int | None, typer.Option(help="As for `newswatch worker`.")] = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Print each setting, its value in force and the source of the value: flag, variable, file:line, or default.

    Secrets are masked.
    """
    found = in_force(loaded_from(config, set_, brokers=brokers, rules=rules, metrics_port=metrics_port))
    if json:
        for one in found:
            print_json(one)
        return
    table = Table("setting", Column("value", overflow="fold"), Column("source", overflow="fold"), "default")
    for one in found:
        given = one.source != "default"
        table.add_row(one.setting, shown(one.value), one.source, shown(one.default), style="bold" if given else None)
    out.print(table)
