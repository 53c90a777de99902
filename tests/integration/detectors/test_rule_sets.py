"""The section on rule sets, sentence by sentence: files, lists, macros, defaults, exceptions, overrides, states."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from detectors.loading.ruleset import RuleSet, RuleSetError, load_rules
from detectors.rules.rule import Rule


def load(folder: Path, **files: str) -> RuleSet:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ("" if "." in name else ".yaml"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_rules(folder)


def rules(folder: Path, **files: str) -> dict[str, Rule]:
    return {rule.name: rule for rule in load(folder, **files).rules}


def refused(folder: Path, **files: str) -> str:
    with pytest.raises(RuleSetError) as caught:
        load(folder, **files)
    return str(caught.value)


class TestFiles:
    def test_order_of_files_does_not_matter(self, tmp_path: Path) -> None:
        """Lists, macros and overrides of any file apply to the rules of all files."""
        texts = [
            "lists: {asia: [KAZ]}\noverrides: [{rules: [one], set: {severity: info}}]",
            "macros: {m: {country: {in: asia}}}",
            "rules: [{name: one, kind: match, where: {macro: m}}]",
        ]
        states = set()
        for number, order in enumerate([(0, 1, 2), (2, 1, 0), (1, 2, 0)]):
            found = rules(tmp_path / str(number), **{"abc"[place]: texts[index] for index, place in enumerate(order)})
            assert found["one"].severity == "info"
            states.add(found["one"].state)
        assert len(states) == 1

    def test_yaml_1_2(self, tmp_path: Path) -> None:
        found = rules(
            tmp_path,
            a="rules: [{name: no, kind: match, where: {language: [no, off]}, labels: {a: yes, b: 1_0, c: 012, d: 1:20}}]",
        )
        assert found["no"].labels == {"a": "yes", "b": "1_0", "c": "012", "d": "1:20"}

    def test_info_is_free(self, tmp_path: Path) -> None:
        found = rules(tmp_path, a="rules: [{name: a, kind: match, info: {author: me, on: [2020-01-01, 1.5, true, ~]}}]")
        assert found["a"].info == {"author": "me", "on": ["2020-01-01", 1.5, True, None]}

    def test_lists_and_macros_are_unique_and_shared(self, tmp_path: Path) -> None:
        said = refused(
            tmp_path, a="lists: {x: [KAZ]}\nmacros: {m: {text: a}}", b="lists: {x: [KGZ]}\nmacros: {m: {text: b}}"
        )
        assert "b.yaml:1:9: error: lists.x: list 'x' is already defined at a.yaml:1" in said
        assert "b.yaml:2:10: error: macros.m: macro 'm' is already defined at a.yaml:2" in said


class TestDefaults:
    DEFAULTS = (
        "defaults: {lateness: 2h, window: 1d, labels: {desk: asia, level: one}, annotations: {a: x}, tags: [t],"
        " topic: alerts.asia}\n"
    )

    def test_labels_annotations_and_tags_merge_and_other_keys_are_replaced(self, tmp_path: Path) -> None:
        rule = "{name: one, kind: match, labels: {level: two}, annotations: {b: y}, tags: [u, t], topic: alerts.mine}"
        found = rules(tmp_path, a=f"{self.DEFAULTS}rules: [{rule}]")["one"]
        assert found.labels == {"desk": "asia", "level": "two"}
        assert found.annotations == {"a": "x", "b": "y"}
        assert set(found.tags) == {"t", "u"}
        assert found.topic == "alerts.mine"
        assert found.lateness == timedelta(hours=2)

    def test_a_key_that_a_kind_does_not_have_is_skipped(self, tmp_path: Path) -> None:
        found = rules(
            tmp_path,
            a=f"{self.DEFAULTS}rules: [{{name: m, kind: match}}, {{name: f, kind: frequency, at_least: 2}}]",
        )
        assert found["f"].kind.window == timedelta(days=1)  # type: ignore[attr-defined]
        assert not hasattr(found["m"].kind, "window")

    def test_they_apply_only_to_their_own_file(self, tmp_path: Path) -> None:
        found = rules(tmp_path, a=f"{self.DEFAULTS}", b="rules: [{name: one, kind: match}]")
        assert found["one"].topic == "alerts.one"
        assert found["one"].labels == {}

    def test_a_kind_and_a_condition_may_be_defaults(self, tmp_path: Path) -> None:
        found = rules(
            tmp_path, a="defaults: {kind: match, where: {text: a}}\nrules: [{name: x}, {name: y, where: {text: b}}]"
        )
        assert found["x"].where != found["y"].where

    def test_an_unknown_key_is_reported_at_its_place(self, tmp_path: Path) -> None:
        assert "a.yaml:1:12: error: defaults: unknown key 'sevrity'; did you mean 'severity'?" in refused(
            tmp_path, a="defaults: {sevrity: info}\nrules: []"
        )


class TestOverrides:
    BASE = (
        "defaults: {tags: [asia]}\nrules:\n  - {name: one, kind: match, severity: info}\n"
        "  - {name: two, kind: frequency, window: 1d, at_least: 2, tags: [counts]}\n"
    )

    def test_they_change_rules_of_other_files_by_name_and_by_tag_after_the_defaults(self, tmp_path: Path) -> None:
        text = "overrides: [{rules: [one], set: {severity: critical}}, {tags: [asia], set: {topic: alerts.mine, lateness: 3h}}]"
        found = rules(tmp_path, a=self.BASE, b=text)
        assert [found[name].severity for name in ("one", "two")] == ["critical", "warning"]
        assert {(rule.topic, rule.lateness) for rule in found.values()} == {("alerts.mine", timedelta(hours=3))}

    def test_exceptions_and_tags_are_added(self, tmp_path: Path) -> None:
        base = "rules: [{name: one, kind: match, tags: [a], exceptions: [{name: x, where: {text: x}}]}]"
        text = "overrides: [{rules: [one], add: {tags: [b], exceptions: [{name: y, where: {text: y}}]}}]"
        found = rules(tmp_path, a=base, b=text)["one"]
        assert found.tags == ("a", "b")
        assert [exception.name for exception in found.exceptions] == ["x", "y"]

    def test_two_add_to_one_rule(self, tmp_path: Path) -> None:
        text = "overrides: [{rules: [one], add: {tags: [b]}}, {tags: [asia], add: {tags: [c]}}]"
        assert set(rules(tmp_path, a=self.BASE, b=text)["one"].tags) == {"asia", "b", "c"}

    @pytest.mark.parametrize(
        ("override", "said"),
        [
            ("{rules: [one], set: {name: x}}", "an override cannot change 'name'"),
            ("{rules: [one], set: {kind: match}}", "an override cannot change 'kind'"),
            ("{rules: [oen], set: {severity: info}}", "unknown rule 'oen'; did you mean 'one'?"),
            ("{rules: [one], set: {sevrity: info}}", "unknown key 'sevrity'; did you mean 'severity'?"),
            ("{rules: [one], set: {window: 1d}}", "unknown key 'window'"),
            ("{rules: [one], add: {labels: {a: b}}}", "an override can add exceptions and tags, found 'labels'"),
            ("{rules: [one]}", "needs 'set' or 'add'"),
            ("{set: {severity: info}}", "needs 'rules' or 'tags'"),
            ("{rule: [one], set: {severity: info}}", "unknown key 'rule'; did you mean 'rules'?"),
            ("{rules: [one], set: {severity: dire}}", "unknown severity 'dire'"),
        ],
    )
    def test_invalid_overrides_are_reported(self, tmp_path: Path, override: str, said: str) -> None:
        message = refused(tmp_path, a=self.BASE, b=f"overrides:\n  - {override}\n")
        assert said in message
        assert message.startswith("b.yaml:2:")

    def test_two_that_set_the_same_key_of_a_rule(self, tmp_path: Path) -> None:
        said = refused(
            tmp_path,
            a=self.BASE,
            b="overrides:\n  - {rules: [one], set: {severity: info}}\n",
            c="overrides:\n  - {tags: [asia], set: {severity: info}}\n",
        )
        assert "c.yaml:2:26: error: overrides[0].set.severity: 'severity' of 'one' is already set" in said
        assert "b.yaml:2" in said

    def test_an_unused_tag_gives_a_warning(self, tmp_path: Path) -> None:
        (warning,) = load(tmp_path, a=self.BASE, b="overrides: [{tags: [asai], set: {severity: info}}]").warnings
        assert "no rule has the tag 'asai'" in warning.message


class TestMacros:
    @pytest.mark.parametrize(
        ("macros", "where", "same"),
        [
            ("m: {country: USA}", "{macro: m}", "{country: USA}"),
            (
                "m: {class: diplomat}",
                "{official: {macro: m, former: false}}",
                "{official: {class: diplomat, former: false}}",
            ),
            ("m: [KAZ, KGZ]", "{country: {macro: m}}", "{country: [KAZ, KGZ]}"),
            ("m: [KAZ, KGZ]", "{official: {country: {macro: m}}}", "{official: {country: [KAZ, KGZ]}}"),
            ("m: [{text: a}, {text: b}]", "{any: {macro: m}}", "{any: [{text: a}, {text: b}]}"),
            ("m: {macro: n}, n: {text: a}", "{not: {macro: m}}", "{not: {text: a}}"),
            ("m: {text: a}", "{sentence: {macro: m, country: USA}}", "{sentence: {text: a, country: USA}}"),
        ],
    )
    def test_it_is_replaced_by_its_content(self, tmp_path: Path, macros: str, where: str, same: str) -> None:
        with_macro = rules(tmp_path / "a", a=f"macros: {{{macros}}}\nrules: [{{name: x, kind: match, where: {where}}}]")
        without = rules(tmp_path / "b", a=f"rules: [{{name: x, kind: match, where: {same}}}]")
        assert with_macro["x"].where == without["x"].where
        assert with_macro["x"].state == without["x"].state

    def test_an_error_in_it_is_reported_at_its_place(self, tmp_path: Path) -> None:
        said = refused(
            tmp_path, a="macros:\n  m: {contry: USA}\n", b="rules: [{name: x, kind: match, where: {macro: m}}]"
        )
        assert said.startswith("a.yaml:2:7: error: rules[0].where: unknown field 'contry'; did you mean 'country'?")


class TestLists:
    def test_a_file_next_to_the_rules_or_in_a_subfolder(self, tmp_path: Path) -> None:
        where = "where: {text: {in: %s}}"
        found = rules(
            tmp_path,
            **{
                "below__names.txt": "Ben Two\n",
                "below__a": f"lists: {{x: {{file: names.txt}}}}\nrules: [{{name: one, kind: match, {where % 'x'}}}]",
                "b": f"lists: {{y: {{file: below/names.txt}}}}\nrules: [{{name: two, kind: match, {where % 'y'}}}]",
            },
        )
        assert found["one"].where == found["two"].where

    def test_an_invalid_entry_is_reported_with_its_line(self, tmp_path: Path) -> None:
        said = refused(
            tmp_path,
            **{
                "c.txt": "# region\nKAZ\nKyrgistan\n",
                "a": "lists: {c: {file: c.txt}}\nrules: [{name: x, kind: match, where: {country: {in: c}}}]",
            },
        )
        assert "a.yaml:2:54: error: rules[0].where.country.in: " in said
        assert "'Kyrgistan'; did you mean 'Kyrgyzstan'? (the entry 'Kyrgistan' at c.txt:3)" in said

    def test_a_changed_file_changes_the_rule_set_and_the_condition(self, tmp_path: Path) -> None:
        text = "lists: {x: {file: x.txt}}\nrules: [{name: one, kind: match, where: {text: {in: x}}}]"
        first = load(tmp_path, a=text, **{"x.txt": "a\n"})
        same = load(tmp_path, a=text, **{"x.txt": "a\n"})
        second = load(tmp_path, a=text, **{"x.txt": "a\nb\n"})
        assert first.version == same.version != second.version
        assert first.rules[0].state == same.rules[0].state != second.rules[0].state

    @pytest.mark.parametrize("key", ["is", "any", "contains", "startswith"])
    def test_only_in_and_not_in_read_a_list(self, tmp_path: Path, key: str) -> None:
        """For other operators the name is an ordinary value."""
        found = rules(
            tmp_path, a=f"lists: {{x: [a]}}\nrules: [{{name: one, kind: match, where: {{source: {{{key}: x}}}}}}]"
        )
        assert "'x'" in repr(found["one"].where)

    def test_an_unknown_list_is_reported_with_the_nearest_name(self, tmp_path: Path) -> None:
        said = refused(
            tmp_path, a="lists: {asia: [KAZ]}\nrules: [{name: x, kind: match, where: {country: {in: aisa}}}]"
        )
        assert "a.yaml:2:54: error: rules[0].where.country.in: " in said
        assert "did you mean 'asia'?" in said


class TestState:
    BASE = "kind: frequency, where: {text: a}, window: 1d, at_least: 2"

    @pytest.mark.parametrize(
        "change",
        ["at_least: 3", "at_least: {info: 1}", "severity: info", "labels: {a: b}", "topic: alerts.t", "annotations: {a: b}",
         "description: d", "tags: [a]", "throttle: 1h", "lateness: 2h", "schedule: {days: mon}", "publish: false"],
    )  # fmt: skip
    def test_texts_labels_topic_severity_and_thresholds_keep_it(self, tmp_path: Path, change: str) -> None:
        base = self.BASE.replace(", at_least: 2", "") if change.startswith("at_least") else self.BASE
        before = rules(tmp_path / "a", a=f"rules: [{{name: x, {self.BASE}}}]")
        after = rules(tmp_path / "b", a=f"rules: [{{name: x, {base}, {change}}}]")
        assert before["x"].state == after["x"].state

    @pytest.mark.parametrize(
        ("old", "new"),
        [("text: a", "text: b"), ("text: a", "title: a"), ("window: 1d", "window: 2d"), ("at_least: 2", "at_least: 2, group_by: country"),
         ("at_least: 2", "at_least: 2, distinct: story"), ("at_least: 2", "at_least: 2, exceptions: [{name: e, where: {text: e}}]")],
    )  # fmt: skip
    def test_condition_exceptions_group_and_window_reset_it(self, tmp_path: Path, old: str, new: str) -> None:
        before = rules(tmp_path / "a", a=f"rules: [{{name: x, {self.BASE}}}]")
        after = rules(tmp_path / "b", a=f"rules: [{{name: x, {self.BASE.replace(old, new)}}}]")
        assert before["x"].state != after["x"].state

    def test_a_renamed_rule_has_new_state(self, tmp_path: Path) -> None:
        found = rules(tmp_path, a=f"rules: [{{name: x, {self.BASE}}}, {{name: y, {self.BASE}}}]")
        assert found["x"].state != found["y"].state

    def test_it_is_the_same_in_every_process(self, tmp_path: Path) -> None:
        import subprocess
        import sys

        load(tmp_path, a=f"rules: [{{name: x, {self.BASE}, group_by: [country, source]}}]")
        code = "import sys, pathlib; from detectors.loading.ruleset import load_rules; print(load_rules(pathlib.Path(sys.argv[1])).rules[0].state)"
        said = {
            subprocess.run(
                [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True
            ).stdout
            for _ in range(2)
        }
        assert said == {load_rules(tmp_path).rules[0].state + "\n"}


@pytest.mark.parametrize("name", ["One", "a_b", "a b", "", "ä", "a.b"])
def test_names(tmp_path: Path, name: str) -> None:
    assert "a name of a-z, 0-9 and -" in refused(tmp_path, a=f"rules: [{{name: '{name}', kind: match}}]")


@pytest.mark.parametrize(
    "schedule",
    ["{timezone: Asia/Dushanbe, days: [mon, tue], hours: '08:00-20:00'}", "{days: mon}", "{hours: '22:00-02:00'}",
     "[{days: [sat]}, {hours: '00:00-24:00'}]"],
)  # fmt: skip
def test_schedules(tmp_path: Path, schedule: str) -> None:
    assert rules(tmp_path, a=f"rules: [{{name: x, kind: match, schedule: {schedule}}}]")["x"].schedule.openings


@pytest.mark.parametrize(
    "schedule",
    ["{}", "[]", "{days: []}", "{days: [monday]}", "{hours: '8-20'}", "{hours: '08:00-08:00'}", "{timezone: Mars/Olympus}",
     "{hours: '08:00-25:00'}", "always"],
)  # fmt: skip
def test_invalid_schedules(tmp_path: Path, schedule: str) -> None:
    assert "schedule" in refused(tmp_path, a=f"rules: [{{name: x, kind: match, schedule: {schedule}}}]")
