"""Characters that a terminal would obey become visible; all others stay."""

import json
import unicodedata

import pytest

from streams.logs.escaping import escaped, escaped_json

HARMFUL = [
    "\x1b",
    "\x00",
    "\r",
    "\x7f",
    "\x85",
    "\x9b",
    "\u061c",
    "\u200e",
    "\u200f",
    "\u2028",
    "\u2029",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\U000e0041",
    "\ud800",
]


@pytest.mark.parametrize("character", HARMFUL, ids=lambda one: f"U+{ord(one):04X}")
def test_what_a_terminal_would_obey_is_shown(character: str) -> None:
    shown = escaped(f"a{character}b")
    assert character not in shown
    assert shown.startswith("a")
    assert shown.endswith("b")
    assert len(shown) > 2
    shown.encode()


def test_every_control_character_and_mark_of_direction_is_shown() -> None:
    kept = {"\t", "\n"}
    for code in range(0x110000):
        character = chr(code)
        directional = unicodedata.bidirectional(character) in {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }
        if character not in kept and (directional or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}):
            assert escaped(character) != character, f"U+{code:04X}"


@pytest.mark.parametrize(
    "text", ["plain", "a\tb\nc", "Łukasz, Ελλάδα, العربية, 中文, हिन्दी, 👩‍👩‍👧", "a\u200cb\u200d", "“quoted” – dash"]
)
def test_text_of_any_language_stays(text: str) -> None:
    assert escaped(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[2J", "\u241b[2J"), ("\x9b1m", "\\x9b1m"), ("\u202egpj", "\\u202egpj"), ("\U000e0041", "\\U000e0041")],
)
def test_the_shown_form_says_which_character_it_was(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_json_has_the_same_meaning() -> None:
    record = {"a": "\u202e\x9b\x7f\u2028\U000e0041 Łukasz"}
    written = json.dumps(record, ensure_ascii=False).encode()
    shown = escaped_json(written)
    assert json.loads(shown) == record
    assert shown.decode() == '{"a": "\\u202e\\u009b\\u007f\\u2028\\udb40\\udc41 Łukasz"}'
