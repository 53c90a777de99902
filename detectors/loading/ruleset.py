"""A rule set: all rules of a folder, read and checked together; all or nothing."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from hashlib import sha256
from pathlib import Path

import msgspec

from detectors.garbage_collection import collector_waits
from detectors.lints.registry import about_condition, about_rule, about_set, about_text
from detectors.loading.list_unions import Unions, is_union
from detectors.loading.lists import read_list
from detectors.loading.overrides import all_keys, apply_overrides, with_defaults
from detectors.loading.rule_reader import known_keys, read_rule
from detectors.loading.sources import Sources
from detectors.reading.context import Context, ListDefinition, Place
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence
from detectors.reading.parser import parse_yaml
from detectors.reading.problems import Problem, Problems, RuleSetError, TooManyProblems, Wrong, shown, unknown_key
from detectors.rules.rule import Rule
from detectors.vocabulary import Vocabulary, shipped_vocabulary

__all__ = ["Problem", "RuleSet", "RuleSetError", "load_rules"]

TOP_LEVEL = ("lists", "macros", "defaults", "rules", "overrides")


class RuleSet(msgspec.Struct, frozen=True):
    """Rules ordered by file name and position; ``version`` is a hash of all files, lists included."""

    rules: tuple[Rule, ...]
    version: str
    warnings: tuple[Problem, ...] = ()

    def topics(self) -> frozenset[str]:
        """The topics that publishing rules name, without ``alerts``."""
        return frozenset(rule.topic for rule in self.rules if rule.publish and rule.enabled) - {"alerts"}


def load_rules(
    places: Path | tuple[Path, ...], vocabulary: Vocabulary | None = None, *, linting: bool = False, stdin: str = ""
) -> RuleSet:
    """Load the rule set of a folder, or of several folders and files; ``stdin`` is the text of the file ``-``.

    A file may use the lists and macros of the other files of its folder. With ``linting``, the warnings include those
    of the lints.

    Raises:
        RuleSetError: with all problems of all files.
    """
    with collector_waits():
        given = places if isinstance(places, tuple) else (places,)
        return _Loading(Sources(*given, stdin=stdin), vocabulary or shipped_vocabulary(), linting).rule_set()


class _Loading:
    """One pass over the files of a set: parsing, lists and macros, defaults, overrides, rules."""

    def __init__(self, sources: Sources, vocabulary: Vocabulary, linting: bool) -> None:
        self._sources = sources
        self._problems = Problems()
        self._lists: dict[str, ListDefinition] = {}
        self._macros: dict[str, Node] = {}
        self._macro_places: dict[str, Scalar] = {}
        self._linting = linting
        lint = about_condition if linting else None
        lint_text = about_text if linting else None
        self._context = Context(self._problems, vocabulary, self._lists, self._macros, lint=lint, lint_text=lint_text)
        self._unions = Unions(self._lists, self._context.used_lists)
        self._rules: dict[str, Mapping] = {}
        self._places: dict[str, Place] = {}
        self._overrides: list[tuple[Node, Place]] = []
        self._with_rules: set[str] = set()

    def rule_set(self) -> RuleSet:
        try:
            return self._all()
        except TooManyProblems:
            raise RuleSetError(self._problems.errors) from None

    def _all(self) -> RuleSet:
        roots = self._parse()
        for root in roots:
            self._definitions(root)
        self._definitions_beside()
        for root in roots:
            self._collect(root)
        self._unions.resolve()
        apply_overrides(self._overrides, self._rules)
        rules = self._read()
        self._check_together(rules)
        errors = self._problems.errors
        if errors:
            raise RuleSetError(errors)
        self._unused()
        if self._linting:
            self._lists_of_names()
            for rule, key, message in about_set(tuple(rules.values())):
                self._problems.warning(rule, f"{rule.name}.{key}", message)
        return RuleSet(tuple(rules.values()), self._version(), self._problems.warnings)

    def _parse(self) -> list[Mapping]:
        place = Place(self._context)
        missing = self._sources.missing
        if missing is not None:
            raise RuleSetError((Problem(str(missing), 1, 1, "", "expected a folder with rules, found none"),))
        roots: list[Mapping] = []
        files = self._sources.rule_files()
        for name in sorted(self._sources.overlooked):
            said = "rules are read from .yaml files in the folder and its subfolders, except symbolic links"
            self._problems.warning(Node(name, 1, 1), "", f"ignored: {said}")
        for file in files:
            if file.problem:
                self._problems.error(Node(file.name, file.line, 1), "", file.problem)
                continue
            root = parse_yaml(file.text, file.name, self._problems)
            if isinstance(root, Mapping):
                for key, at, _ in root.items():
                    if key not in TOP_LEVEL:
                        place.error(at, unknown_key(key, TOP_LEVEL))
                roots.append(root)
            elif root is not None:
                place.error(root, f"expected a mapping with {', '.join(TOP_LEVEL)}, found {root.what}")
        return roots

    def _section(self, root: Mapping, key: str) -> MappingABC[str, tuple[Scalar, Node]]:
        node = root.get(key)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return {}
        if not isinstance(node, Mapping):
            Place(self._context, key).error(node, f"expected a mapping of names, found {node.what}")
            return {}
        return node.pairs

    def _definitions(self, root: Mapping) -> None:
        for name, (at, node) in self._section(root, "lists").items():
            place = Place(self._context, "lists").at(name)
            if name in self._lists:
                first = self._lists[name]
                place.error(at, f"list {shown(name)} is already defined at {first.file}:{first.line}")
                continue
            if is_union(node):
                self._unions.define(name, at, node, place)
                continue
            try:
                self._lists[name] = read_list(name, at, node, place, self._sources)
            except Wrong:
                self._lists[name] = ListDefinition(name, (), at.file, at.line, at.column)
        for name, (at, node) in self._section(root, "macros").items():
            first_place = self._macro_places.setdefault(name, at)
            if first_place is not at:
                where = f"{first_place.file}:{first_place.line}"
                Place(self._context, "macros").at(name).error(at, f"macro {shown(name)} is already defined at {where}")
                continue
            self._macros[name] = node

    def _definitions_beside(self) -> None:
        """The lists and macros of the other files in the folders of single files, whatever else is in these."""
        for file in self._sources.beside():
            root = parse_yaml(file.text, file.name, Problems()) if not file.problem else None
            place = Place(Context(Problems(), self._context.vocabulary, {}, {}))
            for key, known in (("lists", self._lists), ("macros", self._macros)):
                node = root.get(key) if isinstance(root, Mapping) else None
                for name, (at, value) in node.pairs.items() if isinstance(node, Mapping) else ():
                    if name not in known:
                        try:
                            if key == "lists" and is_union(value):
                                self._unions.define(name, at, value, place)
                                continue
                            known[name] = value if key == "macros" else read_list(name, at, value, place, self._sources)  # type: ignore[assignment]
                        except Wrong:
                            continue

    def _items(self, root: Mapping, key: str) -> list[tuple[Node, Place]]:
        node = root.get(key)
        place = Place(self._context, key)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        if not isinstance(node, Sequence):
            place.error(node, f"expected a list, found {node.what}")
            return []
        return [(item, place.at(index)) for index, item in enumerate(node.items)]

    def _collect(self, root: Mapping) -> None:
        defaults = self._defaults(root)
        for node, place in self._items(root, "overrides"):
            if isinstance(node, Mapping) and "lists" in node and {"rules", "tags"}.isdisjoint(node.pairs):
                try:
                    self._unions.change(node, place)
                except Wrong:
                    continue
            else:
                self._overrides.append((node, place))
        for node, place in self._items(root, "rules"):
            self._with_rules.add(node.file)
            if not isinstance(node, Mapping):
                place.error(node, f"expected a rule, found {node.what}")
                continue
            known = known_keys(node if "kind" in node or defaults is None else defaults)
            rule = with_defaults(node, defaults, known if known is not None else all_keys())
            name = rule.get("name")
            key = name.text if isinstance(name, Scalar) else f"\0{node.file}:{node.line}:{node.column}"
            if key in self._rules:
                first = self._rules[key]
                where = f"{first.file}:{first.line}"
                place.at("name").error(name or node, f"rule {shown(key)} is already defined at {where}")
                continue
            self._rules[key] = rule
            self._places[key] = place

    def _defaults(self, root: Mapping) -> Mapping | None:
        node = root.get("defaults")
        place = Place(self._context, "defaults")
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return None
        if not isinstance(node, Mapping):
            place.error(node, f"expected a mapping, found {node.what}")
            return None
        known = all_keys() - {"name"}
        for key, at, _ in node.items():
            if key not in known:
                place.error(at, unknown_key(key, known))
        return node

    def _read(self) -> dict[str, Rule]:
        rules: dict[str, Rule] = {}
        for key in list(self._rules):
            node = self._rules.pop(key)  # nodes are large: drop each once it is read, which counts with 100,000 rules
            place = self._places.pop(key)
            try:
                rule = read_rule(node, place)
            except Wrong:
                continue
            rules[rule.name] = rule
            for said, message in about_rule(rule) if self._linting else ():
                place.at(said).warning(node.get(said) or node, message)
        return rules

    def _lists_of_names(self) -> None:
        """Warn of a list whose values are the names of other lists."""
        for name, found in self._lists.items():
            names = [entry.name for entry in found.entries]
            if names and all(one in self._lists and one != name for one in names):
                said = f"these are the words themselves; for the values of lists write {{lists: [{', '.join(names)}]}}"
                self._problems.warning(Node(found.file, found.line, found.column), f"lists.{name}", said)

    def _check_together(self, rules: dict[str, Rule]) -> None:
        if self._problems.errors:
            return  # a rule dropped for its own error would also be reported as unknown
        for rule in rules.values():
            for key, message in rule.kind.wrong_among(rule, rules):
                self._problems.error(rule, f"{rule.name}.{key}", message)

    def _unused(self) -> None:
        """Warn of lists and macros that no rule uses, except in a file without rules: that is a library."""
        for name, found in self._lists.items():
            if name not in self._context.used_lists and found.file in self._with_rules:
                self._problems.warning(
                    Node(found.file, found.line, found.column), f"lists.{name}", "no rule uses this list"
                )
        for name, at in self._macro_places.items():
            if name not in self._context.used_macros and at.file in self._with_rules:
                self._problems.warning(at, f"macros.{name}", "no rule uses this macro")

    def _version(self) -> str:
        digest = sha256()
        for name, raw in sorted(self._sources.read.items()):
            digest.update(f"{name}\0{len(raw)}\0".encode())
            digest.update(raw)
        return digest.hexdigest()[:16]
