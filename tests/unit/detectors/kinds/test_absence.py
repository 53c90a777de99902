"""``absence`` after a restart: decided waits are not decided again."""

from __future__ import annotations

from detectors.engine.partition import PartitionState
from tests.property.detectors.harness import Given, at, engine_of

ENGINE = engine_of("name: a, kind: absence, after: {text: threat}, without: {text: imposed}, within: 1h, lateness: 0s")
#: Two versions of one article: the second would begin a wait if the first did not meet ``without``.
VERSIONS = [Given(0, "a", "imposed"), Given(50, "a", "threat")]
LAST = 300


def alerts(restart_at: int) -> list[str]:
    """The ids of alerts if the detector restarts from its changelog once, at a given minute."""
    changelog: dict[str, bytes] = {}
    state = PartitionState(ENGINE)
    found = []
    for minute in range(LAST):
        if minute == restart_at:
            state = PartitionState(ENGINE)
            state.load(changelog.items())
        due = [one for one in VERSIONS if one.minute == minute]
        steps = [state.observe(one) for article in due for one in ENGINE.read(article.enriched()).observations]
        for step in (*steps, state.advance(at(minute))):
            changelog.update(step.puts)
            for key in step.deletes:
                changelog.pop(key, None)
            found += [firing.alert.id for firing in step.firings]
    return found


def test_a_wait_that_never_began_does_not_begin_after_a_restart() -> None:
    assert [minute for minute in range(LAST) if alerts(minute)] == []
