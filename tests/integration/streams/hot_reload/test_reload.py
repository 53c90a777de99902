"""Rules change while the worker runs: applied all at once, or rejected with the previous ones active."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

OLD = "rules: [{name: floods, kind: match, where: {text: flood}, topic: alerts.all}]"
NEW = "rules: [{name: storms, kind: match, where: {text: storm}, topic: alerts.all}]"
WRONG = "rules: [{name: storms, kind: mach, where: {txt: storm}}]"
ELSEWHERE = "rules: [{name: storms, kind: match, where: {text: storm}, topic: alerts.new}]"
COUNTING = """
rules:
  - name: quakes
    kind: frequency
    where: {text: quake}
    window: 1h
    at_least: 3
    topic: alerts.all
    labels: {desk: %s}
"""


def article(number: int, text: str) -> dict[str, Any]:
    return {"id": f"a{number}", "text": text, "published_at": f"2020-01-01T00:{number:02d}:00Z"}


def reloads(worker: Any) -> dict[str, float]:
    found = worker.status.samples().get("newswatch_rule_reloads_total", ())
    return {labels["outcome"]: number for labels, number in found if number}


def write(watch: Any, text: str) -> None:
    # As an editor or a ConfigMap does: move a new file over the old one.
    folder: Path = watch.settings.rules
    new = folder.parent / "rules.new"
    new.write_text(text)
    new.replace(folder / "rules.yaml")


def test_a_changed_rule_takes_effect_without_a_restart(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch(OLD)
    worker = watch.start().wait_ready()
    watch.produce([article(1, "A flood and a storm.")])
    watch.wait_committed()
    write(watch, NEW)
    wait_until(lambda: reloads(worker) == {"loaded": 1}, 20, "the rules were not loaded")
    watch.produce([article(2, "A flood and a storm.")])
    watch.wait_committed()
    assert [(alert["rule"], alert["evidence"][0]["article_id"]) for alert in watch.alerts()] == [
        ("floods", "a1"),
        ("storms", "a2"),
    ]


def test_an_invalid_rule_set_is_rejected_and_the_previous_one_stays_active(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch(OLD)
    worker = watch.start().wait_ready()
    write(watch, WRONG)
    wait_until(lambda: reloads(worker) == {"refused": 1}, 20, "the rules were not refused")
    assert worker.status.samples()["newswatch_rule_reload_ok"] == [({}, 0.0)]
    watch.produce([article(1, "A flood and a storm.")])
    watch.wait_committed()
    assert [alert["rule"] for alert in watch.alerts()] == ["floods"]
    said = worker.log.read_text()
    assert "rules.yaml:1:" in said
    assert "mach" in said
    assert "match" in said


def test_a_rule_set_with_a_missing_topic_is_rejected_if_it_may_not_be_created(
    new_watch: Callable[..., Any], wait_until: Callable[..., None]
) -> None:
    watch = new_watch(OLD)
    watch.create_topics("alerts.all")
    worker = watch.start(create_topics=False).wait_ready()
    write(watch, ELSEWHERE)
    wait_until(lambda: reloads(worker) == {"refused": 1}, 20, "the rules were not refused")
    assert "alerts.new" in worker.log.read_text()
    watch.produce([article(1, "A flood and a storm.")])
    watch.wait_committed()
    assert [alert["rule"] for alert in watch.alerts()] == ["floods"]


def test_a_harmless_edit_keeps_the_rule_state(new_watch: Callable[..., Any], wait_until: Callable[..., None]) -> None:
    watch = new_watch(COUNTING % "one")
    worker = watch.start().wait_ready()
    watch.produce([article(1, "A quake."), article(2, "A quake.")])
    watch.wait_committed()
    write(watch, COUNTING % "two")
    wait_until(lambda: reloads(worker) == {"loaded": 1}, 20, "the rules were not loaded")
    watch.produce([article(3, "A quake.")])
    watch.wait_committed()
    (alert,) = watch.alerts()
    assert (alert["count"], alert["labels"]) == (3, {"desk": "two"})
