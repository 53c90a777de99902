"""Alerts as rows: the columns of a table for people, and of a CSV file for spreadsheets."""

from __future__ import annotations

import csv
import io

from rich.table import Table
from rich.text import Text

from detectors.model.alert import Alert
from streams.sinks.terminal import SEVERITY_STYLE, describe_group

CSV_COLUMNS = (
    "starts_at", "updated_at", "rule", "kind", "state", "severity", "group", "count", "value", "summary", "title",
    "source", "url", "article_id", "id", "revision",
)  # fmt: skip
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def csv_header() -> str:
    """The first line of a CSV file of alerts."""
    return _line(CSV_COLUMNS)


def csv_row(alert: Alert) -> str:
    """An alert as a line of CSV; the article is the newest of the evidence."""
    newest = alert.evidence[-1] if alert.evidence else None
    values = (
        alert.starts_at.isoformat(), alert.updated_at.isoformat(), alert.rule, alert.kind, alert.state, alert.severity,
        describe_group(alert), alert.count, alert.value, alert.annotations.get("summary"),
        newest.title if newest else None, newest.source if newest else None, newest.url if newest else None,
        newest.article_id if newest else None, alert.id, alert.revision,
    )  # fmt: skip
    return _line(["" if value is None else _harmless(value) for value in values])


def table_of(alerts: list[Alert]) -> Table:
    """Alerts as a table, one a line."""
    table = Table("when", "severity", "rule", "group", "count", "what")
    for alert in alerts:
        what = alert.annotations.get("summary") or (alert.evidence[-1].title if alert.evidence else "") or ""
        table.add_row(
            f"{alert.updated_at:%Y-%m-%d %H:%M}",
            Text(alert.severity, style=SEVERITY_STYLE.get(alert.severity, "bold")),
            alert.rule if alert.state == "firing" else f"{alert.rule} ({alert.state})",
            describe_group(alert),
            str(alert.count),
            what,
        )
    return table


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_RISKY) else value


def _line(values: list[object] | tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(values)
    return written.getvalue()
