"""Seeded rule sets for the articles of tests.chaos.news: every kind of rule, with random keys."""

from collections.abc import Callable
from random import Random
from typing import Any

GROUPS = ["country", "source", "meta.desk", "theme", "language", "official", "official.class", "term"]
WINDOWS = ["20m", "45m", "1h", "2h30m", "5h"]
WORDS = ["blast*", "protest", "arrested", "imposed sanctions", "calm", "market", "spokesperson", "would face"]


class Writer:
    """Writes rules as analysts would, valid by construction."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def rules(self) -> list[dict[str, Any]]:
        """Two rules of each kind, and chains on some of them."""
        kinds: dict[str, Callable[[], dict[str, Any]]] = {
            "match": self._match,
            "frequency": self._frequency,
            "cardinality": self._cardinality,
            "spike": self._spike,
            "flatline": self._flatline,
            "new_term": self._new_term,
            "change": lambda: {"of": self._pick(["meta.desk", "country"]), "at_least": self._number(1, 4)},
            "ratio": self._ratio,
            "metric": self._metric,
            "together": self._steps,
            "sequence": self._steps,
            "absence": self._absence,
            "corroborated": self._corroborated,
        }
        rules = [
            self._common(kind, number) | own() for kind, own in kinds.items() for number in range(2)
        ]  # fmt: skip
        heard = [rule["name"] for rule in rules if "once_per" not in rule]
        return rules + [self._chain(number, heard) for number in range(2)]

    def _common(self, kind: str, number: int) -> dict[str, Any]:
        rule: dict[str, Any] = {"name": f"{kind.replace('_', '-')}-{number}", "kind": kind}
        if kind not in {"absence", "together", "sequence"} or self._maybe():
            rule["where"] = self._where()
        if kind != "match" and self._maybe(0.7):
            fields = [name for name in GROUPS if name != "term" or "text" in rule.get("where", {})]
            rule["group_by"] = self._chance.sample(fields, self._pick([1, 1, 2]))
        if kind not in {"match", "change", "absence"}:
            rule["window"] = self._pick(WINDOWS)
        if self._maybe(0.3):
            rule["throttle"] = self._pick(["30m", "2h", "1d"])
        if self._maybe(0.15):
            rule["schedule"] = {"timezone": "Asia/Dushanbe", "hours": self._pick(["08:00-20:00", "00:00-06:30"])}
        if self._maybe(0.15):
            rule["exceptions"] = [{"name": "one-outlet", "where": {"source": "outlet-a.example"}}]
        return rule

    def _where(self) -> dict[str, Any]:
        where: dict[str, Any] = self._pick(
            [
                {"text": self._pick(WORDS)},
                {"text": self._chance.sample(WORDS, 3)},
                {"country": self._chance.sample(["KAZ", "KGZ", "TJK", "UZB", "FRA"], 3)},
                {"text": {"matches": self._pick(["blast|protest", "[Ss]anctions", "(?i)POLICE in"])}},
                {"country": {"salience": "main"}, "text": self._chance.sample(WORDS, 4)},
                {"none": [{"text": self._pick(WORDS)}]},
                {"sentence": {"country": "KAZ", "text": self._pick(WORDS)}},
                {"official": {"class": "foreign_minister"}},
                {"meta.tone": {self._pick(["gt", "lte"]): self._number(-2, 2)}},
            ]
        )
        return where

    def _match(self) -> dict[str, Any]:
        return {"once_per": self._pick(["story", "country", ["source", "country"]])} if self._maybe(0.7) else {}

    def _frequency(self) -> dict[str, Any]:
        return {"at_least": self._levels(3, 8)} | self._distinct() | (self._lasting(2) if self._maybe() else {})

    def _cardinality(self) -> dict[str, Any]:
        own: dict[str, Any] = {"of": self._pick(["source", "country", "meta.desk"]), "minimum": self._number(1, 4)}
        if self._maybe():
            return own | {"at_least": self._levels(2, 3)}
        return own | {"at_most": self._number(1, 3)} | self._ticks()

    def _spike(self) -> dict[str, Any]:
        own = {"reference": self._pick(["4h", "8h"]), "factor": self._pick([1.5, 2, {"warning": 2, "critical": 4}])}
        direction = self._pick(["up", "down", "both"])
        return own | {"direction": direction, "at_least": self._number(1, 4)} | self._ticks()

    def _flatline(self) -> dict[str, Any]:
        own = {"below": self._number(1, 3), "minimum": self._number(3, 5)}
        return own | ({"remember": self._pick(["6h", "1d"])} if self._maybe() else {}) | self._ticks()

    def _new_term(self) -> dict[str, Any]:
        own: dict[str, Any] = {"of": self._pick(["country", "source", "official"]), "learn": self._pick(["1h", "3h"])}
        return own | {"remember": self._pick(["3h", "9h"]), "at_least": self._number(1, 2)}

    def _ratio(self) -> dict[str, Any]:
        side = {"at_least": self._pick([0.2, 0.4])} if self._maybe() else {"at_most": self._pick([0.1, 0.2])}
        return {"count": {"text": self._pick(WORDS)}, "minimum": self._number(4, 9)} | side | self._ticks()

    def _metric(self) -> dict[str, Any]:
        side = {"at_least": self._number(0, 2)} if self._maybe() else {"at_most": self._number(-2, 0)}
        function = self._pick(["sum", "avg", "min", "max", "p10", "p90"])
        value = {"value": "meta.tone", "function": function, "minimum": self._number(1, 5)}
        return value | side | self._ticks()

    def _steps(self) -> dict[str, Any]:
        return {"steps": [self._where() for _ in range(self._number(2, 3))]}

    def _absence(self) -> dict[str, Any]:
        return {"after": self._where(), "without": self._where(), "within": self._pick(["1h", "3h"])}

    def _corroborated(self) -> dict[str, Any]:
        return {"at_least": self._levels(2, 4)} | ({"distinct": "meta.desk", "at_least": 2} if self._maybe(0.3) else {})

    def _chain(self, number: int, heard: list[str]) -> dict[str, Any]:
        rules = self._chance.sample(heard, 6)
        own = {"name": f"chain-{number}", "kind": "chain", "window": self._pick(["2h", "6h"])}
        if number:
            return own | {"steps": [{"rules": rules[:3]}, {"rules": rules[3:]}]}
        return own | {
            "alerts": {"rules": rules},
            "at_least": self._levels(2, 4),
            "distinct": self._pick(["rule", "alert"]),
        }

    def _distinct(self) -> dict[str, Any]:
        return {"distinct": self._pick(["article", "story", "source", "meta.desk"])}

    def _levels(self, least: int, most: int) -> Any:
        low = self._number(least, most)
        return {"warning": low, "critical": low * 2} if self._maybe() else low

    def _ticks(self) -> dict[str, Any]:
        return {"every": self._pick(["10m", "15m", "1h"])} | ({"for": "30m"} if self._maybe(0.3) else {})

    def _lasting(self, clear: int) -> dict[str, Any]:
        return {"every": self._pick(["5m", "15m"]), "for": "30m", "clear": clear}

    def _pick(self, among: list[Any]) -> Any:
        return self._chance.choice(among)

    def _number(self, least: int, most: int) -> int:
        return self._chance.randint(least, most)

    def _maybe(self, share: float = 0.5) -> bool:
        return self._chance.random() < share
