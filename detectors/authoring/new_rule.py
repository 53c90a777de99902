"""A first rule and its unit test, as the text of two files."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

KINDS = ("match", "frequency", "corroborated")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule writer wants to be told of."""

    name: str
    kind: str = "match"
    description: str = ""
    text: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    window: str = "24h"
    at_least: int = 2


def rule_text(draft: Draft) -> str:
    """The rule file."""
    lines = [
        "# yaml-language-server: $schema=./rules.schema.json",
        "rules:",
        f"  - name: {draft.name}",
        f"    kind: {draft.kind}",
        f"    description: {_quoted(draft.description or _summary(draft))}",
        "    where:",
    ]
    fields = (("text", draft.text), ("country", draft.countries), ("theme", draft.themes))
    lines += [f"      {field}: {_listed(values)}" for field, values in fields if values]
    if draft.kind == "match":
        lines.append("    once_per: story")
    else:
        lines += [f"    window: {draft.window}", f"    at_least: {draft.at_least}"]
    if draft.kind == "frequency":
        lines.append("    distinct: story")
    lines += ["    annotations:", "      summary: '{{ article.title }}'"]
    return "\n".join(lines) + "\n"


def unit_test_text(draft: Draft) -> str:
    """The test file: articles that meet the rule, and one that does not."""
    number = 1 if draft.kind == "match" else draft.at_least
    lines = ["tests:", "  - name: fires", "    articles:"]
    lines += [f"      - {_article(draft, count)}" for count in range(number)]
    lines += [
        f"    alerts: [{{rule: {draft.name}}}]",
        "  - name: stays silent",
        "    articles:",
        "      - {text: 'The weather stays fine.', countries: [], themes: []}",
        "    alerts: []",
    ]
    return "\n".join(lines) + "\n"


def _article(draft: Draft, count: int) -> str:
    time = datetime(2025, 1, 1, 9) + timedelta(minutes=count)
    words = draft.text[0].strip("*") if draft.text else "News"
    said = [
        f"source: outlet-{count + 1}.example",
        f"published_at: {time:%Y-%m-%dT%H:%M:%S}Z",
        f"story: s{count + 1}",
        f"title: {_quoted(f'Report {count + 1}')}",
        f"text: {_quoted(f'{words}, says report {count + 1}.')}",
        f"countries: {_listed(draft.countries[:1])}",
        f"themes: {_listed(draft.themes[:1])}",
    ]
    return "{" + ", ".join(said) + "}"


def _summary(draft: Draft) -> str:
    about = ", ".join((*draft.text, *draft.themes)) or "any news"
    where = f" in {', '.join(draft.countries)}" if draft.countries else ""
    return f"{about}{where}"


def _listed(values: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _quoted(text: str) -> str:
    return "'" + " ".join(text.split()).replace("'", "''") + "'"
