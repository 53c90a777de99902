"""``newswatch rules``: check, test and explain watch rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from streams.cli.console import err, out, print_json
from streams.cli.options import Config, Json, Rules, Set, settings_from

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


@app.command("test", epilog="Example:  newswatch rules test deploy/rules --junit results.xml")
def run_tests(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of rules; default as --rules.")] = None,
    rules: Rules = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML.")] = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Run the unit tests beside the rules (NAME.test.yaml); exit status 1 when one fails."""
    from detectors import rule_tests
    from detectors.ruleset import load_rules
    from streams.enriching import make_extractor, reader_of_text
    from streams.rules_folder import find_rules

    place = find_rules(folder or rules)
    found = load_rules(place)
    extract = reader_of_text(make_extractor(settings_from(config, set_)))
    results = [result for file in rule_tests.test_files(place) for result in rule_tests.run_file(file, found, extract)]
    for result in results:
        if json:
            print_json({**msgspec.structs.asdict(result), "passed": result.passed})
            continue
        for warning in result.warnings:
            err.print(f"{result.file}: {result.name}: warning: {warning}", style="yellow", markup=False, soft_wrap=True)
        for problem in result.problems:
            err.print(f"{result.file}: {result.name}: {problem}", style="red", markup=False, soft_wrap=True)
    failed = sum(not result.passed for result in results)
    if not json:
        out.print(f"{place}: {len(results)} tests, {failed} failed", markup=False)
    if junit is not None:
        junit.write_bytes(rule_tests.junit(results))
    if failed:
        raise typer.Exit(1)


@app.command(epilog="Example:  newswatch rules schema > deploy/rules/rules.schema.json")
def schema() -> None:
    """Print the JSON Schema (draft-07) of rule files, for editors."""
    from detectors.schema import schema_text

    typer.echo(schema_text(), nl=False)
