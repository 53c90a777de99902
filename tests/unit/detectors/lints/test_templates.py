"""Templates that print themselves, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.loading.ruleset import load_rules

SPIKE = "kind: spike, window: 1d, reference: 7d, factor: 2"


def warnings(folder: Path, rule: str, template: str) -> list[str]:
    text = f'rules:\n  - {{name: one, {rule}, annotations: {{summary: "{template}"}}}}'
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    return [one.message for one in load_rules(folder, linting=True).warnings]


@pytest.mark.parametrize(
    ("rule", "template", "said"),
    [
        ("kind: match, where: {text: a}", "{{ country.name }}", "the rule asks for no country"),
        (
            "kind: match, where: {language: en, not: {official: {class: diplomat}}}",
            "{{ official.name }}",
            "asks for no official",
        ),
        ("kind: match, where: {text: a}", "{{ value | round(1) }}", "alerts of kind match have no 'value'"),
        ("kind: match, where: {country: KAZ}", "{{ previous }}", "have no 'previous'"),
        ("kind: match, where: {country: KAZ}", "{{ group.country }}", "the rule has no group 'country'"),
        (SPIKE, "{{ value | round(1) }}", "a rise from nothing has no 'value'"),
    ],
)
def test_a_template_that_cannot_be_rendered(tmp_path: Path, rule: str, template: str, said: str) -> None:
    (found,) = warnings(tmp_path, rule, template)
    assert said in found


@pytest.mark.parametrize(
    ("rule", "template"),
    [
        ("kind: match, where: {country: KAZ}", "{{ country.name }}"),
        ("kind: match, where: {any: [{country: KAZ}, {text: a}]}", "{{ country.name }}"),
        ("kind: match, where: {text: a}", "{{ country }}"),
        ("kind: match, where: {text: a}, once_per: official.country", "{{ official.name }}"),
        ("kind: match, where: {text: a}", "{% if country %}{{ country.name }}{% endif %}"),
        ("kind: frequency, window: 1d, at_least: 2", "{{ value | round(1) }} {{ threshold }} {{ window }}"),
        ("kind: change, of: country", "{{ previous }} {{ current }} {{ value }}"),
        (SPIKE, "{{ value | default('all') }} {{ value }}"),
    ],
)
def test_a_template_that_can(tmp_path: Path, rule: str, template: str) -> None:
    assert warnings(tmp_path, rule, template) == []
