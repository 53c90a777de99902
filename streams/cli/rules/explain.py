"""``newswatch rules explain``: show why rules did or did not match an article."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from detectors.authoring.explain import Clause, Explanation
from detectors.user_error import UserError
from streams.cli.console import out, print_bad_line, print_json
from streams.cli.file_options import FILES, FileOptions
from streams.cli.options import Config, Json, Rules, Set, settings_from
from streams.cli.spread import spread

app = typer.Typer()

EPILOG = """Examples:

newswatch rules explain article.txt --rules deploy/rules

newswatch rules explain articles.jsonl --id mw-20250313-01 --rule us-raises-human-rights

newswatch rules explain articles.jsonl --json | jq -r 'select(.met) | .rule'"""
SHORT = 160
"""How many characters of a sentence a line shows."""


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def explain(
    article: Annotated[Path, typer.Argument(metavar="ARTICLE", help=FILES)],
    rules: Rules = None,
    names: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="Explain only this rule. Repeatable.")
    ] = None,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Explain only the article with this id. Repeatable.")
    ] = None,
    json: Json = False,
    reading: FileOptions = _DEFAULT,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show for each clause where the article meets it, or what came nearest, with exceptions and groups."""
    from detectors.authoring.explain import Explainer
    from detectors.loading.ruleset import load_rules
    from detectors.reading.problems import nearest
    from streams.hot_reload.folder import find_rules, vocabulary_of
    from streams.pipeline.enrich import enrich_lines, make_extractor
    from streams.records.dead_letter import DeadLetter
    from streams.sources.files import read_lines

    settings = settings_from(config, set_, rules=rules)
    explainer = Explainer(load_rules(find_rules(settings.rules), vocabulary_of(settings.taxonomy)))
    for name in names or ():
        if name not in explainer.rules:
            raise UserError(f"--rule {name}: no such rule{nearest(name, explainer.rules)}")
    seen = 0
    lines = enrich_lines(make_extractor(settings), read_lines([article], reading.reading()), datetime.now(UTC))
    for one in lines:
        if isinstance(one, DeadLetter):
            print_bad_line(one)
            continue
        if ids and one.id not in ids:
            continue
        seen += 1
        if not json:
            out.print(Text(f"{one.id}: {one.title or one.text[:80]}", style="bold"), soft_wrap=True)
        for explanation in explainer.explain(one, tuple(names or ())):
            if json:
                print_json(explanation)
            else:
                out.print(_tree(explanation))
    if not seen:
        raise UserError(f"{article}: no article" + (f" with the id {', '.join(ids)}" if ids else ""))


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
