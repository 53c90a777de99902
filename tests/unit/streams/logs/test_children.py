"""Lines of child processes say whose they are."""

import json

from streams.logs.children import of_child


def test_text_begins_with_the_name_and_obeys_nothing() -> None:
    assert of_child("worker-1", b"ready \x1b[2J\xff\n", json=False) == "worker-1: ready \u241b[2J\ufffd\n".encode()


def test_a_json_line_gets_a_field() -> None:
    line = b'{"time":"2025-03-01T12:00:00.000Z","message":"ready"}\n'
    assert json.loads(of_child("worker-1", line, json=True)) == {
        "worker": "worker-1",
        "time": "2025-03-01T12:00:00.000Z",
        "message": "ready",
    }


def test_last_words_that_are_no_json_become_json() -> None:
    found = json.loads(of_child("worker-1", b"Fatal Python error\n", json=True))
    assert (found["worker"], found["level"], found["message"]) == ("worker-1", "error", "Fatal Python error")
