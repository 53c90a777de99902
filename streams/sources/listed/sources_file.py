"""A file of sources, YAML or OPML, read as a whole: all its problems are reported in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from detectors.reading.context import Context, Place
from detectors.reading.files import UnreadableError, read_bytes, read_document
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.problems import Problems, TooManyProblems, Wrong, nearest, shown
from detectors.reading.readers import Boolean, Duration, MapOf, Number, Reader, Word, read_keys
from detectors.user_error import UserError
from detectors.vocabulary import country_code, country_names, shipped_vocabulary
from streams.sources.listed.opml import OpmlError, outlines
from streams.sources.listed.source import Secret, Source
from streams.sources.rss.sites import ascii_address, without_credentials

MAX_OPML_BYTES = 16 * 1024 * 1024
#: The longest name: it is the key of the source's position.
LONGEST_NAME = 500


class SourcesError(UserError):
    """A file of sources that cannot be used; the message lists all its problems with file, line and field."""


class _Address(Reader[str]):
    def read(self, node: Node, place: Place) -> str:
        text = Word("an http or https address").read(node, place).strip()
        for wrong, right in (("feed://", "http://"), ("feed:http", "http")):
            text = right + text.removeprefix(wrong) if text.startswith(wrong) else text
        try:
            parts = urlsplit(text)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and bool(ascii_address(text))
        except ValueError:
            good = False
        if not good:
            place.fail(node, f"expected an http or https address, found {shown(without_credentials(text))}")
        return text


class _Home(Reader[str]):
    def read(self, node: Node, place: Place) -> str:
        text = Word("a country").read(node, place)
        code = country_code(text)
        if code is None:
            near = nearest(text, country_names())
            place.fail(node, f"expected a country such as KAZ or Kazakhstan, found {shown(text)}{near}")
        return code


class _Header(Reader[str | Secret]):
    def read(self, node: Node, place: Place) -> str | Secret:
        if not isinstance(node, Mapping):
            text = Word("a text, or {env: NAME} or {file: PATH}").read(node, place)
            if not text.isprintable():
                place.fail(node, "expected a text of one line")
            return text
        found = read_keys(node, place, {"env": Word("the name of a variable"), "file": Word("a path")}, frozenset())
        if len(found) != 1:
            place.fail(node, "expected one of env and file")
        return Secret(found.get("env"), Path(node.file).parent / found["file"] if "file" in found else None)


class _Language(Reader[str]):
    def read(self, node: Node, place: Place) -> str:
        return Word("a language code such as en or pt-BR", r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*").read(node, place)


_COMMON: dict[str, Reader[Any]] = {
    "outlet": Word("the outlet's name", longest=200),
    "home": _Home(),
    "language": _Language(),
    "interval": Duration(),
    "jitter": Duration(zero=True),
    "timeout": Duration(),
    "most_mb": Number(above=0),
    "user_agent": Word("a text of one line", r"[ -~]+", 300),
    "headers": MapOf(_Header()),
    "robots": Boolean(),
    "private": Boolean(),
}
_SOURCE = _COMMON | {"name": Word("a name", longest=LONGEST_NAME), "url": _Address(), "opml": Word("a path")}
_KEYS = ("defaults", "sources")


def read_sources(file: Path) -> tuple[Source, ...]:
    """The sources of a file, in its order.

    Raises:
        SourcesError: the file has problems, or no source.
    """
    problems = Problems()
    found: list[Source] = []
    try:
        if file.suffix.lower() in {".opml", ".xml"}:
            found.extend(_of_opml(file, Node(str(file), 1, 1), _place(problems), {}))
        else:
            found.extend(_of_yaml(file, problems))
    except (Wrong, TooManyProblems):
        pass
    if problems.errors:
        raise SourcesError("\n".join(map(str, problems.errors)))
    if not found:
        raise SourcesError(f"{file}:1:1: error: sources: expected at least one source, found none")
    return tuple(found)


def _place(problems: Problems) -> Place:
    return Place(Context(problems, shipped_vocabulary(), {}, {}))


def _of_yaml(file: Path, problems: Problems) -> Iterator[Source]:
    root = read_document(file, problems)
    if root is None:
        return
    place = _place(problems)
    if not isinstance(root, Mapping):
        place.fail(root, f"expected a mapping with the key 'sources', found {root.what}")
    keys = read_keys(root, place, dict.fromkeys(_KEYS, _Kept()), frozenset(("sources",)))
    defaults: dict[str, Any] = {}
    if "defaults" in keys:
        at = place.at("defaults")
        if not isinstance(keys["defaults"], Mapping):
            at.fail(keys["defaults"], f"expected a mapping, found {keys['defaults'].what}")
        with suppress(Wrong):  # the problem is reported; the sources may have others
            defaults = read_keys(keys["defaults"], at, _COMMON, frozenset())
    listed = keys["sources"]
    if not isinstance(listed, Sequence):
        place.at("sources").fail(listed, f"expected a list of sources, found {listed.what}")
    seen: dict[str, Node] = {}
    for number, item in enumerate(listed.items):
        at = place.at("sources").at(number)
        try:
            for source in _one(item, at, defaults):
                first = seen.setdefault(source.name, item)
                if first is not item:
                    said = f"duplicate source {shown(source.name)}: already in line {first.line}"
                    at.error(item, f"{said}; give it another name")
                yield source
        except Wrong:
            continue


class _Kept(Reader[Node]):
    def read(self, node: Node, place: Place) -> Node:  # noqa: ARG002 - read later
        return node


def _one(item: Node, at: Place, defaults: dict[str, Any]) -> Iterator[Source]:
    if isinstance(item, Scalar):
        yield _source({"url": _Address().read(item, at)} | defaults)
        return
    if not isinstance(item, Mapping):
        at.fail(item, f"expected a source or an address, found {item.what}")
    keys = read_keys(item, at, _SOURCE, frozenset())
    if ("url" in keys) == ("opml" in keys):
        at.fail(item, "expected one of the keys 'url' and 'opml'")
    headers = defaults.get("headers", {}) | keys.get("headers", {})
    given = defaults | keys | ({"headers": headers} if headers else {})
    if "opml" in keys:
        del given["opml"]
        yield from _of_opml(Path(item.file).parent / keys["opml"], item, at, given)
    else:
        yield _source(given)


def _of_opml(file: Path, node: Node, at: Place, given: dict[str, Any]) -> Iterator[Source]:
    try:
        listed = list(outlines(read_bytes(file, MAX_OPML_BYTES)))
    except (UnreadableError, OpmlError) as error:
        at.fail(node, f"{file}: {error}")
    seen: set[str] = set()
    for _, url in listed:
        address = _Address().read(Scalar(str(file), 1, 1, url, False), at)
        if address not in seen:
            seen.add(address)
            name = without_credentials(address)
            yield _source({"outlet": None} | given | {"url": address, "name": name})


def _source(keys: dict[str, Any]) -> Source:
    given = dict(keys)
    given.setdefault("name", without_credentials(given["url"]))
    if "most_mb" in given:
        given["most_bytes"] = int(given.pop("most_mb") * 2**20)
    return Source(**given)
