"""Groups of articles that lack a value for a field."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.model.article import Country, EnrichedArticle

TIME = datetime(2025, 3, 1, tzinfo=UTC)


def groups(folder: Path, rule: str, *countries: str) -> list[tuple[object, str]]:
    (folder / "r.yaml").write_text(f"rules: [{{name: one, {rule}, annotations: {{summary: 'in {{{{ country }}}}'}}}}]")
    article = EnrichedArticle(
        id="a", text="A coup.", received_at=TIME, event_time=TIME, content_hash="h",
        countries=tuple(map(Country, countries)),
    )  # fmt: skip
    firings = Scan(Engine(load_rules(folder))).feed(article)
    return [(one.alert.group.get("country", "none"), one.alert.annotations["summary"]) for one in firings]


@pytest.mark.parametrize(
    "rule",
    [
        "kind: match, where: {text: coup}, once_per: country",
        "kind: frequency, where: {text: coup}, group_by: [country], window: 1h, at_least: 1",
    ],
)
def test_an_article_without_the_value(tmp_path: Path, rule: str) -> None:
    assert groups(tmp_path, rule) == []
    assert groups(tmp_path, f"{rule}, missing: group") == [(None, "in ")]
    assert groups(tmp_path, f"{rule}, missing: group", "KAZ") == [("KAZ", "in KAZ")]


def test_a_chain_reads_no_articles(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match="write 'missing' into the rules that it reads"):
        groups(tmp_path, "kind: chain, alerts: {tags: [x]}, at_least: 1, window: 1h, missing: group")
