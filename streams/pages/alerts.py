"""A self-contained HTML page of alerts, each beside the passages of its articles that met the rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from detectors.model.alert import Alert, Evidence
from streams.pages.highlight import TEMPLATES
from streams.pages.marks import Piece


class Passages(NamedTuple):
    """An article behind an alert: its title and the passages shown of it; ``more``: the text goes on after the last."""

    evidence: Evidence
    title: list[Piece]
    text: list[list[Piece]]
    more: bool


class Shown(NamedTuple):
    """An alert, what a reader said of it (or an empty text), and its articles."""

    alert: Alert
    verdict: str
    articles: list[Passages]


def write_alerts(place: Path, alerts: Sequence[Shown]) -> Path:
    """Write one page with all alerts under their rules, and return its place.

    Raises:
        OSError: the file cannot be written.
    """
    rules = [(rule, list(found)) for rule, found in groupby(alerts, key=lambda shown: shown.alert.rule)]
    page = TEMPLATES.get_template("alerts.html.jinja").render(
        language="en", title=f"{len(alerts)} alerts of {len(rules)} rules", rules=rules
    )
    place.write_text(page, encoding="utf-8")
    return place
