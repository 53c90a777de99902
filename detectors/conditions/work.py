"""The budget of work for one article, counted in steps: the same article under the same rules always ends the same way.

A step is about a microsecond of matching on a core of 2024. Seconds would depend on the machine and its load, so that
a replay could skip an article that the first run processed.
"""

from __future__ import annotations

import sys

MOST_STEPS = 3_000_000
"""Steps that one article may cost all rules together. Under the shipped rules ordinary articles cost some hundreds."""
LETTERS = 512
"""Letters of a text that are searched for a phrase in about one step."""


class WorkLimitError(Exception):
    """Matching an article would cost more than its budget. ``reason`` labels its dead letter."""

    reason = "too_much_work"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"matching the article against the rules takes more than {most:,} steps: "
            "it has too many sentences, mentions or groups"
        )


class Work:
    """Counts the steps of one article. ``most``: how many there may be; by default any number."""

    __slots__ = ("most", "steps")

    def __init__(self, most: int = sys.maxsize) -> None:
        self.most = most
        self.steps = 0

    def charge(self, steps: int) -> None:
        """Count steps, before they are taken where their number is known. Raises WorkLimitError beyond the budget."""
        self.steps += steps
        if self.steps > self.most:
            raise WorkLimitError(self.most)
