"""``newswatch rules explain``: show why rules did or did not match an article."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from detectors.authoring.explain import Clause, Explanation
from detectors.user_error import UserError
from streams.cli.chosen_rules import chosen_rules
from streams.cli.console import out, print_bad_line, print_json
from streams.cli.file_options import FILES, FileOptions
from streams.cli.options import Config, Json, RulePaths, Set, settings_from, time_from
from streams.cli.plural import plural
from streams.cli.spread import spread

if TYPE_CHECKING:
    from detectors.authoring.windows import Windows

app = typer.Typer()

EPILOG = """Examples:

newswatch rules explain article.txt --rules deploy/rules

newswatch rules explain articles.jsonl --id mw-20250313-01 --rule us-raises-human-rights

newswatch rules explain march.jsonl --rule coup --met --until 2025-04-01T00:00:00Z

newswatch rules explain articles.jsonl --json | jq -r 'select(.met) | .rule'"""
SHORT = 160
"""How many characters of a sentence a line shows."""


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def explain(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=FILES)],
    rules: RulePaths = None,
    names: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="Explain only this rule. Repeatable.")
    ] = None,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Explain only the article with this id. Repeatable.")
    ] = None,
    met: Annotated[bool, typer.Option("--met", help="Leave out the rules that the article does not meet.")] = False,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Continue the simulated clock to TIME (RFC 3339) after the last article."),
    ] = None,
    json: Json = False,
    reading: FileOptions = _DEFAULT,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show for each clause where an article meets it, or what came nearest; over several, how near each window came."""
    from detectors.authoring.explain import Explainer
    from detectors.authoring.windows import Windows
    from detectors.conditions.work import WorkLimitError
    from detectors.reading.problems import nearest
    from streams.pipeline.enrich import enrich_timed, in_order, make_extractor
    from streams.records.dead_letter import DeadLetter
    from streams.sources.files import read_lines

    settings = settings_from(config, set_)
    horizon = time_from("--until", until)
    found = chosen_rules(rules, settings, quiet=json)
    explainer = Explainer(found)
    for name in names or ():
        if name not in explainer.rules:
            raise UserError(f"--rule {name}: no such rule{nearest(name, explainer.rules)}")
    windows = Windows(found, tuple(names or ()))
    seen = read = 0
    lines = enrich_timed(make_extractor(settings), in_order(read_lines(files, reading.reading()), datetime.now(UTC)))
    for one in lines:
        if isinstance(one, DeadLetter):
            if not ids:
                print_bad_line(one)
            continue
        read += 1
        with suppress(WorkLimitError):
            windows.feed(one)
        if ids and one.id not in ids:
            continue
        seen += 1
        explanations = explainer.explain(one, tuple(names or ()))
        shown = [explanation for explanation in explanations if explanation.met or not met]
        if shown and not json:
            out.print(Text(f"{one.id}: {one.title or one.text[:80]}", style="bold"), soft_wrap=True)
        for explanation in shown:
            if json:
                print_json(explanation)
            else:
                out.print(_tree(explanation))
    if not seen:
        where = ", ".join(map(str, files))
        raise UserError(f"{where}: no article" + (f" with the id {', '.join(ids)}" if ids else ""))
    if horizon is not None:
        windows.until(horizon)
    if (read > 1 or horizon is not None) and not (json and ids):
        _show_windows(windows, read, ids or [], json)


def _show_windows(windows: Windows, read: int, ids: list[str], json: bool) -> None:
    """Print what became of the groups, those of the articles asked for."""
    answers = [one for one in windows.answers() if not ids or not set(ids).isdisjoint(one.articles)]
    if answers and not json:
        out.print(Text(f"over the {plural(read, 'article')}", style="bold"))
    for one in answers:
        if json:
            print_json(one)
            continue
        group = ", ".join(f"{field} {_value(value)}" for field, value in one.group.items())
        tree = Tree(_line(bool(one.alerts), f"{one.rule} ({one.kind})" + (f" [{group}]" if group else "")))
        for said in one.said:
            tree.add(Text(said))
        out.print(tree)


def _tree(explanation: Explanation) -> Tree:
    tree = Tree(_line(explanation.met, f"{explanation.rule} ({explanation.kind}): {explanation.why}"))
    _add(tree, explanation.where, "where")
    for exception in explanation.exceptions:
        said = "met, so the rule ignores the article" if exception.clause.met else "not met"
        branch = tree.add(Text(f"exception {exception.name}: {said}", style="red" if exception.clause.met else "dim"))
        _add(branch, exception.clause)
    for step in explanation.steps:
        _add(tree, step.clause, step.name)
    for group in explanation.groups:
        if group:
            tree.add(Text("group " + ", ".join(f"{field} {_value(value)}" for field, value in group.items())))
    return tree


def _add(tree: Tree, clause: Clause, name: str = "") -> None:
    said = f"{name}: " if name else ""
    said += f"{clause.clause} {clause.asks}".strip()
    if clause.values:
        said += f" = {', '.join(clause.values)}"
    if clause.places:
        said += ": " + ", ".join(
            dict.fromkeys(f"{_short(one.text)!r} ({one.in_} {one.start})" for one in clause.places)
        )
    if clause.nearest:
        said += f"; {clause.nearest}"
    if clause.stretch:
        said += f" {'in' if clause.met else 'nearest'}: {_short(clause.stretch)}"
    branch = tree.add(_line(clause.met, said))
    for below in clause.clauses:
        _add(branch, below)


def _line(met: bool, said: str) -> Text:
    return Text(f"{'✓' if met else '✗'} {said}", style="green" if met else "red")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHORT else text[: SHORT - 3] + "..."


def _value(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
