"""``newswatch rules``: check, test and explain watch rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.console import err, out, print_json
from streams.cli.options import Json, Rules

app = typer.Typer(name="rules", help="Check, test and explain watch rules.", no_args_is_help=True)


@app.command(epilog="Example:  newswatch rules check deploy/rules")
def check(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of rules; default as --rules.")] = None,
    rules: Rules = None,
    json: Json = False,
) -> None:
    """Validate a rule set; exit status 1 when a rule is wrong."""
    from detectors.ruleset import RuleSetError, load_rules
    from streams.rules_folder import find_rules

    place = find_rules(folder or rules)
    try:
        found = load_rules(place)
    except RuleSetError as error:
        for problem in error.problems:
            if json:
                print_json(problem)
            else:
                err.print(str(problem), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    for warning in found.warnings:
        if json:
            print_json(warning)
        else:
            err.print(str(warning), style="yellow", markup=False, soft_wrap=True)
    if not json:
        out.print(f"{place}: {len(found.rules)} rules, version {found.version}", markup=False)
