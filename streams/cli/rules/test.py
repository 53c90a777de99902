"""``newswatch rules test``: run the unit tests beside the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from streams.cli.console import err, out, print_json
from streams.cli.errors import writing
from streams.cli.options import Config, Folder, Json, Rules, Set, settings_from
from streams.cli.plural import plural

app = typer.Typer()

EPILOG = """Examples:

newswatch rules test deploy/rules

newswatch rules test deploy/rules --junit results.xml

Exit status: 0 every test passed; 1 a test failed; 2 the rules or a test file are invalid."""


@app.command("test", epilog=EPILOG)
def run_tests(
    folder: Folder = None,
    rules: Rules = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML.")] = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Run the unit tests beside the rules (NAME.test.yaml); exit status 1 if one fails."""
    from detectors.authoring import rule_tests
    from detectors.loading.ruleset import load_rules
    from streams.hot_reload.folder import find_rules, vocabulary_of
    from streams.pipeline.enrich import make_extractor, reader_of_text

    settings = settings_from(config, set_, rules=folder or rules)
    place = find_rules(settings.rules)
    found = load_rules(place, vocabulary_of(settings.taxonomy))
    extract = reader_of_text(make_extractor(settings))
    results = [result for file in rule_tests.test_files(place) for result in rule_tests.run_file(file, found, extract)]
    for result in results:
        if json:
            print_json({**msgspec.structs.asdict(result), "passed": result.passed})
            continue
        for warning in result.warnings:
            err.print(f"{result.file}: {result.name}: warning: {warning}", style="yellow", soft_wrap=True)
        for problem in result.problems:
            err.print(f"{result.file}: {result.name}: {problem}", style="red", soft_wrap=True)
    failed = sum(not result.passed for result in results)
    if not json:
        out.print(f"{place}: {plural(len(results), 'test')}, {failed} failed", soft_wrap=True)
    if junit is not None:
        with writing("--junit", junit):
            junit.write_bytes(rule_tests.junit(results))
    if failed:
        raise typer.Exit(1)
