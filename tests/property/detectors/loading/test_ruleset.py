"""Loading any rule file ends soon, with a rule set or with problems that have a place.

The JSON Schema accepts every file that the loader accepts: an editor never underlines valid rules.
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.authoring.rule_test_files import read_tests
from detectors.loading.ruleset import load_rules
from detectors.loading.schema import rule_schema
from detectors.reading.nodes import plain
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problem, Problems, RuleSetError
from detectors.rules.kind import keys_of, kinds
from tests.property.detectors.written import SOUND
from tests.rigs.examples import examples

ROOT = Path(__file__).parents[4]
VALID = [
    path.read_text(encoding="utf-8")
    for folder in (ROOT / "deploy" / "rules", ROOT / "tests" / "integration" / "rules" / "language")
    for path in sorted(folder.glob("*.yaml"))
    if not path.name.endswith(".test.yaml")
]
PIECES = [
    *" \n\t:-{}[]&*!|>'\"#%@`,?\\/\0\u00a0\ufeff\u2028é😀", "- ", ": ", "&a ", "*a ", "!!python/object:os.system ",
    "<<: ", "---\n", "...\n", "null", "~", "true", "no", "1e999", "0x7f", ".inf", "-1", "9" * 400, "{{ x }}", "{% for",
    "macro: ", "in: ", "not_in: ", "matches: '(a+)+$'", "matches: '('", "rules:\n", "overrides:\n", "where: ", "[[[[[[",
    "file: ../../etc/passwd", "file: /dev/zero", "window: 9999999999w", "group_by: [country, country]", "at_least: {}",
]  # fmt: skip
TEST_PIECES = [
    "    articles: ", "[{text: A coup.}]\n", "    alerts: ", "[{}]\n", "{countries: ", "[KAZ, {alpha3: 7}]", "meta: {a: [1]}",
    "    rules: ", "story: 1", "until: 2020", "officials: [{id: a}]", "published_at: {}", "version: 99999999999999999999",
]  # fmt: skip
SOME = settings(max_examples=examples(300), deadline=3000, suppress_health_check=[HealthCheck.too_slow])


def load(text: str | bytes) -> bool:
    """Whether the text is a rule set; an error must say where."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        refused: tuple[Problem, ...] | None = None
        try:
            load_rules(Path(folder), linting=True)
        except RuleSetError as error:
            refused = error.problems
    for problem in refused or ():
        assert problem.file == "desk.yaml"
        assert problem.line >= 1
        assert problem.column >= 1
        assert 0 < len(problem.message) < 5000
    assert refused != ()
    return refused is None


@SOME
@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    load(raw)


@SOME
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=40))
def test_any_yaml_like_text(pieces: list[str]) -> None:
    load("".join(pieces))


@SOME
@given(st.lists(st.sampled_from([*PIECES, *TEST_PIECES]) | st.text(max_size=8), max_size=40))
def test_any_file_of_unit_tests(pieces: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.test.yaml"
        file.write_bytes("".join(["tests:\n  - name: x\n", *pieces]).encode("utf-8", "surrogatepass"))
        said = ""
        try:
            read_tests(file)
        except RuleSetError as error:
            said = str(error)
    assert not said or said.startswith(f"{file}:")


@SOME
@given(st.data())
def test_mutated_valid_files(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(VALID))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        put = data.draw(st.sampled_from(PIECES) | st.just("") | st.just(text[start:end] * 2) | st.text(max_size=5))
        text = text[:start] + put + text[end:]
    load(text)


WORDS = st.sampled_from([
    "coup", "cancel*", "KAZ", "Kazakhstan", "energy", "minister", "a.example", "central", "2d", "1h", "p90", "story",
    "country", "source", "official", "warning", "main", "UTC", "08:00-20:00", "mon", "[a", "*", "", "none", "no",
    "{{ count }}", "{{ cuont }}", "article", "meta.tone", "theme.score", "term", "up", "x-1", "1d12h",
])  # fmt: skip
SCALARS = WORDS | st.integers(-2, 30) | st.floats(-1, 2).map(lambda x: round(x, 2)) | st.booleans() | st.none()
FIELDS = st.sampled_from([
    "official", "country", "theme", "organisation", "text", "title", "lead", "source", "language", "id", "url", "age",
    "meta.tone", "all", "any", "none", "not", "sentence", "near", "macro", "is", "in", "not_in", "contains", "exists",
    "startswith", "endswith", "matches", "gt", "gte", "lt", "lte", "cased", "name", "class", "former", "score", "role",
    "salience", "confidence",
])  # fmt: skip
ODD = st.recursive(
    st.dictionaries(FIELDS, SCALARS | st.lists(SCALARS, max_size=3), max_size=3),
    lambda inner: st.dictionaries(FIELDS, inner | st.lists(inner, max_size=3) | SCALARS, max_size=3),
    max_leaves=6,
)
CONDITION = st.integers(0, 5).flatmap(lambda dice: ODD if dice == 0 else SOUND)


@cache
def _keys() -> list[str]:
    definitions = rule_schema()["definitions"]
    return sorted({key for name in kinds() for key in definitions[f"kind-{name}"]["properties"]} - {"name", "kind"})


@cache
def _own(kind: str) -> list[str]:
    return sorted(set(rule_schema()["definitions"][f"kind-{kind}"]["properties"]) - {"name", "kind"})


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(kinds())))
    keys = draw(st.lists(st.sampled_from(_own(kind)) | st.sampled_from(_keys()), max_size=5, unique=True))
    required = [key for key, spec in keys_of(kinds()[kind]).items() if spec.required]
    rule: dict[str, Any] = {"name": "one", "kind": kind}
    for key in [*required, "where", *keys]:
        if key not in rule:
            rule[key] = draw(_value(key))
    return rule


def _value(key: str) -> st.SearchStrategy[Any]:
    durations = st.sampled_from(["1d", "2h", "90s", "1d12h", "0", "soon", 5])
    fields = st.sampled_from(["country", "official.class", "source", "meta.tone", "contry", "term", "country_pair"])
    usual: dict[str, st.SearchStrategy[Any]] = {
        **dict.fromkeys(("where", "count", "to", "after", "without"), CONDITION),
        "steps": st.lists(CONDITION, min_size=1, max_size=3),
        "exceptions": st.lists(st.fixed_dictionaries({"name": WORDS, "where": CONDITION}), max_size=2),
        **dict.fromkeys(
            ("window", "throttle", "lateness", "for", "every", "within", "reference", "remember", "learn"), durations
        ),
        **dict.fromkeys(("group_by", "once_per"), fields | st.lists(fields, max_size=2)),
        "of": fields,
        **dict.fromkeys(
            ("at_least", "at_most", "factor", "below", "clear"),
            st.integers(0, 9) | st.dictionaries(st.sampled_from(["info", "warning", "dire"]), st.integers(0, 9)),
        ),
        "annotations": st.dictionaries(WORDS, WORDS, max_size=2),
        "labels": st.dictionaries(WORDS, SCALARS, max_size=2),
    }
    odd = SCALARS | st.lists(SCALARS, max_size=3)
    known = usual.get(key, odd)
    return st.integers(0, 9).flatmap(lambda dice: odd if dice == 0 else known)


def _agree(rule: dict[str, Any]) -> bool:
    """Whether the loader accepts the rule; if so, the schema must too."""
    text = json.dumps({"lists": {"asia": ["KAZ"], "KAZ": ["KAZ"]}, "rules": [rule]})  # JSON is YAML
    root = parse_yaml(text, "desk.yaml", Problems())
    taken = load(text)
    if taken:
        assert root is not None
        assert [error.message for error in _validator().iter_errors(plain(root))] == []
    return taken


LENIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=examples(300), deadline=3000, suppress_health_check=LENIENT)
@given(rules())
def test_schema_accepts_the_rules_that_the_loader_accepts(rule: dict[str, Any]) -> None:
    _agree(rule)


@settings(max_examples=examples(300), deadline=3000, suppress_health_check=LENIENT)
@given(SOUND)
def test_schema_accepts_the_conditions_that_the_loader_accepts(condition: dict[str, Any]) -> None:
    _agree({"name": "one", "kind": "match", "where": condition})


@cache
def _validator() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(rule_schema())
