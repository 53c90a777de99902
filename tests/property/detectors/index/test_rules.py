"""The index finds exactly the rules that evaluating each one finds, for random rules and random articles."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.conditions.lexicon import Folds, Lexicon, in_value, phrase, places
from detectors.conditions.nodes import Condition
from detectors.conditions.reader import CONDITION
from detectors.conditions.view import ArticleView
from detectors.folding import fold, word_bounded, words
from detectors.index.rules import RuleConditions, RuleIndex
from detectors.model.article import (
    Country,
    CountryMention,
    EnrichedArticle,
    Official,
    Organisation,
    Sentence,
    Span,
    Theme,
)
from detectors.reading.context import Context, Entry, ListDefinition, Place
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problems
from detectors.vocabulary import shipped_vocabulary
from tests.property.detectors.conditions.plain_events import EventWriter, some_events
from tests.rigs.examples import examples

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
COUNTRIES = ["USA", "KAZ", "KGZ", "Kazakhstan"]
THEMES = ["sanctions", "elections", "energy"]
CLASSES = ["diplomat", "minister", "head_of_state"]
NAMES = ["John Kerry", "Kerry", "Kerr*", "KERRY", "Sadyr Zhaparov", "sadyr", "Zhaparov*", "José Núñez", "nunez", "J."]
ROLES = ["president", "vice president", "Minister of Energy", "energy", "of"]
BODIES = ["NATO", "Islamic State", "islamic  state", "State"]
PHRASES = [
    "war", "wars", "war*", "w*", "human rights", "rights human", "human righ*", "u.s.", "the U.S.", "al-shabaab",
    "al shabaab", "$", "naïve", "naive", "'s", "a b", "a a", "b*", "War", "NATO", "нато", "НАТ*", "the", "-", "x_1",
]  # fmt: skip
PATTERNS = ["war", "(?i)WAR", r"\bhuman\s+rights", "^war", "a b$", "[0-9]+", "K.*y"]
PIECES = [
    "war", "War", "wars", "warsaw", "human", "rights", "human rights", "human\n\nrights", "U.S.", "the", "U.S.is", "a",
    "b", "al-Shabaab", "al Shabaab", "$", "naïve", "“NATO”", "НАТО", "государство’s", "x_1", "-", "—", "5", "Kerry’s",
]  # fmt: skip
LISTS = {"places": ["KAZ", "KGZ"], "phrases": PHRASES[:14], "people": ["John Kerry | Kerry", "Zhaparov*", "Núñez"]}


COMPARISONS = ["gt", "gte", "lt", "lte"]
ENTRIES = {
    name: ListDefinition(
        name, tuple(Entry(e.split(" | ")[0], tuple(e.split(" | ")), "x", 1, 1) for e in entries), "x", 1, 1
    )
    for name, entries in LISTS.items()
}


class Writer:
    """Writes conditions as an analyst would, with every field, key, operator and combinator."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def some(self, values: list[Any]) -> Any:
        """One value, or a list of a few."""
        if self.chance.random() < 0.6:
            return self.chance.choice(values)
        return self.chance.choices(values, k=self.chance.randint(1, 3))

    def asked(self, values: list[Any], named: str = "", *, words: bool = False, operators: bool = True) -> Any:
        """A plain value or a list, or operators; ``named`` is a list of the rule set."""
        if not operators or self.chance.random() < 0.5:
            return self.some(values)
        parts = [value.rstrip("*")[:3].strip() or "x" for value in values]
        listed = self.chance.choices(values, k=2)
        makers: dict[str, Callable[[], Any]] = {
            "is": lambda: self.some(values),
            "any": lambda: self.some(values),
            "all": lambda: listed,
            "in": lambda: self.chance.choice([named or listed, listed]),
            "not_in": lambda: self.chance.choice([named or listed, listed]),
            "contains": lambda: self.some(values if words else parts),
            "startswith": lambda: self.some(parts),
            "endswith": lambda: self.some(parts),
            "matches": lambda: self.some(PATTERNS),
            "exists": lambda: True,
        }
        found = {key: makers[key]() for key in self.chance.sample(list(makers), self.chance.choice([1, 1, 2]))}
        return {**found, **({"cased": self.chance.random() < 0.5} if self.chance.random() < 0.3 else {})}

    def number(self) -> dict[str, float]:
        return {self.chance.choice(COMPARISONS): self.chance.choice([0, 0.5, 1])}

    def field(self, name: str) -> Any:
        """A condition on a field."""
        if name == "event":
            return EventWriter(self.chance).event()
        if self.chance.random() < 0.05:
            return {"exists": False}
        if name == "official" and self.chance.random() < 0.1:
            return {
                "all": [{"country": self.some(COUNTRIES)}, self.some(NAMES), {"class": self.some(CLASSES)}][
                    : self.chance.choice([2, 3])
                ]
            }
        if name == "official":
            return self.keyed(
                self.asked(NAMES, "people", words=True),
                id=lambda: self.asked(["Q1", "q2", "Q3"], "people"),
                role=lambda: self.asked(ROLES, "phrases", words=True),
                country=lambda: self.asked(COUNTRIES, "places"),
                organisation=lambda: self.asked(BODIES, "people"),
                former=lambda: self.chance.random() < 0.5,
                confidence=self.number,
                **{"class": lambda: self.asked(CLASSES)},
            )
        if name == "country":
            return self.keyed(
                self.asked(COUNTRIES, "places"), salience=lambda: self.chance.choice(["main", "mentioned"])
            )
        if name == "theme":
            return self.keyed(self.asked(THEMES), score=self.number)
        if name == "age":
            return {self.chance.choice(COMPARISONS): self.chance.choice(["1h", "2d"])}
        if name == "meta.tone":
            return self.number() if self.chance.random() < 0.3 else self.some([1, True, "one", -0.5])
        if name in {"text", "title", "lead"}:
            return self.asked(PHRASES, "phrases", words=True)
        values = {
            "organisation": BODIES,
            "source": ["wire.example", "Daily"],
            "language": ["en", "ru"],
            "id": ["a1", "A2"],
        }
        return self.asked(values[name], "people")

    def keyed(self, main: Any, **keys: Callable[[], Any]) -> Any:
        """Operators of the field itself, keys of the same value, or both."""
        if self.chance.random() < 0.4:
            return main
        found = {
            key: keys[key]() for key in self.chance.sample(sorted(keys), self.chance.randint(1, min(3, len(keys))))
        }
        if self.chance.random() < 0.5:
            return found
        return {**(main if isinstance(main, dict) else {"any": main}), **found}

    def condition(self, depth: int = 3, *, local: bool = False) -> dict[str, Any]:
        """A mapping of fields, or a combinator over conditions."""
        kind = self.chance.random()
        if depth and kind < 0.4:
            below = [self.condition(depth - 1, local=local) for _ in range(self.chance.randint(0, 3))]
            combinator = self.chance.choice(["all", "any", "none", "not"])
            return (
                {combinator: below[0] if below else {"theme": "energy"}} if combinator == "not" else {combinator: below}
            )
        if depth and kind < 0.5 and not local:
            return {self.chance.choice(["sentence", "near"]): self.condition(depth - 1, local=True)}
        if kind < 0.53:
            return {"macro": "us"}
        fields = ["official", "country", "organisation", "theme", "event", "text"]
        if not local:
            fields += ["title", "lead", "source", "language", "id", "meta.tone", "age", "official", "text"]
        return {name: self.field(name) for name in self.chance.sample(fields, self.chance.choice([1, 1, 2, 3]))}

    def rule(self) -> RuleConditions:
        steps = [self.condition(2) for _ in range(self.chance.choice([0, 0, 1, 2]))]
        where = self.condition() if self.chance.random() < 0.9 else {"all": []}
        exceptions = [self.condition(1)] if self.chance.random() < 0.2 else []
        return RuleConditions(read(where), tuple(map(read, steps)), tuple(map(read, exceptions)))


def read(source: Any) -> Condition:
    """The condition from the source, through YAML and the rule readers."""
    problems = Problems()
    macro = parse_yaml('{country: USA, "none": [{theme: energy}]}', "m", problems)
    node = parse_yaml(json.dumps(source), "c", problems)
    assert macro is not None
    assert node is not None
    condition = CONDITION.read(node, Place(Context(problems, shipped_vocabulary(), ENTRIES, {"us": macro})))
    assert not problems.errors
    return condition


class Newsroom:
    """Writes enriched articles whose values and spans have nothing to do with their texts."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance

    def article(self) -> EnrichedArticle:
        chance = self.chance
        text = " ".join(chance.choices(PIECES, k=chance.randint(0, 14)))
        title = " ".join(chance.choices(PIECES, k=chance.randint(0, 4)))
        cuts = sorted({chance.randint(1, len(text)) for _ in range(chance.randint(0, 4))}) if text else []
        bounds = [0, *cuts, len(text)]
        spans = self.spans
        return EnrichedArticle(
            id=chance.choice(["a1", "a2", "b"]),
            text=text,
            title=title,
            source=chance.choice([None, "wire.example", "daily"]),
            language=chance.choice([None, "en", "ru"]),
            published_at=chance.choice([None, (NOON - timedelta(hours=5)).isoformat()]),
            received_at=NOON,
            event_time=NOON,
            meta={"tone": chance.choice([1, 1.0, True, "one", "1", -0.5])} if chance.random() < 0.7 else {},
            countries=tuple(
                Country(code, chance.choice(["main", "mentioned"]), self.mentions(title, text))
                for code in chance.sample(COUNTRIES[:3], k=chance.randint(0, 3))
            ),
            officials=tuple(self.person(number, title, text) for number in range(chance.randint(0, 3))),
            organisations=tuple(
                Organisation(name, ("OTAN",), mentions=spans(title, text))
                for name in chance.sample(BODIES[:2], k=chance.randint(0, 2))
            ),
            themes=tuple(
                Theme(label, chance.choice([0.3, 0.5, 1.0]), spans(title, text))
                for label in chance.sample(THEMES, k=chance.randint(0, 3))
            ),
            events=some_events(chance, list(self.spans(title, text))),
            sentences=tuple(Sentence("text", a, b) for a, b in pairwise(bounds) if a < b),
        )

    def spans(self, title: str, text: str) -> tuple[Span, ...]:
        found = []
        for part, whole in self.chance.choices([("title", title), ("text", text)], k=self.chance.randint(0, 2)):
            if whole:
                start = self.chance.randrange(len(whole))
                end = self.chance.randint(start + 1, len(whole))
                found.append(Span(part, start, end, whole[start:end]))  # type: ignore[arg-type]
        return tuple(found)

    def mentions(self, title: str, text: str) -> tuple[CountryMention, ...]:
        return tuple(CountryMention(s.in_, s.start, s.end, s.text, "name") for s in self.spans(title, text))

    def person(self, number: int, title: str, text: str) -> Official:
        chance = self.chance
        return Official(
            f"Q{number}",
            chance.choice(["John Kerry", "Sadyr Zhaparov", "José Núñez", "Kerryson"]),
            (*self.spans(title, text), Span("text", 0, 1, chance.choice(["Kerry", "Mr Kerry", "J. Núñez"]))),
            chance.choice([None, *ROLES[:3], "first deputy Minister of Energy"]),
            chance.choice([None, *CLASSES]),
            chance.choice([None, *COUNTRIES[:3]]),
            chance.choice([None, *BODIES[:2]]),
            chance.random() < 0.5,
            chance.choice([0.2, 0.5, 1.0]),
        )


@settings(max_examples=examples(500), deadline=None)
@given(st.integers(0, 2**64))
def test_index_finds_what_evaluating_every_rule_finds(seed: int) -> None:
    chance = Random(seed)
    writer, newsroom = Writer(chance), Newsroom(chance)
    rules = [writer.rule() for _ in range(chance.randint(1, 20))]
    lexicon = Lexicon(phrase for rule in rules for condition in rule.conditions() for phrase in condition.phrases())
    index = RuleIndex(rules)
    for article in (newsroom.article() for _ in range(6)):
        plain = [number for number, rule in enumerate(rules) if rule.met(ArticleView(article, lexicon))]
        assert index.met(ArticleView(article, lexicon)) == plain


texts = st.text(st.sampled_from("aAbxß1_.'’-— \n$Éй"), max_size=30) | st.lists(st.sampled_from(PIECES)).map(" ".join)


@given(st.lists(texts.filter(lambda text: text.strip("*\n ")), max_size=8), texts, st.booleans(), st.booleans())
def test_lexicon_finds_every_place_of_a_phrase(wanted: list[str], text: str, prefix: bool, cased: bool) -> None:
    phrases = [phrase(one.strip() + "*" * prefix, cased=cased) for one in wanted]
    folded = fold(text, cased=cased)
    lexicon, plain = Lexicon(phrases), words(text)
    found = (*lexicon.single(set(plain)), *lexicon.longer([Folds(text)], plain))
    for one in phrases:
        size = len(one.text)
        starts = [
            start
            for start in range(len(folded.text) - size + 1)
            if folded.text.startswith(one.text, start)
            and word_bounded(folded.text, start, start + size, prefix=one.prefix)
        ]
        assert [start for start, _ in places(one, folded)] == [folded.span(start, start + size)[0] for start in starts]
        assert (one in found) == in_value(one, folded.text) == bool(starts)
