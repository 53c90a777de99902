"""``newswatch rules check``: errors in a rule set, and warnings of probable mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Annotated

import msgspec
import typer

from detectors.reading.problems import Problem
from streams.cli.console import err, out, print_json
from streams.cli.options import Config, Json, Paths, RulePaths, Set, settings_from
from streams.cli.plural import plural

app = typer.Typer()

MOST_LINES = 5

EPILOG = """Examples:

newswatch rules check deploy/rules

newswatch rules check deploy/rules --strict --json | jq -r '.file + ": " + .message'

newswatch rules check my-rules/coups.yaml my-rules/lists.yaml

Exit status: 0 the rules are valid; 1 errors, or with --strict warnings; 2 a path does not exist, or there are no rules.
A single file may use the lists and macros of the other files in its folder."""


@app.command(epilog=EPILOG)
def check(
    paths: Paths = None,
    rules: RulePaths = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Validate a rule set: print errors, and warn of rules that can never fire, duplicates, unused lists and macros."""
    from detectors.loading.ruleset import RuleSetError
    from streams.hot_reload.folder import vocabulary_of
    from streams.hot_reload.rule_paths import rule_paths

    settings = settings_from(config, set_)
    place = rule_paths([*(paths or ()), *(rules or ())], settings.rules)
    try:
        found = place.load(vocabulary_of(settings.taxonomy), linting=True)
    except RuleSetError as error:
        _show(error.problems, "red", json)
        raise typer.Exit(1) from None
    _show(found.warnings if json else _summed(found.warnings), "yellow", json)
    if not json:
        out.print(f"{place}: {plural(len(found.rules), 'rule')}, version {found.version}", soft_wrap=True)
    if strict and found.warnings:
        raise typer.Exit(1)


def _show(problems: Iterable[Problem], style: str, json: bool) -> None:
    for problem in problems:
        if json:
            print_json(problem)
        else:
            err.print(str(problem), style=style, soft_wrap=True)


def _summed(warnings: Iterable[Problem]) -> Iterator[Problem]:
    """Merge many unused lists of one file (a library of regions) into one line; ``--json`` prints each."""
    for (_, path, message), group in groupby(warnings, key=lambda one: (one.file, one.path.split(".")[0], one.message)):
        same = list(group)
        if len(same) <= MOST_LINES:
            yield from same
        else:
            names = ", ".join(one.path.partition(".")[2] for one in same)
            said = f"{message} ({len(same)} of these: {names})"
            yield msgspec.structs.replace(same[0], path=path, message=said)
