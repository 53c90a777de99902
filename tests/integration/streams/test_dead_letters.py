"""Dead letters on real Kafka: listed, shown, and put back byte for byte."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.kafka

RULES = "rules: [{name: floods, kind: match, where: {text: flood}}]"
BAD = [b"<html>502</html>", b'{"text": 5}', b'{"text": ""}']


def newswatch(watch: Any, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    settings = watch.settings
    flags = ["--brokers", ",".join(settings.brokers), "--set", f"topic_prefix={settings.topic_prefix}"]
    return subprocess.run([sys.executable, "-m", "streams.cli", *arguments, *flags], capture_output=True, check=True)


def listed(watch: Any, *filters: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in newswatch(watch, "dead", "list", "--json", *filters).stdout.splitlines()]


def test_letters_are_listed_shown_and_put_back(new_watch: Callable[..., Any]) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.start().wait_ready()
    watch.produce(BAD)
    watch.produce([{"id": "a", "text": "A flood."}])
    watch.wait_committed()

    assert sorted(letter["reason"] for letter in listed(watch)) == ["no_text", "not_json", "wrong_type"]
    (wrong,) = listed(watch, "--reason", "wrong_type")
    assert wrong["value"].encode() == BAD[1]
    assert "field 'text'" in wrong["message"]
    assert wrong["topic"] == watch.settings.topic("articles")
    assert listed(watch, "--contains", "502")[0]["reason"] == "not_json"
    assert listed(watch, "--since", "2999-01-01") == []
    assert newswatch(watch, "dead", "show", wrong["id"]).stdout == BAD[1] + b"\n"

    before = sum(watch.ends().values())
    said = newswatch(watch, "dead", "replay", "--reason", "wrong_type", "--dry-run").stderr
    assert b"1 dead letters would be put back" in said
    assert sum(watch.ends().values()) == before
    newswatch(watch, "dead", "replay", "--reason", "wrong_type")
    watch.wait_committed()
    replayed = [record for record in watch.read("articles") if dict(record.headers).get("newswatch_replayed")]
    assert [record.value for record in replayed] == [BAD[1]]
    assert not [name for record in replayed for name, _ in record.headers if name.startswith("__connect")]
    # It is no better now, and is a dead letter again; the good article was processed once.
    assert len(listed(watch, "--reason", "wrong_type")) == 2
    assert len(watch.alerts()) == 1
