"""`newswatch rules`: output and exit status of the commands, on shipped rules and on invalid rules."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.rigs.command import newswatch

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "rules"
SAMPLES = ROOT / "streams" / "data" / "samples" / "articles.jsonl"


def run(*words: str, ends: int = 0) -> subprocess.CompletedProcess[str]:
    done = newswatch("rules", *words)
    assert done.returncode == ends, done.stdout + done.stderr
    return done


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    (tmp_path / "desk.yaml").write_text("rules:\n  - {name: one, kind: match, where: {theme: countererrorism}}\n")
    return str(tmp_path)


@pytest.fixture
def doubtful(tmp_path: Path) -> str:
    (tmp_path / "desk.yaml").write_text("lists: {a: [KAZ]}\nrules: [{name: one, kind: match, where: {any: []}}]\n")
    return str(tmp_path)


def test_check_exits_with_0_and_prints_the_number_of_rules(doubtful: str) -> None:
    assert "rules, version " in run("check", str(RULES)).stdout
    done = run("check", doubtful)
    assert "1 rule," in done.stdout
    assert "desk.yaml:2:47: warning: rules[0].where.any: an empty list under 'any' can never be met" in done.stderr
    assert "desk.yaml:1:9: warning: lists.a: no rule uses this list" in done.stderr


def test_check_exits_with_1_for_an_invalid_rule(wrong: str) -> None:
    done = run("check", wrong, ends=1)
    assert "desk.yaml:2:45: error: rules[0].where.theme: " in done.stderr


def test_check_strict_exits_with_1_for_a_warning(doubtful: str) -> None:
    run("check", doubtful, "--strict", ends=1)


def test_check_exits_with_2_without_a_folder() -> None:
    assert "no such folder" in run("check", "nowhere", ends=2).stderr


def test_check_as_json(wrong: str) -> None:
    (problem,) = lines(run("check", wrong, "--json", ends=1))
    assert problem["file"] == "desk.yaml"
    assert (problem["line"], problem["column"], problem["level"]) == (2, 45, "error")
    assert problem["path"] == "rules[0].where.theme"
    assert "did you mean 'counterterrorism'?" in str(problem["message"])


def test_unused_lists_are_one_line_as_text_and_listed_in_json(tmp_path: Path) -> None:
    lists = ", ".join(f"l{number}: [KAZ]" for number in range(8))
    (tmp_path / "desk.yaml").write_text(
        f"lists: {{{lists}}}\nrules: [{{name: one, kind: match, where: {{text: a}}}}]\n"
    )
    assert run("check", str(tmp_path)).stderr.count("no rule uses this list") == 1
    assert len(lines(run("check", str(tmp_path), "--json"))) == 8


def test_check_strict_passes_on_what_ships() -> None:
    assert run("check", str(RULES), "--strict").stderr == ""


def test_files_folders_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lists.yaml").write_text("lists: {asia: [KAZ]}\n")
    coups = tmp_path / "coups.yaml"
    coups.write_text("rules: [{name: coups, kind: match, where: {text: coup, country: {in: asia}}}]\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "r.yaml").write_text("rules: [{name: more, kind: match, where: {text: more}}]\n")
    assert "1 rule," in run("check", str(coups)).stdout
    assert "2 rules," in run("check", str(coups), str(tmp_path / "more")).stdout
    assert "0 rules; expected" in run("check", str(tmp_path / "lists.yaml"), ends=2).stderr
    coups.with_name("coups.test.yaml").write_text(
        "tests:\n  - name: fires\n    articles: [{text: A coup., countries: [KZ]}]\n    alerts: [{severity: critical}]\n"
    )
    said = run("test", str(coups), ends=1).stderr
    assert "coups.test.yaml:4: fires: coups: severity: expected critical, found warning" in said
    monkeypatch.setattr("sys.stdin", io.StringIO("rules: [{name: one, kind: mach}]"))
    assert "-:1:27: error: rules[0].kind: unknown kind 'mach'" in run("check", "-", ends=1).stderr


def test_a_new_rule_is_tested_and_backtested(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    run("new", "rights", "--theme", "human_rights", "--country", "TJ", "--folder", str(mine))
    assert "exists; choose another name" in run("new", "rights", "--text", "a", "--folder", str(mine), ends=2).stderr
    assert "2 tests, 0 failed" in run("test", str(mine)).stdout
    few = tmp_path / "few.jsonl"
    few.write_bytes(b"".join(SAMPLES.read_bytes().splitlines(keepends=True)[:20]))
    expected = tmp_path / "expected.yaml"
    expected.write_text("expectations: [{rule: rights, at_least: 1}, {rule: rights, exactly: 0}]")
    report = tmp_path / "report.xml"
    options = ("--rules", str(mine), "--expect", str(expected), "--junit", str(report), "--against", str(RULES))
    done = run("backtest", str(few), *options, ends=1)
    assert "2 expectations, 1 not met" in done.stdout
    assert "rights: expected exactly 0, found" in done.stderr
    assert 'failures="1"' in report.read_text()


@pytest.mark.parametrize("form", ["blocks", "table", "csv", "json"])
def test_forms_of_scan(tmp_path: Path, form: str) -> None:
    few = tmp_path / "few.jsonl"
    few.write_bytes(b"".join(SAMPLES.read_bytes().splitlines(keepends=True)[:20]))
    done = newswatch("scan", str(few), "--rules", str(RULES / "central-asia.yaml"), "--format", form)
    assert done.returncode == 0
    assert "Marco Rubio on human rights: TJK" in done.stdout
    assert done.stdout.startswith("starts_at,updated_at,rule") == (form == "csv")
    assert ("“" in done.stdout) == (form == "blocks")


def test_explain_over_a_file_answers_for_windows(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(
        "rules:\n"
        "  - {name: coups, kind: frequency, where: {text: coup}, at_least: 3, window: 7d}\n"
        "  - {name: once, kind: match, where: {text: coup}, once_per: source, schedule: {hours: '08:00-20:00'}}\n"
    )
    times = ("2025-03-05T10:00:00Z", "2025-03-05T22:00:00Z")
    articles = [{"id": f"a{n}", "text": "A coup", "source": "x", "published_at": time} for n, time in enumerate(times)]
    file = tmp_path / "articles.jsonl"
    file.write_text("".join(f"{json.dumps(article)}\n" for article in articles))
    said = run("explain", str(file), "--rules", str(tmp_path), "--met").stdout
    assert "at best 2 of 3 within 7d, until 2025-03-05 22:00" in said
    assert "met outside its schedule: 2025-03-05 22:00; it opens 2025-03-06 08:00" in said
    assert "✓ once (match) [source x]" in said


def test_explain_names_the_exception_and_the_groups() -> None:
    done = run(
        "explain", str(SAMPLES), "--id", "mw-20250313-01", "--json", "--rules", str(RULES),
        "--rule", "us-raises-human-rights", "--rule", "human-rights-lead-the-news",
    )  # fmt: skip
    first, second = lines(done)
    assert (first["rule"], first["met"], first["excepted"]) == ("us-raises-human-rights", True, [])
    assert second["groups"] == [{"country": "TJK"}]


def test_explain_as_text(tmp_path: Path) -> None:
    article = tmp_path / "tour.txt"
    article.write_text(
        "Secretary of State Marco Rubio raised human rights in Dushanbe on the anniversary of the treaty."
    )
    said = run("explain", str(article), "--rules", str(RULES), "--rule", "us-raises-human-rights").stdout
    assert "✗ us-raises-human-rights (match): the article meets the exception 'anniversaries'" in said
    assert "exception anniversaries: met, so the rule ignores the article" in said
    assert "'Dushanbe' (text 54)" in said


def test_explain_rejects_an_unknown_rule() -> None:
    done = run("explain", str(SAMPLES), "--rules", str(RULES), "--rule", "us-raises-human-right", ends=2)
    assert "us-raises-human-rights" in done.stderr


def test_diff_exits_with_0_without_changes_and_with_1_otherwise(tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(RULES, changed)
    few = tmp_path / "few.jsonl"
    few.write_bytes(b"".join(SAMPLES.read_bytes().splitlines(keepends=True)[:20]))
    arguments = ("--articles", str(few), "--json")
    assert lines(run("diff", str(RULES), str(changed), *arguments)) == []
    file = changed / "central-asia.yaml"
    file.write_text(file.read_text().replace("once_per: story", "once_per: article"))
    found = lines(run("diff", str(RULES), str(changed), *arguments, ends=1))
    assert {one["change"] for one in found} == {"appears", "vanishes"}
    people = run("diff", str(RULES), str(changed), "--articles", str(few), ends=1)
    assert people.stdout.count("\n") == len(found)
    assert "appear" in people.stderr


def test_diff_with_an_invalid_set(wrong: str) -> None:
    assert "countererrorism" in run("diff", str(RULES), wrong, "--articles", str(SAMPLES), ends=2).stderr


def test_test_exits_with_1_if_a_test_fails_and_writes_junit(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("rules: [{name: one, kind: match, where: {text: coup}}]")
    (tmp_path / "desk.test.yaml").write_text(
        "tests:\n  - {name: fires, articles: [{text: A coup.}], alerts: [{}]}\n"
        "  - {name: fails, articles: [{text: A coup.}], alerts: []}\n"
    )
    junit = tmp_path / "results.xml"
    done = run("test", str(tmp_path), "--junit", str(junit), ends=1)
    assert "2 tests, 1 failed" in done.stdout
    assert 'tests="2" failures="1"' in junit.read_text()
    assert [one["passed"] for one in lines(run("test", str(tmp_path), "--json", ends=1))] == [True, False]


def test_scan_until_advances_event_time(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "desk.yaml").write_text(
        "rules: [{name: one, kind: absence, after: {text: threat}, without: {text: imposed}, within: 1d}]"
    )
    articles = tmp_path / "articles.jsonl"
    articles.write_text('{"published_at": "2020-01-01T00:00:00Z", "text": "A threat was made."}\n')

    def scanned(*until: str, ends: int = 0) -> subprocess.CompletedProcess[str]:
        done = newswatch("scan", str(articles), "--rules", str(rules), *until)
        assert done.returncode == ends, done.stdout + done.stderr
        return done

    assert scanned().stdout == ""
    assert scanned("--until", "2020-01-02T00:30:00Z").stdout == ""  # an hour of lateness is not over
    (alert,) = lines(scanned("--until", "2020-01-02T01:30:00Z"))
    assert (alert["rule"], alert["state"]) == ("one", "firing")
    assert "expected an RFC 3339 time" in scanned("--until", "tomorrow", ends=2).stderr


@pytest.mark.parametrize("command", ["check", "test", "explain", "diff", "schema"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    assert f"newswatch rules {command} " in run(command, "--help").stdout


def test_rules_may_use_themes_of_a_custom_taxonomy(tmp_path: Path) -> None:
    taxonomy = tmp_path / "taxonomy.yaml"
    taxonomy.write_text("fisheries: {terms: {'5': [trawler, cod quota]}}\n")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "desk.yaml").write_text("rules: [{name: one, kind: match, where: {theme: fisheries}}]")
    (rules / "desk.test.yaml").write_text(
        "tests: [{name: x, articles: [{text: 'A trawler of the fleet lost its cod quota in the night.'}], alerts: [{}]}]"
    )
    with_it = ("--set", f"taxonomy={taxonomy}")
    assert "unknown theme 'fisheries'" in run("check", str(rules), ends=1).stderr
    run("check", str(rules), *with_it)
    run("test", str(rules), *with_it)
    taxonomy.write_text("fisheries: [trawler]\n")
    assert f"{taxonomy}:1:12: error: fisheries: expected a mapping" in run("check", str(rules), *with_it, ends=2).stderr


def test_rules_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "desk.yaml").write_text("rules: [{name: one, kind: match}]")
    monkeypatch.setenv("NEWSWATCH_RULES", str(tmp_path))
    assert "1 rule," in run("check").stdout
    assert "0 tests; expected NAME.test.yaml" in run("test", ends=2).stderr


def test_the_vocabulary_has_the_themes_of_the_taxonomy() -> None:
    from detectors.vocabulary import shipped_vocabulary
    from streams.extraction.themes import TAXONOMY, themes_in

    assert shipped_vocabulary().themes == themes_in(TAXONOMY)
