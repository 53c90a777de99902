"""What `rules check` warns about, and what it accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.loading.ruleset import Problem, RuleSetError, load_rules

NEVER = [
    ("an empty any", "kind: match, where: {any: []}", "never"),
    ("an empty list", "kind: match, where: {country: {in: []}}", "never"),
    ("an empty list by name", "kind: match, where: {country: {in: empty}}", "empty"),
    ("bounds with nothing between", "kind: match, where: {theme: {score: {gte: 0.8, lt: 0.5}}}", "theme.score"),
    ("a score above one", "kind: match, where: {theme: {score: {gt: 1}}}", "from 0 to 1"),
    ("a confidence below zero", "kind: match, where: {official: {confidence: {lt: 0}}}", "from 0 to 1"),
    ("a score that is two", "kind: match, where: {theme: {score: {is: 2}}}", "from 0 to 1"),
    ("two sources at once", "kind: match, where: {all: [{source: a}, {source: b}]}", "'a' and 'b'"),
    ("two sources, deeper", "kind: match, where: {source: a, all: [{source: b}, {text: c}]}", "'a' and 'b'"),
    ("a source and not it", "kind: match, where: {all: [{source: a}, {source: {not_in: [a]}}]}", "not 'a'"),
    ("a country that is not in the list", "kind: match, where: {country: {is: KAZ, in: [KGZ]}}", "'KAZ' and 'KGZ'"),
    ("ages", "kind: match, where: {age: {gt: 2d, lt: 1d}}", "age"),
    ("meta", "kind: match, where: {meta.tone: {gt: 5, lt: 5}}", "meta.tone"),
    ("former and not", "kind: match, where: {official: {former: {is: true, exists: false}}}", "official.former"),
    ("themes in French", "kind: match, where: {language: fr, theme: energy}", "English"),
    ("a value and none", "kind: match, where: {all: [{theme: energy}, {theme: {exists: false}}]}", "none"),
    ("to hold and not to hold", "kind: match, where: {text: a, none: [{text: a}]}", "must hold and not hold"),
    (
        "a group without a value",
        "kind: match, where: {country: {exists: false}}, once_per: country",
        "'where' excludes articles with country",
    ),
    (
        "an exception for every article",
        "kind: match, where: {text: a}, exceptions: [{name: x, where: {text: a}}]",
        "'x'",
    ),
    ("more than a group holds", "kind: frequency, window: 1d, at_least: 10001", "at most 10000"),
    ("a share above all", "kind: ratio, count: {text: a}, window: 1d, at_least: 1.5", "at most 1"),
    ("a score of two", "kind: metric, value: theme.score, function: max, window: 1d, at_least: 2", "at most 1"),
    ("a score below zero", "kind: metric, value: theme.score, function: avg, window: 1d, at_most: -1", "at least 0"),
    ("more classes than there are", "kind: cardinality, of: official.class, window: 1d, at_least: 99", "at most"),
    ("a factor that is hidden", "kind: spike, window: 1d, reference: 7d, factor: {info: 4, warning: 2}", "info (4)"),
    ("a wait that is over", "kind: absence, after: {text: [a]}, without: {text: a}, within: 1d", "begins the wait"),
    (
        "a step against where",
        "kind: together, where: {source: a}, steps: [{source: b}, {text: c}], window: 1d",
        "'a' and 'b'",
    ),
    (
        "a value that is missing",
        "kind: change, where: {theme: {exists: false}}, of: theme",
        "'where' excludes articles with theme",
    ),
    (
        "a target of a weapons test",
        "kind: match, where: {event: {type: weapons_test, target: KAZ}}",
        "weapons_test has no target",
    ),
    (
        "a target of two such types",
        "kind: match, where: {event: {type: [election, departure], target: {exists: true}}}",
        "departure or election has no target",
    ),
    (
        "an actor of a disaster",
        "kind: match, where: {event: {type: disaster, actor: {all: [KAZ, USA]}}}",
        "disaster has no actor",
    ),
    (
        "two statuses at once",
        "kind: match, where: {event: {type: visit, status: {in: [planned], not_in: [planned]}}}",
        "event.status",
    ),
    ("an event in French", "kind: match, where: {language: fr, event: coup}", "event is only found in English"),
    ("a confidence of two", "kind: match, where: {event: {confidence: {gte: 2}}}", "from 0 to 1"),
    (
        "two states of one party",
        "kind: match, where: {event: {actor: {country: {is: KAZ, not_in: [KAZ]}}}}",
        "event.actor.country is 'KAZ' and not 'KAZ'",
    ),
    (
        "what the event must not be",
        "kind: match, where: {event: {type: coup, target: KAZ, not: {target: KAZ}}}",
        "must be what it must not be",
    ),
    (
        "a group by no target",
        "kind: match, where: {event: election}, once_per: event.target",
        "election has no target, so no event.target",
    ),
    (
        "a pair of one",
        "kind: frequency, where: {event: agreement}, window: 1d, at_least: 2, group_by: [event.pair]",
        "agreement has no target, so no event.pair",
    ),
    (
        "different actors of disasters",
        "kind: cardinality, where: {event: disaster}, window: 1d, at_least: 2, of: event.actor",
        "disaster has no actor, so no event.actor",
    ),
    (
        "a template without an event",
        "kind: match, where: {text: a}, annotations: {summary: '{{ event.actor }}'}",
        "'summary' shows an event",
    ),
    (
        "no theme, in any language",
        "kind: match, where: {country: KAZ, not: {theme: energy}}",
        "theme is not looked for",
    ),
    ("no official, in any language", "kind: match, where: {official: {exists: false}}", "official is not looked for"),
    (
        "a wait that only English answers",
        "kind: absence, after: {text: a}, without: {theme: energy}, within: 1d",
        "only answered by English articles",
    ),
    (
        "more languages than one",
        "kind: cardinality, where: {language: en}, of: language, window: 1d, at_least: 5",
        "'where' leaves 1 language, but it needs 5",
    ),
    (
        "one source twice",
        "kind: corroborated, where: {source: a, text: b}, window: 1d, at_least: 2",
        "'where' leaves 1 source, but it needs 2",
    ),
    (
        "more sources than the condition has",
        "kind: frequency, distinct: source, where: {source: [a, b]}, window: 1d, at_least: 3",
        "'where' leaves 2 source, but it needs 3",
    ),
    (
        "sources within a source",
        "kind: corroborated, where: {text: b}, window: 1d, at_least: 2, group_by: [source]",
        "a group leaves 1 source",
    ),
    ("a corroboration by one", "kind: corroborated, where: {text: b}, window: 1d, at_least: 1", "expected 2 or more"),
    ("a factor of one", "kind: spike, window: 1d, reference: 7d, factor: 1", "expected more than 1"),
    ("a share of nothing", "kind: ratio, count: {text: a}, window: 1d, at_least: 0", "never below 0"),
    ("a severity that is hidden", "kind: frequency, window: 1d, at_least: {warning: 9, critical: 3}", "warning (9)"),
]
FINE = [
    "kind: match, where: {country: {exists: false}}, once_per: country, missing: group",
    "kind: cardinality, where: {language: [en, ru]}, of: language, window: 1d, at_least: 2",
    "kind: corroborated, where: {source: [a, b], text: c}, window: 1d, at_least: 2",
    "kind: frequency, where: {source: a}, window: 1d, at_least: 5",
    "kind: cardinality, of: country, where: {country: KAZ}, window: 1d, at_most: 1",
    "kind: match",
    "kind: match, where: {theme: {score: {gte: 0.5, lte: 0.5}}}",
    "kind: match, where: {all: [{country: KAZ}, {country: USA}]}",
    "kind: match, where: {country: {all: [KAZ, USA]}}",
    "kind: match, where: {all: [{official: {class: diplomat}}, {official: {class: minister}}]}",
    "kind: match, where: {official: {name: {is: Kerry}, id: a}}",
    "kind: match, where: {any: [{source: a}, {source: b}]}",
    "kind: match, where: {source: {not_in: [a]}}",
    "kind: match, where: {theme: energy, not: {theme: cyber}}",
    "kind: match, where: {event: {type: [election, coup], target: KAZ}}, once_per: event.target",
    "kind: match, where: {event: {type: weapons_test, participant: PRK}}, once_per: [event.participant, event.actor]",
    "kind: match, where: {event: {type: weapons_test, target: {exists: false}}}",
    "kind: match, where: {event: {actor: {name: {is: a}, official: b}}}",
    "kind: match, where: {event: {type: coup, not: {target: KAZ}}}",
    "kind: match, where: {event: {any: [{target: KAZ}, {actor: KAZ}], status: any}}",
    "kind: match, where: {text: a}, once_per: event.target, annotations: {summary: '{{ event.target }}'}",
    "kind: together, window: 1d, where: {event: election}, steps: [{event: coup}, {text: b}], group_by: [event.target]",
    "kind: match, where: {event: coup}, annotations: {summary: '{{ events | length }}'}",
    "kind: match, where: {language: [fr, en], theme: energy}",
    "kind: match, where: {language: en, not: {theme: energy}}",
    "kind: absence, where: {language: en}, after: {text: a}, without: {theme: energy}, within: 1d",
    "kind: absence, where: {theme: sanctions}, after: {text: a}, without: {theme: energy}, within: 1d",
    "kind: match, where: {sentence: {text: talks, none: [{text: failed}]}}",
    "kind: match, where: {not: {country: {in: [KAZ]}}}",
    "kind: frequency, window: 1d, at_least: {warning: 3, critical: 9}",
    "kind: ratio, count: {text: a}, to: {text: b}, window: 1d, at_least: 1.5",
    "kind: metric, value: theme.score, function: sum, window: 1d, at_least: 9",
    "kind: metric, value: meta.tone, function: avg, window: 1d, at_most: -3",
    "kind: absence, after: {text: a}, without: {text: b}, within: 1d",
    "kind: cardinality, of: source, window: 1d, at_most: {warning: 9, critical: 3}",
    "kind: flatline, window: 1d, below: {warning: 9, critical: 3}",
    "kind: together, where: {source: a}, steps: [{text: b}, {text: c}], window: 1d",
]


def warnings(tmp_path: Path, text: str) -> tuple[Problem, ...]:
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    return load_rules(tmp_path, linting=True).warnings


@pytest.mark.parametrize(("rule", "said"), [case[1:] for case in NEVER], ids=[case[0] for case in NEVER])
def test_impossible_rule_is_warned_about(tmp_path: Path, rule: str, said: str) -> None:
    found = warnings(tmp_path, f"lists: {{empty: [], other: [a]}}\nrules:\n  - {{name: one, {rule}}}\n")
    about = [problem for problem in found if not problem.path.startswith("lists.")]
    assert len(about) == 1, found
    assert said in about[0].message
    assert about[0].line == 3
    assert about[0].column > 5
    assert about[0].path.startswith("rules[0].")


@pytest.mark.parametrize("rule", FINE)
def test_possible_rule_is_accepted(tmp_path: Path, rule: str) -> None:
    assert warnings(tmp_path, f"rules:\n  - {{name: one, {rule}}}\n") == ()


def test_the_name_of_a_list_as_the_name_of_a_party(tmp_path: Path) -> None:
    rule = "{name: one, kind: match, where: {event: {target: region, actor: {in: region}}}}"
    (found,) = warnings(tmp_path, f"lists: {{region: [KAZ]}}\nrules: [{rule}]")
    assert found.message == "this is a name; to use the list 'region' write in: region"


def test_not_in_without_a_positive_condition(tmp_path: Path) -> None:
    (found,) = warnings(tmp_path, "rules: [{name: one, kind: match, where: {country: {not_in: [KAZ]}}}]")
    assert "not: {country: {in: ...}}" in found.message


DUPLICATES = [
    ("kind: match, where: {text: a}", "kind: match, where: {text: [a]}"),
    ("kind: match, where: {country: KAZ, text: a}", "kind: match, where: {text: a, country: Kazakhstan}"),
    ("kind: match, where: {all: [{text: a}, {text: b}]}", "kind: match, where: {text: {all: [b, a]}}"),
    (
        "kind: match, where: {event: {type: coup, target: KAZ}}",
        "kind: match, where: {event: {target: Kazakhstan, type: [Coup]}}",
    ),
    ("kind: frequency, window: 24h, at_least: 2", "kind: frequency, window: 1d, at_least: 9, severity: info"),
]
OTHERS = [
    ("kind: match, where: {text: a}", "kind: match, where: {title: a}"),
    ("kind: match, where: {text: a}", "kind: match, where: {text: 'a*'}"),
    ("kind: match, where: {event: {target: KAZ}}", "kind: match, where: {event: {actor: KAZ}}"),
    ("kind: match, where: {event: {target: KAZ}}", "kind: match, where: {event: {target: {country: KAZ}}}"),
    ("kind: match, where: {text: a}", "kind: match, where: {text: a}, once_per: story"),
    ("kind: frequency, window: 1d, at_least: 2", "kind: frequency, window: 2d, at_least: 2"),
    ("kind: frequency, window: 1d, at_least: 2", "kind: frequency, window: 1d, at_least: 2, group_by: [source]"),
    ("kind: match, where: {any: [{text: a}, {text: b}]}", "kind: match, where: {all: [{text: a}, {text: b}]}"),
]


@pytest.mark.parametrize(("first", "second"), DUPLICATES)
def test_duplicates(tmp_path: Path, first: str, second: str) -> None:
    (found,) = warnings(tmp_path, f"rules:\n  - {{name: one, {first}}}\n  - {{name: two, {second}}}\n")
    assert found.message == "the same kind, condition, group and window as 'one' at desk.yaml:2"
    assert (found.file, found.line, found.column, found.path) == ("desk.yaml", 3, 5, "two.name")


@pytest.mark.parametrize(("first", "second"), OTHERS)
def test_no_duplicates(tmp_path: Path, first: str, second: str) -> None:
    assert warnings(tmp_path, f"rules:\n  - {{name: one, {first}}}\n  - {{name: two, {second}}}\n") == ()


def test_unused_lists_and_macros(tmp_path: Path) -> None:
    text = "lists: {a: [KAZ], b: [KGZ]}\nmacros: {c: {country: {in: a}}, d: {country: KAZ}}\n"
    found = warnings(tmp_path, text + "rules: [{name: one, kind: match, where: {macro: c}}]")
    assert {problem.path for problem in found} == {"lists.b", "macros.d"}


def test_the_name_of_a_list_in_brackets(tmp_path: Path) -> None:
    text = "lists: {people: [Ann]}\nrules: [{name: one, kind: match, where: {text: {in: [people]}}}]"
    found = [one.message for one in warnings(tmp_path, text) if not one.path.startswith("lists.")]
    assert found == ["this is the text itself; to use the list 'people' remove the brackets"]


def test_the_name_of_a_list_without_in(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match="write 'in: asia' to use the list 'asia'"):
        warnings(tmp_path, "lists: {asia: [KAZ]}\nrules: [{name: one, kind: match, where: {country: asia}}]")


BLOCKS = "rules:\n  - {name: b, kind: match, where: {text: b}, once_per: country}\n  - {name: c, kind: match, where: {text: c}}\n"


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ("alerts: {tags: [t]}, at_least: 2, window: 1d", "no enabled rule"),
        (
            "alerts: {rules: [c]}, at_least: 2, group_by: [country], window: 1d",
            "no rule that it reads is grouped by these fields",
        ),
        ("alerts: {rules: [b, c]}, at_least: 3, distinct: rule, window: 1d", "reads 2 rules, but needs alerts of 3"),
    ],
)
def test_chain_with_too_few_input_rules(tmp_path: Path, chain: str, said: str) -> None:
    (found,) = warnings(tmp_path, f"{BLOCKS}  - {{name: x, kind: chain, {chain}}}\n")
    assert said in found.message


KNOWN = "rules:\n" + "".join(
    f"  - {{name: {name}, kind: match, where: {{{where}}}, once_per: {per}}}\n"
    for name, where, per in (
        ("kaz", "country: KAZ", "country"),
        ("uzb", "country: UZB", "country"),
        ("region", "country: [KAZ, UZB]", "country"),
        ("any", "text: a", "source"),
    )
)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("[{rules: [kaz]}, {rules: [uzb]}]", "the rules of its steps have no country in common"),
        ("[{rules: [kaz]}, {tags: [x]}, {rules: [uzb]}]", "no rule of step 2 is grouped by country"),
    ],
)
def test_chain_whose_groups_never_meet(tmp_path: Path, steps: str, said: str) -> None:
    text = f"{KNOWN}  - {{name: x, kind: chain, steps: {steps}, group_by: [country], window: 1d}}\n"
    (found,) = warnings(tmp_path, text)
    assert said in found.message


def test_chain_that_never_hears_one_of_its_rules(tmp_path: Path) -> None:
    chain = "alerts: {rules: [kaz, any]}, at_least: 2, group_by: [country], window: 1d"
    (found,) = warnings(tmp_path, f"{KNOWN}  - {{name: x, kind: chain, {chain}}}\n")
    assert found.message == "alerts of any never count: these rules are not grouped by country"


def test_chain_whose_groups_meet(tmp_path: Path) -> None:
    chain = "steps: [{rules: [kaz]}, {rules: [region]}], group_by: [country], window: 1d"
    assert warnings(tmp_path, f"{KNOWN}  - {{name: x, kind: chain, {chain}}}\n") == ()


def test_a_file_without_rules_is_a_library(tmp_path: Path) -> None:
    (tmp_path / "lists.yaml").write_text("lists: {a: [KAZ]}\nmacros: {b: {country: KAZ}}", encoding="utf-8")
    assert warnings(tmp_path, "rules: [{name: one, kind: match, where: {text: a}}]") == ()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("where: {text: a}, theme: energy", "'theme' belongs to a condition: indent it below 'where'"),
        ("where: {and: [{text: a}]}", "unknown field 'and'; did you mean 'all'?"),
        ("where: {or: [{text: a}]}", "unknown field 'or'; did you mean 'any'?"),
        ("group_by: [country]", "unknown key 'group_by'; did you mean 'once_per'?"),
        ("annotations: {summary: {{ country }}}", "put a template that begins with {{ in quotes"),
    ],
)
def test_a_key_of_another_language(tmp_path: Path, rule: str, said: str) -> None:
    with pytest.raises(RuleSetError) as caught:
        warnings(tmp_path, f"rules: [{{name: one, kind: match, {rule}}}]")
    assert any(said in problem.message for problem in caught.value.problems), caught.value.problems


def test_chain_with_enough_input_rules(tmp_path: Path) -> None:
    chain = "alerts: {rules: [b, c]}, at_least: 2, distinct: rule, window: 1d"
    assert warnings(tmp_path, f"{BLOCKS}  - {{name: x, kind: chain, {chain}}}\n") == ()


DOUBLING = {
    "all": "{{all: [{{macro: m{0}}}, {{macro: m{0}}}]}}",
    "any and not": "{{any: [{{not: {{macro: m{0}}}}}, {{macro: m{0}}}]}}",
    "keys": "{{none: [{{macro: m{0}}}], all: [{{macro: m{0}}}], sentence: {{text: a}}}}",
}


@pytest.mark.parametrize("body", DOUBLING.values(), ids=DOUBLING)
def test_macros_that_double_are_an_error_at_once(tmp_path: Path, body: str) -> None:
    macros = "".join(f"  m{n}: {body.format(n + 1)}\n" for n in range(18)) + "  m18: {text: coup}\n"
    with pytest.raises(
        RuleSetError, match="more than 2000 conditions in one rule with the macro 'm0': write"
    ) as caught:
        warnings(tmp_path, f"macros:\n{macros}rules: [{{name: one, kind: match, where: {{macro: m0}}}}]")
    assert len(caught.value.problems) == 1


def test_the_limit_on_conditions_is_for_each_rule(tmp_path: Path) -> None:
    words = ", ".join(f"{{text: w{n}}}" for n in range(1500))
    rules = "".join(f"  - {{name: r{n}, kind: match, where: {{any: [{words}]}}}}\n" for n in range(2))
    assert len(warnings(tmp_path, f"rules:\n{rules}")) == 1  # they are duplicates


def test_nested_conditions_are_compared_in_linear_time(tmp_path: Path) -> None:
    """As text, the quotation marks of the innermost condition would double 17 times."""
    macros = "".join(f'  m{n}: {{any: [{{not: {{macro: m{n + 1}}}}}, {{text: "x\'{n}"}}]}}\n' for n in range(17))
    text = f"macros:\n{macros}  m17: {{text: coup}}\nrules: [{{name: one, kind: match, where: {{macro: m0}}}}]"
    assert warnings(tmp_path, text) == ()
