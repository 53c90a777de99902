"""Short articles for the soak test: a headline and a sentence, each unique, and rules of many kinds that watch them.

Most mention a place and a topic, as most news does; one in five names an office holder, whom extraction finds next to
the title and checks with the language model.
"""

import json
from datetime import UTC, datetime, timedelta

START = datetime(2025, 3, 1, tzinfo=UTC)
#: Event time between articles: windows open, fill and are pruned throughout.
STEP = timedelta(seconds=1)

#: Windows are full, and their contents pruned, long before the 100,000th article (28 hours).
RULES = """
rules:
  - {name: border, kind: match, where: {theme: border_security}}
  - name: voices
    kind: match
    where: {sentence: {official: {former: false}, theme: [human_rights, diplomacy]}}
  - name: surge
    kind: frequency
    where: {text: protest}
    group_by: [country]
    window: 1h
    at_least: {warning: 5, critical: 50}
  - name: outlets
    kind: frequency
    where: {country: {salience: main}, theme: [elections, energy]}
    group_by: [source]
    window: 30m
    at_least: 5
  - name: spread
    kind: cardinality
    where: {text: protest}
    of: country
    window: 2m
    at_least: 3
  - name: unanswered
    kind: absence
    after: {text: resigned}
    without: {text: elections}
    group_by: [country]
    within: 1m
"""

PLACES = (
    "Kazakhstan",
    "Kyrgyzstan",
    "France",
    "Kenya",
    "Brazil",
    "Japan",
    "Peru",
    "Nigeria",
    "Poland",
    "Chile",
    "Nepal",
)
#: Headline and sentence; ``{number}`` and ``{name}`` make each article unique.
STORIES = (
    ("Harvest in {place} grows", "Farmers in {place} brought in {number} tonnes of wheat this week."),
    ("Protest in {place}", "Some {number} people joined a protest in {place} against the price of bread."),
    ("{place} repairs its railway", "The line across {place} is open again after {number} hours of work."),
    ("Talks with {place}", "President {name} of {place} spoke about human rights on day {number} of the talks."),
    ("Guards at the border of {place}", "Border guards of {place} stopped {number} lorries at the crossing."),
    ("{place} votes", "Turnout at the elections in {place} reached {number} voters by noon."),
    ("Schools of {place} open late", "After the storm {number} schools in {place} stayed closed on Monday."),
    ("Minister of {place} leaves", "Foreign Minister {name} of {place} resigned after {number} days in office."),
    ("Power cuts in {place}", "Power plants in {place} stood still, and {number} homes had no electricity."),
    ("Museum of {place} has a guest", "The show in {place} opened with {number} drawings of birds."),
)
SYLLABLES = ("ba", "do", "gi", "hu", "ja", "ke", "lo", "mi", "na", "pe", "ri", "so", "tu", "va", "we", "zo")


def name(number: int) -> str:
    """A name that is unique for each number below 65,536."""
    parts = [SYLLABLES[number >> shift & 15] for shift in (12, 8, 4, 0)]
    return f"Ana {''.join(parts).capitalize()}"


def article(number: int) -> bytes:
    """The article with this number; story, place and outlet repeat with different periods."""
    headline, sentence = STORIES[number % len(STORIES)]
    place = PLACES[number % len(PLACES)]
    filled = {"place": place, "number": number, "name": name(number % 65_536)}
    return json.dumps(
        {
            "id": f"soak-{number}",
            "title": headline.format(**filled),
            "text": sentence.format(**filled),
            "source": f"outlet-{number % 37}.example",
            "published_at": (START + number * STEP).isoformat(),
        }
    ).encode()
