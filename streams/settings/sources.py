"""The sources of settings: flags, environment variables and the settings file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from detectors.reading import nodes
from detectors.reading.files import read_document
from detectors.reading.problems import Problems, TooManyProblems, nearest
from streams.settings.errors import SettingsError
from streams.settings.model import Settings

PREFIX = "NEWSWATCH_"
#: Our variables that are not settings: the path of the settings file, and those for the tests.
_OTHERS = (
    "NEWSWATCH_CONFIG",
    "NEWSWATCH_DAY_MINUTES",
    "NEWSWATCH_DAY_SEED",
    "NEWSWATCH_FUZZ_SECONDS",
    "NEWSWATCH_FUZZ_SEED",
    "NEWSWATCH_REQUIRE_KAFKA",
    "NEWSWATCH_SOAK_ARTICLES",
    "NEWSWATCH_UPDATE_DOCS",
    "NEWSWATCH_UPDATE_GOLDEN",
)
_SECURITY = ("security_", "sasl_", "ssl_")
_SERVICE = "_SERVICE_HOST"
_DETAIL = re.compile(r" \((?:[&*]|['\"]).*\)")


class Given(msgspec.Struct, frozen=True):
    """A value and its source: ``origin`` is the flag, variable or file, ``line`` the line and column in a file."""

    name: str
    value: Any
    origin: str
    line: str = ""

    def problem(self, message: str) -> str:
        """A message about this value."""
        return f"{self.origin}{self.line}: {self.name}: {message}" if self.line else f"{self.origin}: {message}"


def from_flags(flags: Mapping[str, Any], assigned: Iterable[str]) -> Iterator[Given]:
    """Yield the values from the command line; ``assigned`` lists the names that came from ``--set``."""
    for name, value in flags.items():
        flag = f"--set {name}" if name in assigned else f"--{name.replace('_', '-')}"
        yield Given(canonical(name), value, flag)


def from_environment(environment: Mapping[str, str]) -> Iterator[Given]:
    """Yield the values from environment variables, whose names are case-insensitive."""
    found = {name.lower(): name for name in environment}
    for name in Settings.model_fields:
        for variable in _variables(name):
            if variable in found:
                yield Given(name, environment[found[variable]], found[variable])
                break


def from_file(file: Path) -> Iterator[Given]:
    """Yield the values from a YAML file.

    Raises:
        SettingsError: the file cannot be read, or is not a YAML mapping.
    """
    problems = Problems()
    try:
        root = read_document(file, problems)
    except TooManyProblems:
        root = None
    if problems.errors:
        # Remove the text that the parser quotes, which may be a secret.
        said = (f"{one.file}:{one.line}:{one.column}: {_DETAIL.sub('', one.message)}" for one in problems.errors)
        raise SettingsError("\n".join(said))
    if root is None:
        return
    if not isinstance(root, nodes.Mapping):
        found = "" if isinstance(root, nodes.Scalar) else f", found {root.what}"
        raise SettingsError(f"{file}:{root.line}:{root.column}: expected a mapping of settings to values{found}")
    for key, at, node in root.items():
        name = canonical(key)
        place = node if name in Settings.model_fields else at
        yield Given(name, _value(name, node), str(file), f":{place.line}:{place.column}")


def misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield a warning for each variable that looks like a setting but is not one."""
    names = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    services = [name.removesuffix(_SERVICE) for name in environment if name.endswith(_SERVICE)]
    links = "|".join(map(re.escape, services))
    linked = re.compile(rf"(?:{links})_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_\w+)?)") if links else None
    for variable in environment:
        if not variable.upper().startswith(PREFIX) or variable.upper() in {*names, *_OTHERS}:
            continue
        if linked is not None and linked.fullmatch(variable):  # Kubernetes sets these for a Service of this name
            continue
        yield f"{variable} is set, but no setting has this name{nearest(variable, (*names, *_OTHERS))}"


def canonical(name: str) -> str:
    """The canonical name of a setting; security settings also have the names of Kafka's tools (``kafka_sasl_...``)."""
    for prefix in ("newswatch_", "kafka_"):
        if name.startswith(prefix) and name.removeprefix(prefix).startswith(_SECURITY):
            return name.removeprefix(prefix)
    return name


def _variables(name: str) -> tuple[str, ...]:
    if name.startswith(_SECURITY):
        return name, f"newswatch_{name}", f"kafka_{name}"
    return (f"newswatch_{name}",)


def _value(name: str, node: nodes.Node) -> object:
    """The node's value for pydantic; a text setting gets text, even if it looks like a number: ``app_id: 1``."""
    if isinstance(node, nodes.Scalar) and node.value is not None:
        field = Settings.model_fields.get(name)
        numeric = field is not None and field.annotation in {int, float, bool}
        return node.value if numeric else node.text
    return nodes.plain(node)
