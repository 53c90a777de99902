"""The values that conditions compare with, from the rule or a list, checked against the field's vocabulary."""

from __future__ import annotations

from typing import cast

from detectors.conditions.fields import Form
from detectors.conditions.lexicon import Phrase, phrase
from detectors.conditions.predicates import Terms, Whole
from detectors.conditions.values import scalar_key
from detectors.folding import fold_value
from detectors.languages import language_code
from detectors.reading.context import Entry, ListDefinition, Place
from detectors.reading.countries import unknown_country
from detectors.reading.nodes import Node, Scalar, Sequence
from detectors.reading.problems import Wrong, nearest, one_of, shown
from detectors.vocabulary import EVENT_STATUSES, country_code, event_types, status_meant

LONGEST = 1000
Key = str | float


def scalars(node: Node, place: Place) -> list[Scalar]:
    """The values of a scalar or of a list of scalars."""
    items = node.items if isinstance(node, Sequence) else [node]
    found = []
    for index, item in enumerate(items):
        where = place.at(index) if isinstance(node, Sequence) else place
        if not isinstance(item, Scalar) or item.value is None:
            where.fail(item, f"expected a value, found {item.what}")
        if len(item.text) > LONGEST:
            where.fail(item, f"expected at most {LONGEST} characters, found {len(item.text)}")
        found.append(item)
    if not found:
        place.warning(node, "an empty list can never be met")
    return found


def code(text: str, form: Form, place: Place) -> str:
    """The folded value for a text. Raises ValueError if the field has no such value."""
    if form is Form.COUNTRY:
        found = country_code(text)
        if found is None:
            raise ValueError(unknown_country(text))
        return found.lower()
    if form is Form.LANGUAGE:
        return language_code(text) or fold_value(text)
    vocabulary = place.context.vocabulary
    if form is Form.THEME:
        if text == "none":
            raise ValueError("'none' is not a theme; for an article without themes write theme: {exists: false}")
        if fold_value(text) not in vocabulary.themes:
            raise ValueError(one_of(text, vocabulary.themes, "theme"))
    if form is Form.ROLE_CLASS and fold_value(text) not in vocabulary.role_classes:
        raise ValueError(one_of(text, vocabulary.role_classes, "role class"))
    if form is Form.SALIENCE and fold_value(text) not in {"main", "mentioned"}:
        raise ValueError(one_of(text, ("main", "mentioned"), "salience"))
    if form is Form.EVENT_TYPE and fold_value(text) not in event_types():
        raise ValueError(one_of(text, event_types(), "event type"))
    if form is Form.EVENT_STATUS and fold_value(text) not in EVENT_STATUSES:
        meant = status_meant(text)
        listed = f"expected one of {', '.join(EVENT_STATUSES)}; did you mean {meant!r}?"
        raise ValueError(
            f"unknown event status {shown(text)}: {listed}" if meant else one_of(text, EVENT_STATUSES, "event status")
        )
    return fold_value(text)


def _warn_of_body(text: str, form: Form, node: Node, place: Place) -> None:
    """A name that no organisation of the gazetteer has."""
    known = place.context.vocabulary.organisations
    if form is Form.ORGANISATION and known and place.context.lint is not None:
        folded = {fold_value(name): name for name in known}
        if fold_value(text) not in folded:
            near = nearest(fold_value(text), folded, cutoff=0.85)
            said = f"no article has the organisation {shown(text)}, which is not in the gazetteer"
            place.warning(node, f"{said}{near or f'; write text: {text} for the words'}")


def terms(node: Node, place: Place, cased: bool) -> Terms:
    """Phrases written in the rule; each serves as its own name."""
    names: dict[Phrase, str] = {}
    for scalar in scalars(node, place):
        place.lint_text(scalar, scalar.text, "phrase")
        _warn_of_list(scalar, place)
        try:
            names.setdefault(phrase(scalar.text, cased=cased), scalar.text)
        except ValueError as error:
            place.fail(scalar, f"{error} in {shown(scalar.text)}")
    return Terms(names, cased)


def _warn_of_list(scalar: Scalar, place: Place) -> None:
    """A name such as ``central_asia`` is no phrase of a text: the list is meant."""
    if scalar.text not in place.context.lists or place.path.endswith((".in", ".not_in")):
        return
    if "_" in scalar.text or place.path.endswith((".source", ".language", ".organisation")):
        place.warning(scalar, f"this is the text itself; to use the list {scalar.text!r} write in: {scalar.text}")


def whole(node: Node, place: Place, form: Form, cased: bool, negated: bool = False) -> Whole:
    """Whole-value comparison with values written in the rule."""
    cased = cased and form in {Form.WHOLE, Form.WORDS, Form.SCALAR}
    names: dict[str | float, str] = {}
    wrong = False
    for scalar in scalars(node, place):
        _warn_of_body(scalar.text, form, scalar, place)
        _warn_of_list(scalar, place)
        try:
            names.setdefault(_key(scalar, form, cased, place), scalar.text)
        except ValueError as error:
            place.error(scalar, f"{error}{_list_meant(scalar, place)}")
            wrong = True
    if wrong:
        raise Wrong
    return Whole(names, negated, cased)


def _list_meant(scalar: Scalar, place: Place) -> str:
    lists = place.context.lists
    meant = next((name for name in (scalar.text, fold_value(scalar.text).replace(" ", "_")) if name in lists), None)
    return f"; write 'in: {meant}' to use the list {meant!r}" if meant is not None else ""


def _key(scalar: Scalar, form: Form, cased: bool, place: Place) -> Key:
    value = scalar.value
    if form is Form.SCALAR and not isinstance(value, str) and value is not None:
        return scalar_key(value)
    if form is Form.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"expected a number, found {scalar.what}")
        return value
    return fold_value(scalar.text, True) if cased else code(scalar.text, form, place)


def named_list(node: Scalar, place: Place) -> ListDefinition:
    """The list that the node names."""
    lists = place.context.lists
    found = lists.get(node.text)
    if found is None:
        known = nearest(node.text, lists) or (
            f"; the lists are {', '.join(sorted(lists)[:20])}" if lists else "; the set has no lists"
        )
        place.fail(node, f"expected the name of a list, or values in brackets, found {shown(node.text)}{known}")
    place.context.used_lists.add(node.text)
    if not found.entries:
        place.warning(node, f"the list {node.text!r} is empty")
    return found


def listed_terms(node: Node, place: Place, cased: bool) -> Terms:
    """Phrases of ``in`` and ``not_in``: from a named list or written in the rule."""
    if not isinstance(node, Scalar):
        for item in node.items if isinstance(node, Sequence) else ():
            if isinstance(item, Scalar) and item.text in place.context.lists:
                place.warning(item, f"this is the text itself; to use the list {item.text!r} remove the brackets")
        return terms(node, place, cased)
    found = named_list(node, place)
    key = ("terms", found.name, cased)
    cache = place.context.cache
    if key not in cache:
        names: dict[Phrase, str] = {}
        listed = Place(place.context, f"lists.{found.name}")
        for entry in found.entries:
            for spelling in entry.spellings:
                if place.context.lint_text is not None:
                    at = Node(entry.file, entry.line, entry.column)
                    listed.lint_text(at, spelling, "phrase")
                    listed.lint_text(at, spelling, "entry")
                try:
                    names.setdefault(phrase(spelling, cased=cased), entry.name)
                except ValueError as error:
                    place.fail(node, f"{error} in {_where(entry, spelling)}")
        cache[key] = Terms(names, cased)
    return cast("Terms", cache[key])


def listed_whole(node: Node, place: Place, form: Form, cased: bool, negated: bool) -> Whole:
    """Whole values of ``in`` and ``not_in``: from a named list or written in the rule."""
    if not isinstance(node, Scalar):
        return whole(node, place, form, cased, negated)
    found = named_list(node, place)
    cased = cased and form in {Form.WHOLE, Form.WORDS, Form.SCALAR}
    key = ("whole", found.name, form, cased)
    cache = place.context.cache
    if key not in cache:
        names: dict[str | float, str] = {}
        listed = Place(place.context, f"lists.{found.name}")
        for entry in found.entries:
            for spelling in entry.spellings:
                if form is Form.ORGANISATION:
                    _warn_of_body(spelling, form, Node(entry.file, entry.line, entry.column), listed)
                try:
                    names.setdefault(fold_value(spelling, True) if cased else code(spelling, form, place), entry.name)
                    if form is Form.SCALAR and (number := _number(spelling)) is not None:
                        names.setdefault(number, entry.name)
                except ValueError as error:
                    place.fail(node, f"{error} ({_where(entry, spelling)})")
        cache[key] = names
    return Whole(cast("dict[str | float, str]", cache[key]), negated, cased)


def _number(spelling: str) -> Key | None:
    """The number or boolean that a list entry spells, or None: lists contain texts, `meta` may contain either."""
    value = Scalar("", 0, 0, spelling, plain=True).value
    return scalar_key(value) if isinstance(value, int | float) else None


def _where(entry: Entry, spelling: str) -> str:
    return f"the entry {shown(spelling)} at {entry.file}:{entry.line}"
