"""Invisible characters and letters of another script hide nothing from extraction or conditions."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import join
from streams.records.article import Article

TEXT = (
    "President Macron of France met Iranian officials in Tehran on Tuesday. "
    "Riot police fired tear gas at protesters in Venezuela after the coup."
)
RULES = """
rules:
  - {name: word, kind: match, where: {text: coup}}
  - {name: phrase, kind: match, where: {text: tear gas}}
  - {name: cased, kind: match, where: {text: {any: [Tehran], cased: true}}}
  - {name: pattern, kind: match, where: {text: {matches: 'c[o]up'}}}
  - {name: near, kind: match, where: {sentence: {text: {matches: 'Venez.ela'}, country: VEN}}}
  - {name: title, kind: match, where: {title: {startswith: Coup}}}
  - {name: country, kind: match, where: {country: [FRA]}}
  - {name: official, kind: match, where: {official: Macron}}
  - {name: theme, kind: match, where: {theme: protest_unrest}}
  - {name: source, kind: match, where: {source: wire.example}}
  - {name: source-pattern, kind: match, where: {source: {matches: 'wire[.]'}}}
"""


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


@pytest.mark.parametrize(
    "hidden", ["\u00ad", "\u200e", "\u202e", "\u034f", "\ufe0f", "\u3164", "\U000e0100", "\0", "\x1f"]
)
def test_every_rule_finds_what_it_finds_without_them(tmp_path: Path, extractor: Extractor, hidden: str) -> None:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    engine = Engine(load_rules(tmp_path))

    def met(change: str) -> list[str]:
        def changed(text: str) -> str:
            return re.sub(r"(?<=\w)(?=\w)", change, text)

        article = Article(id="a", title=changed("Coup fails"), text=changed(TEXT), source=changed("wire.example"))
        time = datetime(2020, 1, 1, tzinfo=UTC)
        enriched = join(article, extractor.extract(article.title or "", article.text), time)
        for country in enriched.countries:
            for mention in country.mentions:
                assert (article.title if mention.in_ == "title" else article.text)[
                    mention.start : mention.end
                ] == mention.text
        return engine.matching(enriched)

    assert met(hidden) == met("") != []
