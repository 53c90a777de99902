"""Templates: the names that they may use, what the sandbox rejects, and that a failing template prints itself."""

from __future__ import annotations

import time

import msgspec
import pytest

from detectors.model.alert import Evidence
from detectors.model.sightings import SeenCountry, SeenEvent, SeenOfficial, SeenParty
from detectors.rules.templates import ATTRIBUTES, LONGEST_TEXT, check_template, missing, render

NAMES = {
    "official": {"name": "John Kerry"},
    "countries": ("KGZ", "TJK"),
    "labels": {"desk": "asia"},
    "count": 3,
    "value": 0.25,
    "group": {"official.country": "USA"},
    "rule": "one",
    "previous": missing("previous"),
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        ('{{ official.name }}: {{ countries | join(", ") }}', "John Kerry: KGZ, TJK"),
        ('{{ labels.get("desk") | upper }}', "ASIA"),
        ("{{ official.name.upper() }}", "JOHN KERRY"),
        ("{% for one in countries %}{{ one }}{% if not loop.last %}/{% endif %}{% endfor %}", "KGZ/TJK"),
        ('{{ group["official.country"] }}', "USA"),
        ("{{ (value * 100) | round(1) }}%", "25.0%"),
        ('{{ rule ~ ": " ~ count }}', "one: 3"),
        ("was {{ previous }}", "was "),
        ('{{ previous | default("nothing") }}', "nothing"),
    ],
)
def test_rendered_templates(source: str, text: str) -> None:
    assert check_template(source) is None
    assert render(source, NAMES) == text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ offical.name }}", "unknown name 'offical' in a template; did you mean 'official'?"),
        ("{{ official.nmae }}", "'official' has no 'nmae' in a template; did you mean 'name'?"),
        ("{{ article.text }}", "'article' has no 'text' in a template; "),
        ("{{ count | rond }}", "unknown filter 'rond' in a template; did you mean 'round'?"),
        ("{{ count | center(9) }}", "unknown filter 'center'"),
        ("{{ count is evn }}", "not a template: No test named 'evn'"),
        ("{{ count ", "not a template: "),
        ("{% if count %}", "not a template: "),
        ("{{ range(10) }}", "found something else"),
        ("{{ official.name.ljust(9) }}", "found 'ljust'"),
        ("{% set a = 1 %}{{ a }}", "'set' and 'with' are not allowed"),
        ("{% for a in countries %}{% for b in countries %}{% endfor %}{% endfor %}", "a loop within a loop"),
        ("{% for a in countries recursive %}{{ loop(countries) }}{% endfor %}", "a loop within a loop"),
        ("{% macro a() %}{% endmacro %}", "macros and imports"),
        ("{% include 'x' %}", "macros and imports"),
        ("{% extends 'x' %}", "blocks are not allowed"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "nested too deep"),
        ("{{ " + "9" * 9000 + " }}", "too large"),
    ],
)
def test_check_rejects(source: str, said: str) -> None:
    problem = check_template(source)
    assert problem is not None
    assert said in problem


@pytest.mark.alone
@pytest.mark.parametrize(
    "source",
    [
        "{{ official.name.__class__.__mro__ }}",
        "{{ group.nothing.there }}",
        "{{ previous.name }}",
        "{{ count / 0 }}",
        "{{ '%1000000000d' % 5 }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 100000 }}",
        "{{ 'aaaaaaaaaa'" + " | replace('a', 'aaaaaaaaaa')" * 30 + " }}",
        "{{ [[[1]]] | tojson(99999999) }}",
        "{{ 1 | round(99999999, 'ceil') }}",
        "{{ [1] | map('round', 99999999, 'ceil') | list }}",
        "{{ countries" + " | list | join('aaaaaaaaaa')" * 30 + " }}",
    ],
)
def test_template_that_fails_to_render_prints_itself_at_once(source: str) -> None:
    assert check_template(source) is None
    started = time.process_time()
    assert render(source, NAMES) == source
    assert time.process_time() - started < 1


def test_allowed_attributes_are_those_of_the_records() -> None:
    """An attribute of a record that is missing from the list would be rejected for no reason."""
    assert ATTRIBUTES["official"] == {field.encode_name for field in msgspec.structs.fields(SeenOfficial)}
    assert ATTRIBUTES["country"] == set(SeenCountry.__struct_fields__)
    assert ATTRIBUTES["event"] == {*SeenEvent.__struct_fields__, "actor", "target"}
    assert ATTRIBUTES["event.place"] == set(SeenCountry.__struct_fields__)
    for side in ("actor", "target"):
        assert ATTRIBUTES[f"event.{side}"] == {field.encode_name for field in msgspec.structs.fields(SeenParty)}
    assert ATTRIBUTES["article"] == set(Evidence.__struct_fields__)


def test_long_text_is_cut_off() -> None:
    source = "{% for one in countries %}" + "{{ rule }}x" * 800 + "{% endfor %}" * 1
    names = {**NAMES, "countries": ("a",) * 1000}
    assert len(render(source, names)) == LONGEST_TEXT


@pytest.mark.parametrize("number", ["count", "1"])
@pytest.mark.parametrize("precision", ["99999999", "99999999, 'ceil'", "-99999999, method='floor'"])
def test_rounding_to_millions_of_digits_takes_no_time(number: str, precision: str) -> None:
    source = f"{{{{ {number}|round({precision}) }}}}"
    started = time.process_time()
    assert check_template(source) is None
    assert render(source, {"count": 1}) == source
    assert time.process_time() - started < 1.0
