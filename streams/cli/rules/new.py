"""``newswatch rules new``: write a first rule and its unit test."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from detectors.authoring.new_rule import KINDS, Draft, rule_text, unit_test_text
from detectors.reading.problems import one_of
from detectors.user_error import UserError
from streams.cli.console import out
from streams.cli.errors import writing
from streams.cli.options import Config, Set, settings_from

app = typer.Typer()

EPILOG = """Examples:

newswatch rules new coups --text coup --text 'seized power' --country KAZ --folder my-rules

newswatch rules new surge --kind frequency --theme sanctions --window 24h --at-least 5 --folder my-rules

On a terminal, the command asks for what you leave out. Exit status: 2 an answer is invalid, or a file exists."""


@app.command(epilog=EPILOG)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the rule, of a-z, 0-9 and -.")],
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Folder to write the files into.")] = Path(),
    kind: Annotated[str | None, typer.Option(help="match, frequency or corroborated. Default: match.")] = None,
    text: Annotated[list[str] | None, typer.Option(help="A phrase to look for. Repeatable.")] = None,
    country: Annotated[list[str] | None, typer.Option(help="A country that the article is about. Repeatable.")] = None,
    theme: Annotated[list[str] | None, typer.Option(help="A theme of the article. Repeatable.")] = None,
    window: Annotated[str, typer.Option(help="For frequency and corroborated: the window.")] = "24h",
    at_least: Annotated[int, typer.Option(min=1, help="For frequency and corroborated: the minimum count.")] = 2,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Write NAME.yaml, a rule, and NAME.test.yaml, its unit test, from your answers."""
    from detectors.loading.ruleset import load_rules
    from streams.hot_reload.folder import vocabulary_of

    settings = settings_from(config, set_)
    if sys.stdin.isatty() and not (text or country or theme):
        kind = kind or typer.prompt("Kind (match, frequency, corroborated)", default="match")
        text = _asked("Phrases, separated by commas")
        country = _asked("Countries, separated by commas")
        theme = _asked("Themes, separated by commas")
    if kind is not None and kind not in KINDS:
        raise UserError(f"--kind: {one_of(kind, KINDS, 'kind')}")
    if not (text or country or theme):
        raise UserError("expected --text, --country or --theme: what the rule is to look for")
    draft = Draft(
        name=name,
        kind=kind or "match",
        text=tuple(text or ()),
        countries=tuple(country or ()),
        themes=tuple(theme or ()),
        window=window,
        at_least=at_least,
    )
    files = {folder / f"{name}.yaml": rule_text(draft), folder / f"{name}.test.yaml": unit_test_text(draft)}
    for file in files:
        if file.exists():
            raise UserError(f"{file}: exists; choose another name or --folder")
    with TemporaryDirectory() as trial:
        Path(trial, "rule.yaml").write_text(rule_text(draft), encoding="utf-8")
        load_rules(Path(trial), vocabulary_of(settings.taxonomy))
    with writing("--folder", folder):
        folder.mkdir(parents=True, exist_ok=True)
        for file, written in files.items():
            file.write_text(written, encoding="utf-8")
            out.print(f"wrote {file}", soft_wrap=True)
    out.print(f"next: newswatch rules check {folder}; newswatch rules test {folder}", soft_wrap=True)


def _asked(question: str) -> list[str]:
    answer = str(typer.prompt(question, default="", show_default=False))
    return [part.strip() for part in answer.split(",") if part.strip()]
