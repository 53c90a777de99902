"""What lies in each sentence, found by bisection, against holding every span against every sentence."""

from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.conditions.bindings import Bindings
from detectors.conditions.lexicon import Lexicon
from detectors.conditions.values import position
from detectors.conditions.view import ArticleView
from detectors.model.article import EnrichedArticle, Part, Sentence, Span
from detectors.rules.groups import Found, groups_of
from detectors.rules.seen import seen
from tests.property.detectors.conditions.plain_scenes import PlainBindings, collect, holds, whole
from tests.property.detectors.index.test_rules import PIECES, Newsroom, Writer, read

GROUPS = [
    ("country",), ("country_pair",), ("official", "country"), ("official.class", "theme"), ("term", "country"),
    ("event.target", "term"), ("event.pair", "event.type"),
]  # fmt: skip


class LongReads(Newsroom):
    """Articles of many sentences, some of which lie within others, with many mentions in any order."""

    def article(self) -> EnrichedArticle:
        chance = self.chance
        short = super().article()
        text = " ".join(chance.choices(PIECES, k=chance.randint(0, 60)))
        return msgspec.structs.replace(
            short,
            text=text,
            sentences=(*self.sentences("title", short.title), *self.sentences("text", text)),
            countries=tuple(
                msgspec.structs.replace(one, mentions=self.mentions(short.title, text)) for one in short.countries
            ),
        )

    def sentences(self, part: Part, whole: str) -> list[Sentence]:
        chance = self.chance
        cuts = sorted(chance.randint(0, len(whole)) for _ in range(chance.randint(0, 25)))
        bounds = [(a, b) for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if a < b]
        if chance.random() < 0.3:
            bounds += [tuple(sorted(chance.choices(range(len(whole) + 1), k=2))) for _ in range(3)]  # type: ignore[misc]
            chance.shuffle(bounds)
        return [Sentence(part, start, end) for start, end in bounds]

    def spans(self, title: str, text: str) -> tuple[Span, ...]:
        return tuple(
            span for _ in range(self.chance.choice([0, 1, 6])) for span in super(LongReads, self).spans(title, text)
        )


def shown(bindings: Any) -> Any:
    """All that rules see of bindings."""
    return (
        {field: list(values) for field, values in bindings.values.items()},
        {field: [(value.code, value.order) for value in bindings.in_text_order(field)] for field in bindings.values},
        {what: sorted(map(repr, spans)) for what, spans in sorted(bindings.spans.items())},
        {  # the order of those that begin at one place is open
            what: [position(span) for span in spans] for what, spans in bindings.spans.items() if what[:5] != "text "
        },
        [[shown(row) for row in rows] for rows in bindings.blocks],
    )


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**64))
def test_scenes_hold_what_comparing_every_span_finds(seed: int) -> None:
    chance = Random(seed)
    writer, newsroom = Writer(chance), LongReads(chance)
    below = [writer.condition(2, local=True) for _ in range(3)]
    sources = [{chance.choice(["sentence", "near"]): one} for one in below] + [writer.condition(), {"all": below}]
    conditions = [read(source) for source in sources]
    lexicon = Lexicon(phrase for condition in conditions for phrase in condition.phrases())
    for article in (newsroom.article() for _ in range(3)):
        view, plain_view = ArticleView(article, lexicon), ArticleView(article, lexicon)
        for condition in conditions:
            met = condition.holds(view.whole)
            assert met == holds(condition, whole(plain_view))
            if not met:
                continue
            bindings, plain = Bindings(), PlainBindings()
            condition.collect(view.whole, bindings)
            collect(condition, whole(plain_view), plain)
            assert shown(bindings) == shown(plain)
            asked = condition.bound_fields()
            found, plainly = Found(view, ((bindings, asked),)), Found(plain_view, ((plain, asked),))  # type: ignore[arg-type]
            assert seen(found) == seen(plainly)
            for group_by in GROUPS:
                groups, plain_groups = groups_of(found, group_by), groups_of(plainly, group_by)
                assert list(groups.values.items()) == list(plain_groups.values.items())
