"""The values of an article for the fields of conditions, with the attributes that conditions compare."""

from __future__ import annotations

from detectors.conditions.fields import META
from detectors.folding import fold_value
from detectors.model.article import EnrichedArticle, Span
from detectors.model.event_time import published_time
from detectors.vocabulary import english_name

Plain = str | int | float | bool
AttributeValue = tuple[str, ...] | float | bool | None
_BEHIND_ALL = (2, 0)


class Value:
    """One value: ``code`` names it in groups, conditions test ``attributes``, ``spans`` locate it in the text."""

    __slots__ = ("_folded", "attributes", "code", "field", "name", "order", "spans")

    def __init__(
        self,
        field: str,
        code: Plain,
        name: str,
        attributes: dict[str, AttributeValue],
        spans: tuple[Span, ...] = (),
    ) -> None:
        self.field = field
        self.code = code
        self.name = name
        self.attributes = attributes
        self.spans = spans
        self.order = min(map(position, spans)) if spans else _BEHIND_ALL
        self._folded: dict[str, tuple[str, ...]] = {}

    def spellings(self, attribute: str, cased: bool) -> tuple[str, ...]:
        """The texts to compare the attribute by, folded unless ``cased``; () if it has none."""
        if cased:
            raw = self.attributes.get(attribute)
            return tuple(fold_value(text, cased=True) for text in raw) if isinstance(raw, tuple) else ()
        folded = self._folded.get(attribute)
        if folded is None:
            raw = self.attributes.get(attribute)
            folded = tuple(dict.fromkeys(fold_value(text) for text in raw)) if isinstance(raw, tuple) else ()
            self._folded[attribute] = folded
        return folded


def scalar_key(value: float | bool) -> str | float:
    """A number or boolean as a key that keeps ``true`` and ``1`` apart; no folded text begins with NUL."""
    return f"\0{value}" if isinstance(value, bool) else value


def position(span: Span) -> tuple[int, int]:
    """The position of a span in reading order: the title comes first."""
    return (0 if span.in_ == "title" else 1, span.start)


def _some(text: str | None) -> tuple[str, ...] | None:
    return (text,) if text else None


def _officials(article: EnrichedArticle) -> list[Value]:
    return [
        Value(
            "official",
            person.id,
            person.name,
            {
                "name": tuple(dict.fromkeys((person.name, *(mention.text for mention in person.mentions)))),
                "id": (person.id,),
                "role": _some(person.role),
                "class": _some(person.role_class),
                "country": (person.country, english_name(person.country)) if person.country else None,
                "organisation": _some(person.organisation),
                "former": person.former,
                "confidence": person.confidence,
            },
            person.mentions or person.evidence,
        )
        for person in article.officials
    ]


def _countries(article: EnrichedArticle) -> list[Value]:
    return [
        Value(
            "country",
            country.alpha3,
            english_name(country.alpha3),
            {"code": (country.alpha3, english_name(country.alpha3)), "salience": (country.salience,)},
            country.mentions,
        )
        for country in article.countries
    ]


def _themes(article: EnrichedArticle) -> list[Value]:
    return [
        Value("theme", theme.theme, theme.theme, {"label": (theme.theme,), "score": theme.score}, theme.evidence)
        for theme in article.themes
        if theme.theme != "none"
    ]


def _organisations(article: EnrichedArticle) -> list[Value]:
    return [
        Value("organisation", body.name, body.name, {"name": (body.name, *body.aliases)}, body.mentions)
        for body in article.organisations
    ]


def _single(article: EnrichedArticle, field: str) -> list[Value]:
    if field == "age":
        published = published_time(article.published_at)
        if published is None:
            return []
        seconds = (article.received_at - published).total_seconds()
        return [Value(field, seconds, field, {field: seconds})]
    if field.startswith(META):
        given = article.meta.get(field[len(META) :])
        if given is None:
            return []
        attribute: AttributeValue = (given,) if isinstance(given, str) else given
        return [Value(field, given, str(given), {field: attribute})]
    text = {"source": article.source, "language": article.language, "id": article.id, "url": article.url}[field]
    return [Value(field, text, text, {field: (text,)})] if text else []


_MANY = {"official": _officials, "country": _countries, "theme": _themes, "organisation": _organisations}


def values_of(article: EnrichedArticle, field: str) -> tuple[Value, ...]:
    """The article's values for a field that is not searched text, in text order, one per code."""
    make = _MANY.get(field)
    if make is None:
        return tuple(_single(article, field))
    found: dict[Plain, Value] = {}
    for value in make(article):
        found.setdefault(value.code, value)
    return tuple(sorted(found.values(), key=lambda value: value.order))
