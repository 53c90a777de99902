"""Rule files that are neither refused with their place nor loaded soon, and rules that an article makes fail."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from detectors.engine.matching import Engine
from detectors.loading.ruleset import RuleSetError, load_rules
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import join
from streams.records.article import Article
from tests.rigs.fuzz import MOST_SECONDS, mutated, rounds

RULES = sorted((Path(__file__).parents[2] / "deploy" / "rules").glob("*.yaml"))
PIECES = (
    *(b"{", b"[", b"'", b"#", b": ", b"- ", b"\n", b"&a ", b"*a", b"!!int ", b"\x00", b"\xff", b"\t", b"9" * 400, b"-1"),
    *(b"{macro: a}", b"{not: {text: a}}", b"[[[[", b"1e999", b"999999w", b"matches: '((a{1,99}){1,99}){1,99}'", b"~"),
    *(b"{{ 1|round(99999999,'ceil') }}", b"{{ 'a'*99999999 }}", b"{in: a}", b"cased: true, ", b"2025-02-30", b"null"),
)  # fmt: skip
TEXT = "President Macron of France met Iranian officials. Riot police fired tear gas after the coup in Venezuela."


def _parts(file: Path) -> list[bytes]:
    """A file's rules, a few at a time: a whole file takes a second to load."""
    head, _, rules = file.read_bytes().partition(b"\nrules:\n")
    found = rules.split(b"\n  - ")
    return [head + b"\nrules:\n  - " + b"\n  - ".join(found[at : at + 3]) for at in range(1, len(found), 3)]


def test_every_rule_file_is_refused_with_its_place_or_works(tmp_path: Path) -> None:
    samples = [part for file in RULES for part in _parts(file)]
    assert len(samples) > 5
    time_ = datetime(2025, 3, 1, tzinfo=UTC)
    article = join(Article(id="a", text=TEXT), Extractor().extract("", TEXT), time_)
    loaded = 0
    for chance in rounds("rules"):
        (tmp_path / "a.yaml").write_bytes(mutated(chance, chance.choice(samples), PIECES))
        started = time.process_time()
        try:
            rules = load_rules(tmp_path, linting=True)
        except RuleSetError as error:
            refused = error.problems
        else:
            refused = ()
            loaded += 1
            reading = Engine(rules).read(article)
            assert not [limit for limit in reading.limits if limit.what == "failed"]
        assert all(problem.line > 0 and problem.message for problem in refused)
        assert time.process_time() - started < MOST_SECONDS
    print(f"rules: {loaded} loaded")
