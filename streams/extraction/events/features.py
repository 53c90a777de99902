"""The features by which linear models weigh events: plain strings, read from an article's triggers and parties."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import islice, pairwise

from streams.extraction.events.parties import Parties, PartyMention
from streams.extraction.events.reading import STATUS_WORDS, Mention, Words, marks_of, sentence_marks, told_status
from streams.extraction.events.triggers import trigger_lexicon
from streams.extraction.events.wording import word_counts
from streams.extraction.offices.page import Page
from streams.extraction.text.lexicon import longest

_MOST = 400  # triggers read per article
_LEAD = 3  # sentences, the title among them
_HEADLINE = 40  # words of a title
_LENGTH = 120  # words of a sentence in which triggers are read
_SHORT = (25, 60, 150)  # words; the fewer an article has, the more each of them says
_DATELINE = re.compile(r"\s*[A-Z][A-Z .'/-]{2,40}(?:, [A-Z][\w. ]{1,30})?(?: ?\([^()\n]{1,40}\))? ?(?:--?|–|—) ")
_PREPOSITIONS = frozenset(
    {"of", "in", "by", "with", "between", "on", "against", "to", "from", "at", "for", "over", "into", "about", "near",
     "toward", "towards", "and", "after", "as", "than", "via", "inside", "upon"}
)  # fmt: skip


Features = defaultdict[str, float]
"""Values by feature; 1 for what is simply there."""


class Reading:
    """An article as the models see it: its trigger mentions by type, its parties, its sentences."""

    def __init__(self, page: Page, parties: Parties, day: str, themes: Sequence[str]) -> None:
        self.page = page
        self.parties = parties
        self.day = day
        self.themes = themes
        self.title = 1 if page.document.body and page.bounds and page.bounds[0][0] < page.document.body else 0
        self._words: dict[int, Words] = {}
        self._sentence_marks: dict[int, frozenset[str]] = {}
        self._parties: dict[int, int] = {}
        self.mentions: dict[str, list[Mention]] = defaultdict(list)
        for hit in islice(longest(trigger_lexicon().hits(page.folded)), _MOST):
            sentence = page.sentence_of(hit.start)
            words = self.words(sentence)
            first = _index(words.ends, hit.start)
            last = min(len(words.starts), _index(words.ends, hit.end - 1) + 1)
            if first >= len(words.starts) or first > _LENGTH:
                continue
            said = self._said(sentence)
            read: dict[str, frozenset[str]] = {}
            for trigger in hit.value:
                form = trigger.form
                if form not in read:
                    read[form] = marks_of(form, words, first, last) | said
                self.mentions[trigger.type].append(
                    Mention(trigger, hit.start, hit.end, sentence, first, last, read[form])
                )
        for kind in [kind for kind in self.mentions if not self._plausible(kind)]:
            del self.mentions[kind]

    def _plausible(self, kind: str) -> bool:
        """Whether a sure word, or a word in the title or the first sentences, speaks for a type of event."""
        return any(mention.trigger.sure or mention.sentence - self.title < 2 for mention in self.mentions[kind])

    def _said(self, sentence: int) -> frozenset[str]:
        marks = self._sentence_marks.get(sentence)
        if marks is None:
            marks = self._sentence_marks[sentence] = sentence_marks(self.words(sentence), self.day)
        return marks

    def words(self, sentence: int) -> Words:
        """The words of a sentence."""
        made = self._words.get(sentence)
        if made is None:
            tokens, starts = self.page.words(sentence)
            written = [token.text for token in tokens]
            made = Words(written, [word.lower() for word in written], starts, [token.end for token in tokens])
            self._words[sentence] = made
        return made

    @cached_property
    def word_counts(self) -> Counter[str]:
        """The words of the article, as the model of wording counts them."""
        return word_counts(self.page.document)

    def position(self, sentence: int) -> str:
        """Where a sentence stands: the title, the first ones of the text, later."""
        at = sentence - self.title
        return "title" if at < 0 else str(at) if at < 3 else "early" if at < 6 else "late"

    # -- is it news? -----------------------------------------------------------------------------------------------

    def type_features(self, kind: str) -> Features:
        """The features of "the article reports an event of this type"."""
        mentions = self.mentions[kind]
        found: Features = defaultdict(float)
        found[f"{kind}"] = 1
        count = len(mentions)
        bucket = _bucket(count)
        found[f"n={bucket}"] = found[f"{kind}|n={bucket}"] = 1
        sure = [mention for mention in mentions if mention.trigger.sure]
        found[f"sure={_bucket(len(sure))}"] = 1
        found["sure%"] = len(sure) / count
        best = self.best(kind)
        where = self.position(best.sentence)
        strength = "sure" if best.trigger.sure else "weak"
        for feature in (f"at={where}", f"at={where}|{strength}"):
            found[feature] = found[f"{kind}|{feature}"] = 1
        places = {self.position(mention.sentence) for mention in sure}
        for place in places:
            found[f"sure at {place}"] = found[f"{kind}|sure at {place}"] = 1
        lemmas = {(mention.trigger.lemma, mention.sentence - self.title < 2) for mention in mentions}
        for lemma, lead in lemmas:
            found[f"{kind}|{lemma}"] = 1
            if lead:
                found[f"{kind}|{lemma}|lead"] = 1
        found[f"sure lemmas={_bucket(len({mention.trigger.lemma for mention in sure}))}"] = 1
        found[f"leading={_bucket(len({lemma for lemma, lead in lemmas if lead}))}"] = 1
        marks: Features = defaultdict(float)
        for mention in mentions:
            part = "lead" if mention.sentence - self.title < 2 else "later"
            of = "sure" if mention.trigger.sure else "weak"
            number = self._parties.get(mention.sentence, -1)
            if number < 0:
                number = len({party.key for party in self.parties.by_sentence.get(mention.sentence, ())})
                self._parties[mention.sentence] = number
            for mark in (*mention.marks, f"parties={min(3, number)}"):
                marks[f"{of}|{mark}|{part}"] += 1
        for mark, times in marks.items():
            found[mark] = 1
            found[f"{mark}%"] = times / count
        for mark in best.marks:
            found[f"{kind}|best|{mark}"] = found[f"best|{mark}"] = 1
            if where in {"title", "0"}:
                found[f"best|{strength}|{mark}|{where}"] = 1
        near = self.near(best, 10)
        before = {party.key for party in near if party.start < best.start}
        after = {party.key for party in near if party.start > best.start}
        for feature in (
            f"before={min(2, len(before))}",
            f"after={min(2, len(after))}",
            f"near={min(3, len(before | after))}",
        ):
            found[f"best|{feature}"] = found[f"{kind}|best|{feature}"] = 1
        for party in {party.kind for party in near}:
            found[f"best|{party}"] = found[f"{kind}|best|{party}"] = 1
        for theme in self.themes:
            found[f"{kind}|{theme}"] = found[f"theme={theme}"] = 1
        main = self.parties.main
        states = "USA" if main == ["USA"] else str(min(3, len(main)))
        found[f"main={states}"] = found[f"{kind}|main={states}"] = 1
        for code in main[:4]:
            found[f"main:{code}"] = 1
        found[f"long={self.length}"] = found[f"{kind}|long={self.length}"] = 1
        if self.length < 2:
            found.update(dict.fromkeys(self._brief_features(kind, best, strength, len(before), len(after)), 1.0))
        total = sum(map(len, self.mentions.values()))
        found["share"] = count / total
        leads = {
            name
            for name, others in self.mentions.items()
            if any(other.trigger.sure and other.sentence - self.title < 2 for other in others)
        }
        found["rivals"] = min(10, len(leads)) / 10
        for name in leads:
            if name != kind:
                found[f"{kind}|beside={name}"] = 1
        return found

    @cached_property
    def length(self) -> int:
        """How long the article is: 0 for a headline or a sentence, up to 3 for a whole article."""
        return bisect_right(_SHORT, len(self.page.document.clean.split()))

    def _brief_features(self, kind: str, best: Mention, strength: str, before: int, after: int) -> list[str]:
        """What speaks for an event in a text of one or two sentences, where all hangs on one trigger."""
        words = self.words(best.sentence).lower
        around = [
            *(f"{word}<" for word in words[max(0, best.first - 3) : best.first]),
            *(f"{word}>" for word in words[best.last : best.last + 3]),
        ]
        return [
            f"brief|{kind}|{best.trigger.lemma}",
            f"brief|{strength}",
            f"brief|{kind}|{strength}",
            f"brief|parties={min(2, before)}{min(2, after)}",
            f"brief|{kind}|parties={min(2, before)}{min(2, after)}",
            f"brief|kinds={_bucket(len(self.mentions))}",
            *(f"brief|{strength}|{mark}" for mark in best.marks),
            *(f"brief|{kind}|{word}" for word in around),
            *(f"brief|{word}" for word in around),
        ]

    def best(self, kind: str) -> Mention:
        """The mention that most likely reports the event: in the title or first sentences, and by a sure word."""
        return min(
            self.mentions[kind],
            key=lambda mention: (
                min(6, mention.sentence - self.title + 1)
                + (0 if mention.trigger.sure else 2.5)
                + (1.5 if "year" in mention.marks or "ago" in mention.marks else 0),
                mention.start,
            ),
        )

    def near(self, mention: Mention, reach: int) -> list[PartyMention]:
        """The parties at most so many words from a trigger."""
        words = self.words(mention.sentence)
        left = words.starts[max(0, mention.first - reach)]
        right = words.ends[min(len(words.ends) - 1, mention.last + reach)]
        return [party for party in self.parties.by_sentence.get(mention.sentence, ()) if left <= party.start < right]

    # -- did it happen? --------------------------------------------------------------------------------------------

    def status_features(self, kind: str) -> Features:
        """The features of an event's status."""
        mentions = self.mentions[kind]
        found: Features = defaultdict(float)
        found[f"{kind}"] = found["all"] = 1
        best = self.best(kind)
        found[f"{kind}|{best.trigger.lemma}"] = 1
        found["sure" if best.trigger.sure else "weak"] = 1
        found[f"at={self.position(best.sentence)}"] = 1
        for feature in self._status_words(best):
            found[feature] = found[f"{kind}|{feature}"] = 3 if feature.startswith("told=") else 1
        for feature in self._headline:
            found[feature] = 1
            if " " not in feature:
                found[f"{kind}|{feature}"] = 1
        others = sorted(mentions, key=lambda mention: (not mention.trigger.sure, mention.start))[:6]
        for mention in others:
            for feature in self._status_words(mention):
                found[f"any|{feature}"] += 1 / len(others)
        return found

    @cached_property
    def _headline(self) -> list[str]:
        """The words of the title, else of the first sentence, and their pairs: "to visit", "calls off"."""
        words = [word for word in self.words(0).lower[:_HEADLINE] if word[0].isalnum()] if self.page.bounds else []
        return [f"t:{word}" for word in words] + [f"t:{word} {following}" for word, following in pairwise(words)]

    def _status_words(self, mention: Mention) -> list[str]:
        lower = self.words(mention.sentence).lower
        before = lower[max(0, mention.first - 7) : mention.first]
        after = lower[mention.last : mention.last + 6]
        features = [*mention.marks, f"told={told_status(before)}"]
        features += [f"{word}<" for word in before if word.isalpha()]
        features += [f"{word}>" for word in after if word.isalpha()]
        features += [f"{word}~" for word in lower[:60] if word in STATUS_WORDS]
        features += [f"{word}-" for word in before[-1:]]
        clause = lower[max(0, mention.first - 4) : mention.last + 3]
        features += [f"p:{word} {following}" for word, following in pairwise(clause)]
        if before[-1:] == ["to"] and mention.first > 1:
            name = self.words(mention.sentence).written[mention.first - 2]
            features.append("to after a name" if name[0].isupper() else "to after a word")
        form = next(mark for mark in sorted(mention.marks) if mark.startswith("form:"))
        features += [f"{form}{word}<" for word in before[-3:] if word in STATUS_WORDS]
        return features

    # -- who, whom, where ------------------------------------------------------------------------------------------

    def party_features(self, kind: str) -> dict[str, Features]:
        """The features of each party that may have a part in the events of a type, by its key."""
        mentions = sorted(self.mentions[kind], key=lambda mention: mention.start)[:12]
        found: dict[str, Features] = {}
        for key, number in islice(self.parties.counts.most_common(), 12):
            features = found[key] = defaultdict(float)
            features[kind] = features["all"] = 1
            if key in self.parties.main:
                rank = self.parties.main.index(key)
                features[f"main{min(2, rank)}"] = features[f"{kind}|main{min(2, rank)}"] = 1
                if len(self.parties.main) == 1:
                    features["only main"] = features[f"{kind}|only main"] = 1
            features[f"count={min(4, number)}"] = 1
            if number == 1 and key in self._datelined:
                features["only dateline"] = 1
            features["share"] = number / self.parties.counts.total()
            features[f"first={self.position(self.parties.first[key])}"] = 1
            features[f"parties={min(4, len(self.parties.counts))}"] = 1
            if key == "USA":
                features["USA"] = features[f"{kind}|USA"] = 1
            if len(key) != 3:
                features["body"] = features[f"{kind}|body"] = 1
        for rank, mention in enumerate(mentions):
            for party, seen in self._pairs(mention):
                if party.key in found:
                    own = found[party.key]
                    for feature in seen:
                        own[feature] = 1
                        own[f"{kind}|{feature}"] = 1
                        if rank == 0:
                            own[f"0|{feature}"] = 1
                    own[f"{mention.trigger.lemma}|{seen[0]}"] = 1
                    own["with"] = own[f"{kind}|with"] = 1
        return found

    @cached_property
    def _datelined(self) -> frozenset[str]:
        """The keys of the parties that the dateline names."""
        first = self.parties.by_sentence.get(self.title, ())
        return frozenset(party.key for party in first if party.start < self._dateline)

    @cached_property
    def _dateline(self) -> int:
        """Where the text begins after "BISHKEK, May 3 (Agency) - "."""
        document = self.page.document
        found = _DATELINE.match(document.clean, document.body)
        return found.end() if found else 0

    def _pairs(self, mention: Mention) -> list[tuple[PartyMention, list[str]]]:
        words = self.words(mention.sentence)
        before = after = 0
        result = []
        parties = self.parties.by_sentence.get(mention.sentence, ())
        ordered = sorted(parties[:20], key=lambda party: abs((party.start + party.end) - (mention.start + mention.end)))
        passive = "passive" in mention.marks
        form = next(mark for mark in sorted(mention.marks) if mark.startswith("form:"))
        voice = "passive" if passive else "noun" if form == "form:noun" else "verb"
        for party in ordered:
            if party.start < self._dateline:
                continue  # where it was written, and nobody's part
            if party.start <= mention.start < party.end or party.start >= words.ends[-1]:
                continue  # the trigger itself, or past the part of a long sentence that is read
            left = party.start < mention.start
            rank = before if left else after
            before, after = (before + 1, after) if left else (before, after + 1)
            at = _index(words.ends, party.start)
            end = min(_index(words.ends, party.end - 1) + 1, len(words.ends))  # a name may run past its sentence
            gap = words.lower[end : mention.first] if left else words.lower[mention.last : at]
            side = "<" if left else ">"
            near = (
                "0"
                if len(gap) == 0
                else "2"
                if len(gap) < 3
                else "5"
                if len(gap) < 6
                else "10"
                if len(gap) < 11
                else "far"
            )
            preposition = _preposition(words, at, mention.last if not left else 0)
            follows = words.lower[end] if end < len(words.lower) else ""
            own = words.lower[end - 1]
            possessive = own.endswith(("'s", "’s", "s'", "s’")) or follows in {"'s", "’s", "'", "’"}
            features = [
                f"{voice}{side}{min(rank, 2)}",
                f"{voice}{side}{preposition}",
                f"{side}{near}",
                f"{voice}{side}{party.kind}",
                f"{voice}{side}{preposition}{near}",
            ]
            if possessive:
                features.append(f"{voice}{side}possessive")
            if at < 2 and left:
                features.append(f"{voice}opens")
            if any(word in {",", ";", "that", "who", "which", "after", "said"} for word in gap):
                features.append(f"{side}broken")
                features.append(f"{voice}{side}broken")
            if follows in _SAID:
                features.append(f"{voice}{side}says")
            result.append((party, features))
        return result


_SAID = frozenset({"said", "says", "told", "announced", "added", "has", "have", "will", "is", "was", "had"})


def _bucket(number: int) -> str:
    return str(number) if number < 3 else "3" if number < 5 else "5" if number < 9 else "9"


def _index(ends: Sequence[int], offset: int) -> int:
    """The index of the word that ends after an offset."""
    return bisect_right(ends, offset)


def _preposition(words: Words, at: int, stop: int) -> str:
    """The preposition before the noun phrase that holds word ``at``, or a mark for what is there instead."""
    for back in range(at - 1, max(stop, at - 7) - 1, -1):
        word = words.lower[back]
        if word in _PREPOSITIONS:
            return word
        if not word[0].isalpha() or word in {"said", "is", "was", "has", "have", "that", "who"}:
            return "-"
    return "start" if at < 3 else "-"
