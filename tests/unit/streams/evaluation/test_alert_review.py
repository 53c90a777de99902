"""Alerts prepared for reading: which are read, what is shown of their articles, and the verdicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from detectors.model.alert import Alert, Evidence, EvidenceSpan
from streams.evaluation.alert_review import Article, main, passages, sample
from streams.pages.marks import Piece

START = datetime(2025, 3, 1, tzinfo=UTC)


def alert(
    id_: str,
    rule: str = "coup",
    state: Literal["firing", "updated"] = "firing",
    revision: int = 1,
    evidence: tuple[Evidence, ...] = (),
) -> Alert:
    return Alert(
        id=id_,
        revision=revision,
        rule=rule,
        kind="match",
        state=state,
        severity="info",
        group={"event.pair": ("IRN", "USA")},
        count=1,
        starts_at=START + timedelta(hours=revision),
        updated_at=START,
        annotations={"summary": f"Coup <{id_}>\nin Mali"},
        evidence=evidence,
        rule_set_version="1",
    )


def test_the_first_record_of_each_alert_is_read_evenly_over_the_stream() -> None:
    alerts = [alert(f"{number:02d}") for number in range(20)]
    read = sample([alert("z", "aid"), *alerts, alert("00", state="updated", revision=2), alert("00", revision=3)], 4)
    assert [(one.rule, one.id, one.revision) for one in read] == [
        ("aid", "z", 1), ("coup", "00", 1), ("coup", "05", 1), ("coup", "10", 1), ("coup", "15", 1),
    ]  # fmt: skip


def test_passages_hold_the_lead_and_what_met_the_rule() -> None:
    text = "L" * 500 + "-" * 1000 + "coup" + "-" * 1000
    spans = (EvidenceSpan("text", 1500, 1504, "coup", "event coup"), EvidenceSpan("title", 0, 1, "A", "country MLI"))
    shown = passages(Evidence(article_id="1", spans=spans), Article("1", "A b", text))
    assert shown.title == [Piece("A", ("country",), ("country MLI",)), Piece(" b")]
    assert shown.text == [
        [Piece("L" * 500)],
        [Piece("-" * 300), Piece("coup", ("event",), ("event coup",)), Piece("-" * 300)],
    ]
    assert shown.more


def test_verdicts_are_kept_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alerts, articles, folder = tmp_path / "alerts.jsonl", tmp_path / "articles.jsonl", tmp_path / "review"
    span = EvidenceSpan("text", 2, 6, "coup", "event coup")
    shown = Evidence(article_id="1", source="Wire <1>", spans=(span,))
    alerts.write_bytes(msgspec.json.Encoder().encode_lines([alert("a", evidence=(shown,)), alert("b"), alert("c")]))
    articles.write_text('{"id": "1", "title": "T", "text": "A coup in Mali."}\n', encoding="utf-8")
    arguments = [str(alerts), str(articles), str(folder)]

    main(arguments)
    table = folder / "verdicts.tsv"
    assert table.read_text(encoding="utf-8").splitlines()[1] == "\tcoup\ta\tCoup <a> in Mali"
    page = (folder / "alerts.html").read_text(encoding="utf-8")
    assert '<mark class="event" title="event coup">coup</mark> in Mali.' in page
    assert "Coup &lt;a&gt;\nin Mali" in page
    assert "Wire &lt;1&gt;" in page
    assert "IRN, USA" in page

    given = (
        table.read_text(encoding="utf-8").replace("\tcoup\ta", "right\tcoup\ta").replace("\tcoup\tb", "wrong\tcoup\tb")
    )
    table.write_text(given, encoding="utf-8")
    capsys.readouterr()
    main(arguments)
    assert "│ all  │     1 │        0 │     1 │        1 │" in capsys.readouterr().out
    assert table.read_text(encoding="utf-8") == given
    assert "info · wrong" in (folder / "alerts.html").read_text(encoding="utf-8")


def test_another_verdict_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").write_bytes(msgspec.json.encode(alert("a")))
    table = tmp_path / "verdicts.tsv"
    table.write_text("verdict\trule\talert\tsummary\nrihgt\tcoup\ta\tCoup\n", encoding="utf-8")
    with pytest.raises(
        SystemExit, match=r"verdicts\.tsv:2: verdict: expected right, arguable, wrong or nothing, found 'rihgt'"
    ):
        main([str(tmp_path / "alerts.jsonl"), str(tmp_path / "alerts.jsonl"), str(tmp_path)])
