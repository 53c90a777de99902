"""For any text, extraction raises nothing, takes at most two seconds, and returns valid offsets."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.extraction.extractor import Extraction, Extractor
from tests.rigs.examples import examples

MOST_SECONDS = 2.0

#: Fragments of news that extraction searches for, to be split and recombined at random.
PIECES = st.sampled_from(
    [
        "President", "Prime Minister", "Secretary of State John Kerry", "Mr.", "the U.S.is", "U.S.", "D-Iowa City",
        "(R-Ariz.)", "Mayor", "spokesman for", "Kyrgyzstan's", "of", "and", ",", ".", "\n", "\r\n", "\u2028", "\t", " ",
        "“", "”", "’s", "'", "—", "-", "(", ")", "Islamic State", "ISIS", "WHO", "Georgia", "Jordan", "Chad", "Turkey",
        "Rahmon", "Rakhmon", "president", "former", "ex-", "Al-", "al", "van der", "de", "III", "Jr.", "A.", "B.C.",
        "http://a.example/x?y=z", "a@b.example", "\u200b", "\u200f", "\u0301", "\x00", "\x1b", "\ufeff", "\U0001f600",
        "العربية", "中文", "Ελλάδα", "İstanbul", "ß", "ﬁ", "Ǆ", "sanctions", "human rights", "terrorism", "election",
        "coup", "riot police", "met", "will visit", "threatened to", "was arrested", "earthquake", "air strikes",
    ]
)  # fmt: skip
MIXED = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=60).map("".join)
SPACED = st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=60).map(" ".join)
ANY = st.one_of(st.text(max_size=400), MIXED, SPACED, SPACED.map(str.upper), SPACED.map(str.lower))


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def check(extractor: Extractor, title: str, text: str, language: str | None = None) -> Extraction:
    for _ in range(3):  # other processes share the machine and its caches, so the best of three counts
        started = time.process_time()
        found = extractor.extract(title, text, language)
        spent = time.process_time() - started
        if spent < MOST_SECONDS:
            break
    assert spent < MOST_SECONDS
    parts = {"title": title, "text": text}
    spans = [
        *(mention for country in found.countries for mention in country.mentions),
        *(span for official in found.officials for span in (*official.mentions, *official.evidence)),
        *(mention for organisation in found.organisations for mention in organisation.mentions),
        *(span for theme in found.themes for span in theme.evidence),
        *(span for event in found.events for span in (event.trigger, *event.evidence)),
    ]
    for span in spans:
        assert parts[span.in_][span.start : span.end] == span.text
        assert span.text
    for sentence in found.sentences:
        assert 0 <= sentence.start <= sentence.end <= len(parts[sentence.in_])
    return found


@settings(
    max_examples=examples(10_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(title=st.one_of(st.just(""), ANY), text=ANY, language=st.sampled_from([None, None, "en", "fr", "xx", ""]))
def test_ten_thousand_inputs(extractor: Extractor, title: str, text: str, language: str | None) -> None:
    check(extractor, title, text, language)


@pytest.mark.alone
@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "A" * 1_000_000,
        "e" + "\u0301" * 999_999,
        "Mayor " * 160_000,
        "President John " * 65_000,
        "Kazakhstan, " * 80_000,
        "(" * 1_000_000,
        "." * 1_000_000,
        "A. " * 300_000,
        "\n" * 1_000_000,
        "The U.S.is here. " * 30_000,
        "“" * 300_000,
        " ".join(random.Random(1).choices(["Mayor", "of", "the", "John", "Smith", ",", "and", "said"], k=160_000)),
        "العربية " * 120_000,
        "中" * 333_000,
        "-" * 1_000_000,
        "http://" * 140_000,
        "@" * 1_000_000,
        "a@" * 500_000,
        "Mr. " * 250_000,
        "de van der " * 90_000,
        "X, the mayor of Y, " * 50_000,
        "U.S." * 250_000,
        "Kazakhstan said the " * 50_000,
        "ISIS and the " * 76_000,
        "Trump's adviser John Smith said. " * 30_000,
        "President Emomali Rahmon and Rakhmon said. " * 23_000,
        "Gov. John Smith of Ohio said. " * 33_000,
        "Riot police met President John Key of Iran, " * 22_000,
        "Coup in Iran. " * 70_000,
        " and the ".join(
            f"Minister Xa{number:x}".translate(str.maketrans("0123456789", "klmnopqrst")) for number in range(40_000)
        ),
        " ".join(
            random.Random(2).choices(
                [
                    "The",
                    "President",
                    "of",
                    "Iraq",
                    "Minister",
                    "John",
                    "Smith",
                    "Barack",
                    "Obama",
                    "Rahmon",
                    "said",
                    "U.S.",
                    "Mayor",
                    "of",
                    "Ohio,",
                    "police",
                    "and",
                    "'s",
                ],
                k=170_000,
            )
        ),
    ],
    ids=lambda text: f"{text[:12]!r}x{len(text)}",
)
def test_a_megabyte_of_one_thing(extractor: Extractor, text: str) -> None:
    check(extractor, "", text)
