"""Alerts for the terminal: a rich block each, with the rule, the headline, what matched and the evidence."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from detectors.model.alert import Alert, EvidenceSpan

SEVERITY_STYLE = {"info": "bold cyan", "warning": "bold yellow", "critical": "bold white on red"}
STATE_WORD = {"firing": "", "updated": " updated", "resolved": " resolved"}
#: A quotation longer than this is cut around what matched (characters).
MAX_QUOTE = 320


def alert_block(alert: Alert) -> Group:
    """One alert for a terminal."""
    head = Text()
    head.append(f" {alert.severity.upper()} ", style=SEVERITY_STYLE.get(alert.severity, "bold"))
    head.append(f" {alert.rule}{STATE_WORD[alert.state]}", style="bold")
    if group := describe_group(alert):
        head.append(f"  {group}", style="magenta")
    if alert.count > 1:
        head.append(f"  {alert.count} articles", style="dim")
    head.append(f"  {alert.updated_at:%Y-%m-%d %H:%M} UTC", style="dim")
    lines: list[Text] = []
    if summary := alert.annotations.get("summary"):
        lines.append(Text(summary))
    if alert.evidence:
        newest = alert.evidence[-1]
        lines.append(
            Text(
                f"{newest.title or newest.article_id}  ({newest.source or newest.url or 'unknown source'})",
                style="italic",
            )
        )
        if found := describe_findings(newest.spans):
            lines.append(Text(found, style="green"))
    return Group(head, *(Padding(line, (0, 0, 0, 2), expand=False) for line in lines))


def quotation(sentence: str) -> Text:
    """The evidence sentence, cut to a readable length."""
    flat = " ".join(sentence.split())
    return Text("“" + (flat if len(flat) <= MAX_QUOTE else flat[: MAX_QUOTE - 1] + "…") + "”", style="dim")


def describe_group(alert: Alert) -> str:
    """The alert's group in words, such as ``country KGZ``."""
    parts = (
        (name, "-".join(value) if isinstance(value, tuple | list) else "unknown" if value is None else str(value))
        for name, value in alert.group.items()
    )
    return ", ".join(f"{name} {value}" for name, value in parts)


def describe_findings(spans: Iterable[EvidenceSpan]) -> str:
    """The findings that met the conditions, each once, in order:
    ``official John Kerry · country TJK · theme human_rights``. For a pattern: what it found.
    """
    return " · ".join(dict.fromkeys(_finding(span) for span in spans))


def _finding(span: EvidenceSpan) -> str:
    return f"text {' '.join(span.text.split())}" if span.what.startswith("pattern ") else span.what
