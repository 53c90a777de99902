"""The runner of rule unit tests, on articles with given values."""

from pathlib import Path

import msgspec
import pytest

from detectors.authoring.rule_test_files import RuleTestArticle
from detectors.authoring.rule_tests import FIRST_TIME, TestResult, junit, run_file, test_files
from detectors.loading.ruleset import RuleSetError, load_rules
from detectors.model.article import EnrichedArticle, Event, Party

RULES = """
rules:
  - {name: talks, kind: match, where: {theme: diplomacy, country: KGZ}, annotations: {summary: '{{ article.title }}'}}
  - {name: stories, kind: frequency, where: {theme: diplomacy}, window: 1h, at_least: 2, distinct: story}
"""


def run(tmp_path: Path, tests: str, rules: str = RULES) -> list[TestResult]:
    (tmp_path / "desk.yaml").write_text(rules)
    file = tmp_path / "desk.test.yaml"
    file.write_text(tests)
    return list(run_file(file, load_rules(tmp_path), lambda article: article))


ONE = "[{title: T, countries: [KGZ], themes: [diplomacy]}]"


@pytest.mark.parametrize(
    ("alerts", "problems"),
    [
        ("[{rule: talks}]", 0),
        ("[{rule: talks, severity: warning, state: firing, annotations: {summary: T}}]", 0),
        ("[{starts_at: '2020-01-01T00:00:00Z'}]", 0),
        ("[{}]", 0),
        ("[{annotations: {summary: other}}]", 1),
        ("[]", 1),
        ("[{}, {}]", 1),
    ],
)
def test_all_alerts_are_compared_on_the_named_fields(tmp_path: Path, alerts: str, problems: int) -> None:
    (result,) = run(tmp_path, f"tests: [{{name: one, articles: {ONE}, alerts: {alerts}}}]")
    assert len(result.problems) == problems
    assert result.passed == (problems == 0)


def test_each_expectation_matches_its_own_alert(tmp_path: Path) -> None:
    both = "[{id: a, title: A, countries: [KGZ], themes: [diplomacy]}, {id: b, title: B, countries: [KGZ], themes: [diplomacy]}]"
    test = (
        f"{{name: two, rules: [talks], articles: {both}, alerts: [{{rule: talks}}, {{annotations: {{summary: A}}}}]}}"
    )
    (result,) = run(tmp_path, f"tests: [{test}]")
    assert result.passed, result.problems


def test_articles_of_one_story_are_copies(tmp_path: Path) -> None:
    article = "{themes: [diplomacy], story: %s}"
    same = f"{{name: same, rules: [stories], articles: [{article % 'x'}, {article % 'x'}], alerts: []}}"
    other = f"{{name: other, rules: [stories], articles: [{article % 'x'}, {article % 'y'}], alerts: [{{count: 2}}]}}"
    for result in run(tmp_path, f"tests: [{same}, {other}]"):
        assert result.passed, result.problems


def test_only_missing_values_are_extracted(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(RULES)
    (tmp_path / "desk.test.yaml").write_text(f"tests: [{{name: one, articles: {ONE}, alerts: [{{rule: talks}}]}}]")
    seen: list[EnrichedArticle] = []

    def extract(article: EnrichedArticle) -> EnrichedArticle:
        seen.append(article)
        return article

    (result,) = run_file(tmp_path / "desk.test.yaml", load_rules(tmp_path), extract)
    assert result.passed
    assert [(article.id, article.title, article.countries) for article in seen] == [("a1", "T", ())]


def test_an_unknown_rule_fails_the_test(tmp_path: Path) -> None:
    (result,) = run(tmp_path, f"tests: [{{name: one, rules: [tlaks], articles: {ONE}}}]")
    assert result.problems[0].endswith("no enabled rule is named 'tlaks'; did you mean 'talks'?")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tests: [{name: x, articles: [{txt: a}]}]", "tests[0].articles[0]: unknown key 'txt'; did you mean 'text'?"),
        ("tests: [{articles: []}]", "tests[0]: the key 'name' is missing"),
        ("tests: [", "not YAML"),
        ("test: []", "unknown key 'test'; did you mean 'tests'?"),
    ],
)
def test_invalid_file_is_reported(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        run(tmp_path, text)
    assert says in str(caught.value)
    assert "desk.test.yaml" in str(caught.value)


def test_the_results_are_written_as_junit() -> None:
    results = [TestResult(file="a", name="one"), TestResult(file="a", name="two", problems=("missing <x>",))]
    text = junit(results).decode()
    assert '<testsuite name="a" tests="2" failures="1">' in text
    assert 'message="missing &lt;x&gt;"' in text


def test_number_in_a_text_field_is_read_as_text(tmp_path: Path) -> None:
    tests = """
tests:
  - name: 1
    rules: [talks, stories]
    articles:
      - {id: 1, title: 2020, language: no, story: 1, countries: [Kyrgyzstan], themes: [diplomacy]}
      - {id: 2, story: 2, themes: [diplomacy]}
    alerts: [{rule: talks, annotations: {summary: 2020}}, {rule: stories, count: 2}]
"""
    (result,) = run(tmp_path, tests)
    assert result.passed, result.problems


def test_similar_long_story_names_are_different_stories(tmp_path: Path) -> None:
    names = ("the-tour-of-the-secretary-of-state-01", "the-tour-of-the-secretary-of-state-02")
    articles = ", ".join(f"{{themes: [diplomacy], story: {name}}}" for name in names)
    (result,) = run(tmp_path, f"tests: [{{name: x, rules: [stories], articles: [{articles}], alerts: [{{count: 2}}]}}]")
    assert result.passed, result.problems


def test_misspelt_country_or_theme_gives_a_warning(tmp_path: Path) -> None:
    (result,) = run(
        tmp_path, "tests: [{name: x, rules: [talks], articles: [{countries: [KYZ], themes: [diplomcy]}], alerts: []}]"
    )
    assert result.passed
    assert "KYZ" in result.warnings[0]
    assert "did you mean 'diplomacy'?" in result.warnings[1]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ("[sanktion]", "unknown event type 'sanktion'"),
        ("[{type: aid, place: Atlantis}]", "country, found 'Atlantis'"),
        ("[{type: aid, targets: [{country: KYZ}]}]", "country, found 'KYZ'"),
        ("[{type: aid, actors: [{class: ministre}]}]", "unknown role class 'ministre'"),
    ],
)
def test_misspelt_event_gives_a_warning(tmp_path: Path, events: str, said: str) -> None:
    (result,) = run(tmp_path, f"tests: [{{name: x, rules: [talks], articles: [{{events: {events}}}], alerts: []}}]")
    assert result.passed
    assert said in result.warnings[0]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("{type: aid, status: canceled}", "cancelled"),
        ("{type: aid, actor: USA}", "unknown key 'actor'"),
        ("{}", "type"),
    ],
)
def test_event_that_the_record_cannot_have_is_an_error(tmp_path: Path, event: str, said: str) -> None:
    with pytest.raises(RuleSetError) as raised:
        run(tmp_path, f"tests: [{{name: x, articles: [{{events: [{event}]}}]}}]")
    assert said in str(raised.value)


def test_given_events_are_those_of_the_record() -> None:
    given = {
        "events": [
            "coup",
            {"type": "aid", "actors": ["Kazakhstan", {"country": "Iran", "class": "minister"}], "targets": ["UN"]},
        ]
    }
    article = msgspec.convert(given, RuleTestArticle).enriched(0, FIRST_TIME, lambda read: read)
    assert article.events == (
        Event("coup"),
        Event("aid", actors=(Party("KAZ"), Party("IRN", role_class="minister")), targets=(Party(name="UN"),)),
    )


def test_an_unreadable_horizon_fails_the_test(tmp_path: Path) -> None:
    (result,) = run(tmp_path, f"tests: [{{name: x, rules: [talks], articles: {ONE}, alerts: [{{}}], until: tomorrow}}]")
    assert "expected an RFC 3339 time" in result.problems[0]


def test_article_with_an_unusable_date_follows_the_previous_article(tmp_path: Path) -> None:
    articles = (
        "[{published_at: '2021-01-01'}, "
        "{published_at: '1970-01-01T00:00:00Z', themes: [diplomacy]}, {published_at: soon, themes: [diplomacy]}]"
    )
    test = (
        f"{{name: x, rules: [stories], articles: {articles}, alerts: [{{count: 2, starts_at: 2021-01-01T00:02:00Z}}]}}"
    )
    (result,) = run(tmp_path, f"tests: [{test}]")
    assert result.passed, result.problems


def test_error_message_has_the_place(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError) as caught:
        run(tmp_path, "tests:\n  - name: x\n    articles:\n      - {text: a}\n      - {text: b, sorce: c}\n")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.path) == (5, 19, "tests[0].articles[1]")
    assert "did you mean 'source'?" in problem.message


def test_files_in_subfolders_are_found_and_hidden_ones_are_not(tmp_path: Path) -> None:
    root = tmp_path / ".hidden" / "rules"
    for place in ("a.test.yaml", "below/b.test.yaml", ".git/c.test.yaml"):
        file = root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("tests: []")
    assert [file.name for file in test_files(root)] == ["a.test.yaml", "b.test.yaml"]
