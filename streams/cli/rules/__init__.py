"""``newswatch rules``: check, test, explain and compare watch rules, one module a command."""

from __future__ import annotations

import typer

from streams.cli.rules import check, diff, explain, schema, test

app = typer.Typer(name="rules", help="Check, test, explain and compare watch rules.", no_args_is_help=True)
for module in (check, test, explain, diff, schema):
    app.registered_commands += module.app.registered_commands
