"""Counts of what was found and annotated, and the figures that they give."""

from __future__ import annotations

import msgspec


class Error(msgspec.Struct, frozen=True):
    """One difference: ``sign`` is ``+`` (found but not annotated), ``-`` (missed) or the name of a wrong field."""

    kind: str
    article: str
    sign: str
    what: str


class Figures(msgspec.Struct, frozen=True):
    """Precision, recall, F1 from 0 to 1, and the number of annotated items."""

    precision: float
    recall: float
    f1: float
    gold: int


class SetCount:
    """True and false positives and misses of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.right = self.extra = self.missed = 0
        self.errors: list[Error] = []

    def add(self, article: str, gold: set[str], found: set[str]) -> None:
        self.right += len(gold & found)
        self.extra += len(found - gold)
        self.missed += len(gold - found)
        self.errors += [Error(self.kind, article, "+", item) for item in sorted(found - gold)]
        self.errors += [Error(self.kind, article, "-", item) for item in sorted(gold - found)]

    def figures(self) -> Figures | None:
        if not self.right + self.extra + self.missed:
            return None
        precision = self.right / (self.right + self.extra) if self.right + self.extra else 0.0
        recall = self.right / (self.right + self.missed) if self.right + self.missed else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return Figures(precision, recall, f1, self.right + self.missed)
