"""Languages by code, from the forms in which people and feeds write them."""

from __future__ import annotations

import pytest

from detectors.languages import language_code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("en", "en"), ("EN", "en"), ("en-US", "en"), ("en_GB", "en"), ("eng", "en"), ("English", "en"), ("rus", "ru"),
        ("Russian", "ru"), ("русский", "ru"), ("fre", "fr"), ("fra", "fr"), (" kk ", "kk"), ("Kazakh", "kk"),
        ("ckb", "ckb"), ("newspeak", None), ("", None),
    ],
)  # fmt: skip
def test_language_code(given: str, code: str | None) -> None:
    assert language_code(given) == code
