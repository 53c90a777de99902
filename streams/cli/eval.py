"""``newswatch eval``: score extraction against annotated articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import typer
from rich.table import Table

from streams.cli.console import err, out, print_json
from streams.cli.options import Config, Json, Set, settings_from
from streams.sources.files import UnreadableFileError, read_lines, require_file

if TYPE_CHECKING:
    from streams.evaluation.figures import Error
    from streams.evaluation.scores import Evaluation, Found
    from streams.settings import Settings

T = TypeVar("T")

app = typer.Typer()

EPILOG = """Examples:

newswatch eval gold/dev

newswatch eval gold/dev/gold.jsonl --articles articles.jsonl --errors 20 --json"""


@app.command(epilog=EPILOG)
def eval(  # noqa: A001 - the command's name
    gold: Annotated[
        Path,
        typer.Argument(metavar="GOLD", help="Folder with gold.jsonl and articles.jsonl, or a file of annotations."),
    ],
    articles: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Read the articles from FILE. Default: articles.jsonl beside the annotations."
        ),
    ] = None,
    predicted: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Score this output of `extract --json` instead of extracting.")
    ] = None,
    errors: Annotated[int, typer.Option(min=0, help="Also print up to this many errors of each kind.")] = 0,
    baseline: Annotated[
        bool,
        typer.Option(
            "--baseline", help="Compare with a naive extractor: spaCy pipeline, lookup by name, trigger words."
        ),
    ] = False,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Score countries, officials, themes and events against annotated articles: precision, recall and F1."""
    from streams.evaluation.scores import evaluate, read_found, read_gold

    annotations = gold / "gold.jsonl" if gold.is_dir() else gold
    texts = articles or annotations.with_name("articles.jsonl")
    wanted = _read(read_gold, annotations)
    found = _found(texts, settings_from(config, set_)) if predicted is None else _read(read_found, predicted)
    result = evaluate(wanted, found)
    naive = evaluate(wanted, _naive(texts)) if baseline else None
    shown = _first(result.errors, errors)
    if json:
        ours = msgspec.structs.replace(result, errors=tuple(shown))
        print_json({"newswatch": ours, "naive": msgspec.structs.replace(naive, errors=())} if naive else ours)
        return
    out.print(scores_table(result, naive))
    for one in shown:
        out.print(f"{one.kind} {one.article} {one.sign} {one.what}", soft_wrap=True)


def scores_table(result: Evaluation, naive: Evaluation | None) -> Table:
    """The scores as a table, with the naive extractor's F1 and accuracies if given."""
    table = Table("", "precision", "recall", "F1", "annotated", *(["naive F1"] if naive else []))
    for name in ("countries", "countries_main", "officials", "themes"):
        figures, other = getattr(result, name), getattr(naive, name, None)
        if figures is not None:
            numbers = (f"{figures.precision:.3f}", f"{figures.recall:.3f}", f"{figures.f1:.3f}", str(figures.gold))
            table.add_row(
                name.replace("_main", ", main"), *numbers, *([f"{other.f1:.3f}" if other else "-"] if naive else [])
            )
    for name in ("role_class_accuracy", "country_accuracy", "former_accuracy", "mentions_f1"):
        value, other = getattr(result, name), getattr(naive, name, None)
        if value is not None:
            beside = [f"{other:.3f}" if other is not None else "-"] if naive else []
            table.add_row(f"matched officials: {name.replace('_', ' ')}", "", "", f"{value:.3f}", "", *beside)
    theirs = naive.events.each() if naive and naive.events else {}
    for name, figures in (result.events.each() if result.events else {}).items():
        numbers = (f"{figures.precision:.3f}", f"{figures.recall:.3f}", f"{figures.f1:.3f}", str(figures.gold))
        beside = [f"{theirs[name].f1:.3f}" if name in theirs else "-"] if naive else []
        table.add_row(f"events: {name.replace('_', ' and ')}", *numbers, *beside)
    return table


def _read(read: Callable[[Path], T], file: Path) -> T:
    try:
        require_file(file)
        return read(file)
    except OSError as error:
        raise UnreadableFileError(f"{error.filename}: {error.strerror}; expected JSON lines") from None
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{file}: {error}") from None


def _found(articles: Path, settings: Settings) -> dict[str, Found]:
    """The findings of the current extractor, by article id."""
    from streams.pipeline.enrich import enrich_lines, make_extractor
    from streams.records.dead_letter import DeadLetter

    found: dict[str, Found] = {}
    for article in enrich_lines(make_extractor(settings), read_lines([articles]), datetime.now(UTC)):
        if isinstance(article, DeadLetter):
            err.print(f"not an article: {article.message}", style="red")
        else:
            found[article.id] = article
    return found


def _naive(articles: Path) -> dict[str, Found]:
    from streams.evaluation.baseline import naive_pipe
    from streams.records.article import BadArticleError, decode_article

    def texts() -> Iterator[tuple[str, str]]:
        for line in read_lines([articles]):
            with suppress(BadArticleError):  # the extractor skips the same records
                article = decode_article(line.value)
                yield article.key, f"{article.title or ''}\n{article.text}".strip()

    return {found.id: found for found in naive_pipe(texts())}


def _first(errors: Iterable[Error], most: int) -> list[Error]:
    """The first ``most`` errors of each kind."""
    counts: Counter[str] = Counter()
    kept = []
    for error in errors:
        counts[error.kind] += 1
        if counts[error.kind] <= most:
            kept.append(error)
    return kept
