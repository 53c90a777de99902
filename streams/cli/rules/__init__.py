"""``newswatch rules``: write, check, test, explain and compare watch rules, one module a command."""

from __future__ import annotations

import typer

from streams.cli.rules import backtest, check, diff, explain, new, schema, test

app = typer.Typer(name="rules", help="Write, check, test, explain and compare watch rules.", no_args_is_help=True)
for module in (new, check, test, explain, diff, backtest, schema):
    app.registered_commands += module.app.registered_commands
