"""``newswatch rules diff``: how a change of the rules would change the alerts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from detectors.authoring.diff import Difference
from detectors.model.alert import Window
from streams.cli.console import err, out, print_bad_line, print_json
from streams.cli.file_options import FILES, FileOptions
from streams.cli.options import Config, Json, Set, settings_from, time_from
from streams.cli.spread import spread

app = typer.Typer()

EPILOG = """Examples:

newswatch rules diff deploy/rules my/rules --articles march.jsonl

newswatch rules diff old new --articles march.jsonl --until 2025-04-01T00:00:00Z --json

Exit status: 0 both give the same alerts; 1 the alerts differ; 2 a rule set or a file is invalid."""
_STYLES = {"appears": ("+", "green"), "vanishes": ("-", "red"), "changes": ("~", "yellow")}


_DEFAULT = FileOptions()


@app.command(epilog=EPILOG)
@spread
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Folder or file of the current rules; - is stdin.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Folder or file of the new rules.")],
    articles: Annotated[
        list[Path],
        typer.Option("--articles", metavar="FILE", help=f"{FILES} Repeatable."),
    ],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Continue the simulated clock to TIME (RFC 3339), so that waiting rules can fire."
        ),
    ] = None,
    json: Json = False,
    reading: FileOptions = _DEFAULT,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Show which alerts appear, vanish or change if NEW replaces OLD; exit status 1 if any does."""
    from detectors.authoring.diff import differences
    from detectors.model.article import EnrichedArticle
    from streams.hot_reload.folder import vocabulary_of
    from streams.hot_reload.rule_paths import rule_paths
    from streams.pipeline.enrich import enrich_timed, in_order, make_extractor
    from streams.records.dead_letter import DeadLetter
    from streams.sources.files import read_lines

    horizon = time_from("--until", until)
    settings = settings_from(config, set_)
    words = vocabulary_of(settings.taxonomy)
    before, after = (rule_paths([place], None).load(words) for place in (old, new))
    lines = in_order(read_lines(articles, reading.reading()), datetime.now(UTC))
    read = list(enrich_timed(make_extractor(settings), lines))
    bad = [one for one in read if isinstance(one, DeadLetter)]
    for letter in bad:
        print_bad_line(letter)
    found = differences(before, after, (one for one in read if isinstance(one, EnrichedArticle)), horizon)
    for one in found:
        if json:
            print_json(one)
        else:
            out.print(_line(one), soft_wrap=True)
    if not json:
        counts = Counter[str](one.change for one in found)
        err.print(", ".join(f"{counts[change]} {said}" for change, said in _SAID.items()))
    if bad:
        raise typer.Exit(2)
    if found:
        raise typer.Exit(1)


_SAID = {"appears": "appear", "vanishes": "vanish", "changes": "change"}


def _line(one: Difference) -> Text:
    sign, style = _STYLES[one.change]
    alert = one.new or one.old
    assert alert is not None
    group = ", ".join(f"{field} {_value(value)}" for field, value in alert.group.items())
    said = f"{sign} {alert.starts_at:%Y-%m-%d %H:%M} {alert.rule} {alert.severity}" + (f" [{group}]" if group else "")
    if one.old is not None and one.new is not None:
        both = ((name, _field(one.old, name), _field(one.new, name)) for name in one.fields)
        shown = (f"{name}: {old} -> {new}" if old != new else f"{name} differs" for name, old, new in both)
        return Text(f"{said} {'; '.join(shown)}", style=style)
    summary = alert.annotations.get("summary") or next((one.title for one in alert.evidence if one.title), "")
    return Text(f"{said} {summary}".rstrip(), style=style)


def _field(alert: object, name: str) -> str:
    value = getattr(alert, name)
    if name == "evidence":
        return ", ".join(one.article_id for one in value) or "none"
    if isinstance(value, Window):
        return f"{value.start:%Y-%m-%d %H:%M} to {value.end:%Y-%m-%d %H:%M}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items()) or "none"
    return str(value)


def _value(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
