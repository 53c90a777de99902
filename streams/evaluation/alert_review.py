"""Alerts of a backtest prepared for reading: a page with each alert beside its evidence, and a table of verdicts.

``python -m streams.evaluation.alert_review ALERTS ARTICLES... FOLDER`` reads what ``newswatch scan`` printed for the
articles. It writes ``alerts.html`` and ``verdicts.tsv`` into the folder. You write ``right``, ``arguable`` or ``wrong``
before each alert in the table, and run it again: it keeps your verdicts and counts them by rule.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from detectors.model.alert import Alert, Evidence
from detectors.user_error import UserError
from streams.pages.alerts import Passages, Shown, write_alerts
from streams.pages.marks import Mark, pieces

VERDICTS = ("right", "arguable", "wrong")
MOST = 14
"""Alerts read of each rule; the first revision of each alert, spread evenly over the stream."""

_AROUND = 300  # characters shown on either side of what met the rule
_LEAD = 500
_COLUMNS = ("verdict", "rule", "alert", "summary")


class VerdictError(UserError):
    """The table of verdicts holds something else."""


class Article(msgspec.Struct):
    """What the page shows of an article."""

    id: str
    title: str = ""
    text: str = ""


class Verdict(NamedTuple):
    """A row of the table: what a reader says of an alert, or nothing yet."""

    verdict: str
    rule: str
    alert: str
    summary: str


def sample(alerts: Iterable[Alert], most: int = MOST) -> list[Alert]:
    """At most so many alerts of each rule, by rule and then time: the first record of each that fired."""
    firing: dict[str, dict[str, Alert]] = {}
    for alert in alerts:
        if alert.state == "firing":
            firing.setdefault(alert.rule, {}).setdefault(alert.id, alert)
    return [alert for _, found in sorted(firing.items()) for alert in _spread(list(found.values()), most)]


def _spread(alerts: Sequence[Alert], most: int) -> Iterator[Alert]:
    number = min(most, len(alerts))
    return (alerts[at * len(alerts) // number] for at in range(number))


def passages(evidence: Evidence, article: Article) -> Passages:
    """The title, the lead, and the text around what met the rule, with marks; what lies between is left out."""
    marks: dict[str, list[Mark]] = {"title": [], "text": []}
    for span in evidence.spans:
        kind = span.what.partition(" ")[0]
        marks[span.in_].append(Mark(span.start, span.end, kind, span.what))
    ranges = [(0, min(_LEAD, len(article.text)))]
    for mark in sorted(marks["text"]):
        start, end = max(0, mark.start - _AROUND), min(len(article.text), mark.end + _AROUND)
        if start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], end))
        else:
            ranges.append((start, end))
    shown = [
        list(
            pieces(
                article.text[start:end],
                [
                    Mark(max(0, mark.start - start), min(end, mark.end) - start, mark.kind, mark.label)
                    for mark in marks["text"]
                    if start <= mark.start < end
                ],
            )
        )
        for start, end in ranges
    ]
    return Passages(evidence, list(pieces(article.title, marks["title"])), shown, ranges[-1][1] < len(article.text))


def read_verdicts(place: Path) -> dict[str, str]:
    """The verdicts given so far, by alert id.

    Raises:
        VerdictError: a row has no such verdict, with the file, the line and what was expected.
    """
    given: dict[str, str] = {}
    if not place.exists():
        return given
    with place.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file, delimiter="\t"), start=2):
            verdict = (row.get("verdict") or "").strip()
            if verdict and verdict not in VERDICTS:
                expected = ", ".join(VERDICTS)
                raise VerdictError(f"{place}:{line}: verdict: expected {expected} or nothing, found {verdict!r}")
            if verdict and row.get("alert"):
                given[row["alert"]] = verdict
    return given


def write_verdicts(place: Path, alerts: Iterable[Alert], given: Mapping[str, str]) -> list[Verdict]:
    """Write a row for each alert, with the verdict that it has already."""
    rows = [
        Verdict(given.get(alert.id, ""), alert.rule, alert.id, " ".join(alert.annotations.get("summary", "").split()))
        for alert in alerts
    ]
    with place.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(_COLUMNS)
        writer.writerows(rows)
    return rows


def counted(rows: Iterable[Verdict]) -> Table:
    """The verdicts by rule and in all, and how many alerts are not read yet."""
    table = Table()
    table.add_column("rule")
    for name in (*VERDICTS, "not read"):
        table.add_column(name, justify="right")
    by_rule: dict[str, Counter[str]] = {}
    for row in rows:
        by_rule.setdefault(row.rule, Counter())[row.verdict or "not read"] += 1
    total: Counter[str] = sum(by_rule.values(), Counter())
    for name, found in (*by_rule.items(), ("all", total)):
        table.add_row(name, *(str(found[column]) for column in (*VERDICTS, "not read")))
    return table


def _article(articles: Mapping[str, Article], evidence: Evidence) -> Article:
    return articles.get(evidence.article_id) or Article(evidence.article_id, evidence.title)


def main(arguments: Sequence[str]) -> None:
    """Prepare the alerts for reading; a wrong table of verdicts ends it with a message."""
    if len(arguments) < 3:
        sys.exit("expected ALERTS ARTICLES... FOLDER: what `newswatch scan` printed, its articles, where to write")
    alerts_file, *article_files, folder = map(Path, arguments)
    try:
        review(alerts_file, article_files, folder)
    except UserError as error:
        sys.exit(str(error))


def review(alerts_file: Path, article_files: Iterable[Path], folder: Path) -> None:
    """Write the page and the table, and print what was counted.

    Raises:
        VerdictError: the table in the folder has a row with another verdict.
        OSError: a file cannot be read or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alerts_file.open("rb") as lines:
        alerts = sample(map(msgspec.json.Decoder(Alert).decode, lines))
    wanted = {evidence.article_id for alert in alerts for evidence in alert.evidence}
    articles: dict[str, Article] = {}
    for file in article_files:
        with file.open("rb") as lines:
            for article in map(msgspec.json.Decoder(Article).decode, lines):
                if article.id in wanted:
                    articles[article.id] = article
    table = folder / "verdicts.tsv"
    rows = write_verdicts(table, alerts, read_verdicts(table))
    shown = [
        Shown(alert, row.verdict, [passages(found, _article(articles, found)) for found in alert.evidence])
        for alert, row in zip(alerts, rows, strict=True)
    ]
    page = write_alerts(folder / "alerts.html", shown)
    out = Console(soft_wrap=True, highlight=False)
    out.print(counted(rows))
    out.print(f"{page}: {len(alerts)} alerts\n{table}: write {', '.join(VERDICTS)} before each, and run this again")


if __name__ == "__main__":
    main(sys.argv[1:])
