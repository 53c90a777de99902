"""Watch rules: matching an article against 10 to 100,000 rules, with the index and a plain loop; loading time, memory."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pycountry
import pytest

from detectors.conditions.view import ArticleView
from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
from detectors.model.article import EnrichedArticle, Event, Party
from detectors.vocabulary import event_types, shipped_vocabulary
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import enrich_lines
from streams.sources.files import read_lines

SEED = 20251124
SIZES = (10, 1_000, 10_000, 100_000)
SAMPLES = Path(__file__).parents[2] / "streams" / "data" / "samples" / "articles.jsonl"
GOLD = Path(__file__).parents[3] / "shared" / "gold" / "articles-more.jsonl"
#: RSigma 0.23 with the same mix of rules, on one core of a similar machine: ms per article by number of rules.
RSIGMA = {10: 0.005, 1_000: 0.02, 10_000: 0.20, 100_000: 2.95}
RSIGMA_MB = 684

LOAD = """
import json, sys, time
from pathlib import Path
from detectors.engine.matching import Engine
from detectors.loading.ruleset import load_rules
started = time.perf_counter()
rules = load_rules(Path(sys.argv[1]))
loaded = time.perf_counter()
engine = Engine(rules)
done = time.perf_counter()
# not ru_maxrss, which a child inherits from its parent
peak = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([len(rules.rules), loaded - started, done - loaded, peak]))
"""

Report = Callable[[str, list[dict[str, Any]]], None]


class Mix:
    """Four kinds of rule in equal parts: country, theme and role class; an official's name and a theme; two terms and
    a country; two countries and two themes. There are 20,000 names, including those of the articles; terms are words
    of the articles."""

    def __init__(self, articles: Sequence[EnrichedArticle]) -> None:
        self.chance = Random(SEED)
        vocabulary = shipped_vocabulary()
        self.themes, self.classes = sorted(vocabulary.themes), sorted(vocabulary.role_classes)
        self.countries = sorted(country.alpha_3 for country in pycountry.countries)
        words = Counter(word for article in articles for word in re.findall(r"[a-z]{4,}", article.text.lower()))
        self.terms = [word for word, _ in words.most_common(3_000)]
        real = sorted({person.name for article in articles for person in article.officials})
        given = [
            a + b for a in ("Al", "Be", "Da", "Ed", "Gu", "Ja", "Ka", "Li", "Ma", "No") for b in ("n", "rik", "mir")
        ]
        family = [a + b for a in given for b in ("ov", "sen", "yan", "ez", "son", "ski", "dze", "ić", "oğlu", "bayev")]
        made = [f"{first} {middle}. {last}" for first in given for middle in "ABC" for last in family]
        self.names = (real + self.chance.sample(made, len(made)))[:20_000]

    def where(self, number: int) -> dict[str, Any]:
        """The condition of a rule."""
        pick = self.chance.choice
        if number % 4 == 0:
            return {
                "country": pick(self.countries),
                "theme": pick(self.themes),
                "official": {"class": pick(self.classes)},
            }
        if number % 4 == 1:
            return {"official": {"name": pick(self.names)}, "theme": pick(self.themes)}
        if number % 4 == 2:
            return {"all": [{"text": pick(self.terms)}, {"text": pick(self.terms)}], "country": pick(self.countries)}
        countries, themes = self.chance.sample(self.countries, 2), self.chance.sample(self.themes, 2)
        return {"country": {"all": countries}, "theme": {"all": themes}}

    def rules(self, count: int) -> list[str]:
        """The first `count` rules, as YAML."""
        return [rule_of(number, self.where(number)) for number in range(count)]

    def where_of_events(self, number: int) -> dict[str, Any]:
        """The condition of a rule on an event: four kinds in equal parts, each of a type (or two)."""
        pick = self.chance.choice
        types, countries = self.chance.sample(sorted(event_types()), 2), self.chance.sample(self.countries, 8)
        if number % 4 == 0:
            return {"event": {"type": types[0], "target": {"country": {"in": countries}}}}
        if number % 4 == 1:
            return {"event": {"type": types, "status": ["happened", "planned"], "actor": pick(self.names)}}
        if number % 4 == 2:
            other = {"class": pick(self.classes), "country": {"not_in": countries}}
            return {"event": {"type": types[0], "participant": {"all": [{"country": countries[0]}, other]}}}
        return {"event": {"type": types[0], "actor": countries[0]}, "theme": pick(self.themes)}


def with_events(articles: Sequence[EnrichedArticle]) -> list[EnrichedArticle]:
    """The articles, each with up to five invented events of its own countries and officials."""
    chance = Random(SEED)
    types = sorted(event_types())

    def parties(article: EnrichedArticle) -> tuple[Party, ...]:
        people = [Party(one.country, one.name, one.id, one.role_class) for one in article.officials]
        known = [*people, *(Party(country.alpha3) for country in article.countries)]
        return tuple(chance.sample(known, min(len(known), chance.choice([1, 1, 2, 3]))))

    return [
        msgspec.structs.replace(
            article,
            events=tuple(
                Event(chance.choice(types), actors=parties(article), targets=parties(article))
                for _ in range(chance.randint(0, 5))
            ),
        )
        for article in articles
    ]


def rule_of(number: int, where: dict[str, Any]) -> str:
    keys = "".join(f"\n      {key}: {json.dumps(value)}" for key, value in where.items())
    return f"  - name: rule-{number}\n    kind: match\n    where:{keys}\n"


def written(folder: Path, rules: Iterable[str]) -> Path:
    """Write a rule set of these rules."""
    folder.mkdir(exist_ok=True)
    (folder / "rules.yaml").write_text("rules:\n" + "".join(rules))
    return folder


@pytest.fixture(scope="module")
def articles() -> list[EnrichedArticle]:
    lines = read_lines(file for file in (SAMPLES, GOLD) if file.is_file())
    found = enrich_lines(Extractor(), lines, datetime(2025, 11, 24, tzinfo=UTC))
    return [article for article in found if isinstance(article, EnrichedArticle)]


@pytest.fixture(scope="module")
def rules(articles: list[EnrichedArticle]) -> list[str]:
    return Mix(articles).rules(SIZES[-1])


def milliseconds(ask: Callable[[EnrichedArticle], Any], articles: Sequence[EnrichedArticle]) -> float:
    started = time.perf_counter()
    for article in articles:
        ask(article)
    return (time.perf_counter() - started) / len(articles) * 1000


def plain_loop(engine: Engine) -> Callable[[EnrichedArticle], list[str]]:
    """Evaluate each rule separately, as an engine without an index does."""

    def ask(article: EnrichedArticle) -> list[str]:
        view = ArticleView(article, engine.lexicon)
        return [one.rule.name for one in engine.compiled if one.met(view)]

    return ask


@pytest.mark.timeout(600)
def test_matching(articles: list[EnrichedArticle], rules: list[str], tmp_path: Path, report: Report) -> None:
    rows: list[dict[str, Any]] = []
    for size in SIZES:
        engine = Engine(load_rules(written(tmp_path / str(size), rules[:size])))
        loop = plain_loop(engine)
        some = articles[:: max(1, len(articles) * size // 200_000)]  # the loop is slow: about 200,000 evaluations
        assert [engine.matching(article) for article in some] == [loop(article) for article in some]
        milliseconds(engine.matching, articles)
        indexed = min(milliseconds(engine.matching, articles) for _ in range(5))
        looped = milliseconds(loop, some)
        matches = sum(len(engine.matching(article)) for article in articles) / len(articles)
        rows.append({
            "rules": size, "matches an article": matches, "index, ms": indexed, "plain loop, ms": looped,
            "times": looped / indexed, "RSigma, ms": RSIGMA[size],
        })  # fmt: skip
    report("rules-matching", rows)
    assert rows[-1]["index, ms"] <= 1.0


@pytest.mark.timeout(600)
def test_matching_of_events(articles: list[EnrichedArticle], tmp_path: Path, report: Report) -> None:
    """Half of the rules have a condition on an event, and most articles have several events."""
    articles = with_events(articles)
    mix = Mix(articles)
    rules = [rule_of(n, mix.where_of_events(n // 2) if n % 2 else mix.where(n // 2)) for n in range(SIZES[-1])]
    rows: list[dict[str, Any]] = []
    for size in SIZES:
        engine = Engine(load_rules(written(tmp_path / str(size), rules[:size])))
        loop = plain_loop(engine)
        some = articles[:: max(1, len(articles) * size // 200_000)]
        assert [engine.matching(article) for article in some] == [loop(article) for article in some]
        milliseconds(engine.matching, articles)
        indexed = min(milliseconds(engine.matching, articles) for _ in range(5))
        matches = sum(len(engine.matching(article)) for article in articles) / len(articles)
        rows.append({"rules": size, "matches an article": matches, "index, ms": indexed})
    report("rules-events", rows)
    assert rows[-1]["index, ms"] <= 1.0


@pytest.mark.timeout(600)
def test_patterns_alone(articles: list[EnrichedArticle], tmp_path: Path, report: Report) -> None:
    """Rules with only a pattern, which has no words to look up."""
    chance = Random(SEED)
    words = sorted({word for article in articles for word in re.findall(r"[a-z]{5,}", article.text)})
    shapes = (
        r"(?i)\b{}(s|ed)?\b", r"{}.{{0,40}}{}", r"(?i)({}|{})\s+{}", r"{}\W+(?:\w+\W+){{0,5}}{}", r"\d+ {}",
    )  # fmt: skip
    rules = [
        rule_of(number, {"text": {"matches": chance.choice(shapes).format(*chance.sample(words, 3))}})
        for number in range(10_000)
    ]
    rows: list[dict[str, Any]] = []
    for size in (10, 1_000, 10_000):
        engine = Engine(load_rules(written(tmp_path / str(size), rules[:size])))
        loop = plain_loop(engine)
        some = articles[:: max(1, len(articles) * size // 50_000)]
        assert [engine.matching(article) for article in some] == [loop(article) for article in some]
        indexed = min(milliseconds(engine.matching, articles[:200]) for _ in range(3))
        looped = milliseconds(loop, some)
        rows.append({"rules": size, "index, ms": indexed, "plain loop, ms": looped, "times": looped / indexed})
    report("rules-patterns", rows)
    assert rows[-1]["times"] >= 10


@pytest.mark.timeout(600)
def test_a_thousand_times_the_rules_with_as_many_matches(
    articles: list[EnrichedArticle], rules: list[str], tmp_path: Path, report: Report
) -> None:
    engine = Engine(load_rules(written(tmp_path / "all", rules)))
    hits = Counter(name for article in articles for name in engine.matching(article))
    known = [rule.name for rule in engine.rules.values()]
    met = [int(name.removeprefix("rule-")) for name, _ in hits.most_common(10)]
    unmet = [number for number, name in enumerate(known) if name not in hits]
    engines = {
        size: Engine(load_rules(written(tmp_path / str(size), [rules[n] for n in (*met, *unmet[: size - 10])])))
        for size in (10, 10_000)
    }
    times = {size: [milliseconds(one.matching, articles) for _ in range(9)] for size, one in engines.items()}
    rows = [
        {
            "rules": size,
            "matches an article": sum(len(one.matching(article)) for article in articles) / len(articles),
            "index, ms": min(times[size]),
            "times the cost at 10": min(times[size]) / min(times[10]),
        }
        for size, one in engines.items()
    ]
    report("rules-as-many-matches", rows)
    assert rows[0]["matches an article"] == rows[1]["matches an article"]
    assert rows[1]["times the cost at 10"] <= 2


@pytest.mark.timeout(600)
def test_loading(rules: list[str], tmp_path: Path, report: Report) -> None:
    rows: list[dict[str, Any]] = []
    for size, seconds, megabytes in ((10_000, 5, 1000), (100_000, 60, 1000)):
        folder = written(tmp_path / str(size), rules[:size])
        done = subprocess.run([sys.executable, "-c", LOAD, str(folder)], capture_output=True, text=True, check=True)
        count, loading, indexing, peak = json.loads(done.stdout)
        assert count == size
        rows.append({
            "rules": size, "YAML, s": loading, "index, s": indexing, "together at most, s": seconds, "peak, MB": peak,
            "at most, MB": megabytes, "RSigma, MB": RSIGMA_MB if size == 100_000 else "",
        })  # fmt: skip
    report("rules-loading", rows)
    for row in rows:
        assert row["YAML, s"] + row["index, s"] < row["together at most, s"]
        assert row["peak, MB"] < row["at most, MB"]
