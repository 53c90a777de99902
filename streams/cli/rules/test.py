"""``newswatch rules test``: run the unit tests beside the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from detectors.user_error import UserError
from streams.cli.console import err, out, print_json
from streams.cli.errors import writing
from streams.cli.options import Config, Json, Paths, RulePaths, Set, settings_from
from streams.cli.plural import plural

app = typer.Typer()

EPILOG = """Examples:

newswatch rules test deploy/rules

newswatch rules test deploy/rules --junit results.xml

Exit status: 0 every test passed; 1 a test failed; 2 the rules or a test file are invalid, or there are no tests."""


@app.command("test", epilog=EPILOG)
def run_tests(
    paths: Paths = None,
    rules: RulePaths = None,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Also write JUnit XML.")] = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Run the unit tests beside the rules (NAME.test.yaml); exit status 1 if one fails."""
    from detectors.authoring import rule_tests
    from streams.hot_reload.folder import vocabulary_of
    from streams.hot_reload.rule_paths import rule_paths
    from streams.pipeline.enrich import make_extractor, reader_of_text

    settings = settings_from(config, set_)
    place = rule_paths([*(paths or ()), *(rules or ())], settings.rules)
    found = place.load(vocabulary_of(settings.taxonomy))
    extract = reader_of_text(make_extractor(settings))
    files = [file for path in place.paths for file in rule_tests.test_files(path)]
    results = [result for file in dict.fromkeys(files) for result in rule_tests.run_file(file, found, extract)]
    if not results:
        ignored = next((f"; {one} is ignored" for path in place.paths for one in rule_tests.overlooked(path)), "")
        raise UserError(f"{place}: 0 tests; expected NAME.test.yaml beside NAME.yaml{ignored}")
    for result in results:
        if json:
            print_json({**msgspec.structs.asdict(result), "passed": result.passed})
            continue
        for warning in result.warnings:
            err.print(f"{result.file}:{result.line}: {result.name}: warning: {warning}", style="yellow", soft_wrap=True)
        for problem in result.problems:
            err.print(f"{result.file}:{problem}", style="red", soft_wrap=True)
    failed = sum(not result.passed for result in results)
    if not json:
        out.print(f"{place}: {plural(len(results), 'test')}, {failed} failed", soft_wrap=True)
    if junit is not None:
        with writing("--junit", junit):
            junit.write_bytes(rule_tests.junit(results))
    if failed:
        raise typer.Exit(1)
