"""The events of an article as conditions see them: each with its parties, which have attributes of their own."""

from __future__ import annotations

from detectors.conditions.fields import EVENT
from detectors.conditions.values import AttributeValue, Value
from detectors.folding import fold_value
from detectors.model.article import EnrichedArticle, Event, Official, Organisation, Party, Span
from detectors.vocabulary import english_name

Parties = tuple[Value, ...]


class EventValue(Value):
    """An event: ``parties`` by side (``actor``, ``target``, ``participant``), ``evidence`` for alerts.

    It is where its trigger is. ``size`` is the number of steps that a condition on it costs. ``spellings`` also knows
    what all parties of a side have together, such as ``actor.country``: the index looks it up.
    """

    __slots__ = ("event", "evidence", "parties", "size")

    def __init__(self, number: int, event: Event, parties: dict[str, Parties]) -> None:
        attributes: dict[str, AttributeValue] = {
            "type": (event.type,),
            "status": (event.status,),
            "background": event.background,
            "place": _country(event.place),
            "confidence": event.confidence,
        }
        for side, all_parties in parties.items():
            attributes[side] = tuple([party.name for party in all_parties]) or None
        super().__init__(EVENT, number, event.type, attributes, (event.trigger,) if event.trigger else event.evidence)
        self.event = event
        self.size = 1 + sum(map(len, parties.values()))
        self.parties = parties
        self.evidence: tuple[Span, ...] = tuple(dict.fromkeys((*self.spans, *event.evidence)))

    def spellings(self, attribute: str, cased: bool) -> tuple[str, ...]:
        side, _, of_party = attribute.partition(".")
        if not of_party:
            return super().spellings(attribute, cased)
        key = f"{attribute}.cased" if cased else attribute
        known = self._folded.get(key)
        if known is None:
            known = tuple([text for party in self.parties[side] for text in party.spellings(of_party, cased)])
            self._folded[key] = known
        return known


def _country(code: str | None) -> tuple[str, ...] | None:
    return (code, english_name(code)) if code else None


def events_of(article: EnrichedArticle) -> tuple[Value, ...]:
    """The article's events in text order; each is a value of its own, even if another one is equal."""
    if not article.events:
        return ()
    known = _Known(article)
    found = []
    for number, event in enumerate(article.events):
        actors, targets = known.parties(event.actors), known.parties(event.targets)
        sides = {"actor": actors, "target": targets, "participant": _participants(actors, targets)}
        found.append(EventValue(number, event, sides))
    return tuple(sorted(found, key=lambda value: value.order))


class _Known:
    """What the article has found about people and bodies, to complete parties with."""

    def __init__(self, article: EnrichedArticle) -> None:
        self._made: dict[Party, Value] = {}
        self._officials = {person.id: person for person in article.officials}
        self._organisations: dict[str, Organisation] = {}
        for body in article.organisations:
            for name in (body.name, *body.aliases):
                self._organisations.setdefault(fold_value(name), body)

    def parties(self, parties: tuple[Party, ...]) -> Parties:
        return tuple([self._made.get(party) or self._party(party) for party in parties])

    def _party(self, party: Party) -> Value:
        person = self._officials.get(party.official) if party.official else None
        country = party.country or (person.country if person else None)
        names = self._names(party, person)
        role_class = party.role_class or (person.role_class if person else None)
        organisation = party.organisation or (person.organisation if person else None)
        shown = (person.name if person else None) or party.name or (english_name(country) if country else "")
        made = self._made[party] = Value(
            "party",
            country or shown or party.official or "",
            shown or party.official or "",
            {
                "country": _country(country),
                "name": names or None,
                "official": (party.official, *names) if party.official else None,
                "class": (role_class,) if role_class else None,
                "organisation": (organisation,) if organisation else None,
            },
        )
        return made

    def _names(self, party: Party, person: Official | None) -> tuple[str, ...]:
        """All spellings of a person, all names of a body."""
        names = [party.name] if party.name else []
        if person is not None:
            names += [person.name, *(mention.text for mention in person.mentions)]
        body = self._organisations.get(fold_value(party.name)) if party.name else None
        if body is not None:
            names += [body.name, *body.aliases]
        return tuple(dict.fromkeys(names))


def _participants(actors: Parties, targets: Parties) -> Parties:
    """Actors and targets, each party once. A state beside its own official on one side is no second party."""
    found: dict[tuple[str, str], Value] = {}
    for side in (actors, targets):
        represented = {_state(party) for party in side if party.attributes["name"] is not None}
        for party in side:
            state = _state(party)
            if party.attributes["name"] is not None or state not in represented:
                found.setdefault((state, fold_value(party.name)), party)
    return tuple(found.values())


def _state(party: Value) -> str:
    country = party.attributes["country"]
    return country[0] if isinstance(country, tuple) else ""
