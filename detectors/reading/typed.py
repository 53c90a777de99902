"""A YAML file as a typed value of msgspec structs; checks every entry, so that all problems are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
from msgspec import inspect

from detectors.reading.files import read_document
from detectors.reading.nodes import Mapping, Node, Scalar, Sequence, plain
from detectors.reading.problems import Problem, Problems, TooManyProblems, Wrong, one_of, unknown_key
from detectors.reading.validation_errors import mismatch

T = TypeVar("T")
_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "a text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.NoneType: "nothing",
    inspect.ListType: "a list",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a mapping",
    inspect.StructType: "a mapping",
    inspect.LiteralType: "a word",
}
_LISTS = (inspect.ListType, inspect.VarTupleType)
_MAPPINGS = (inspect.DictType, inspect.StructType)
_NUMBERS = (inspect.IntType, inspect.FloatType, inspect.BoolType)


def read_yaml_file(
    path: Path, type_: type[T], raising: Callable[[Iterable[Problem]], Exception], *, loose: bool = False
) -> T:
    """Read a file as a typed value. With ``loose``, ``1`` is a text where only a text is expected.

    Raises:
        Exception: the one that ``raising`` makes from all problems of the file.
    """
    problems = Problems()
    try:
        root = read_document(path, problems)
        if root is not None:
            return _read(root, type_, problems, loose)
        if not problems.errors:
            what = _WORDS.get(type(_info(cast("Any", type_))), "a value")
            problems.error(Node(str(path), 1, 1), "", f"expected {what}, found an empty file")
    except (Wrong, TooManyProblems):
        pass
    raise raising(problems.errors)


def _read(root: Node, type_: type[T], problems: Problems, loose: bool) -> T:
    """The value of a node. Raises Wrong after reporting all problems."""
    info = _info(cast("Any", type_))
    try:
        if not problems.errors:  # with a duplicate key, still check the others
            return msgspec.convert(_value(root, info, loose), type_, str_keys=True)
        said = ""
    except msgspec.ValidationError as error:
        said = mismatch(error).said
    _Check(problems, loose).node(root, info, "")
    if not problems.errors:  # a constraint unknown to _Check
        problems.error(root, "", said)
    raise Wrong


@cache
def _info(type_: Any) -> inspect.Type:
    return inspect.type_info(type_)


def _choices(info: inspect.Type) -> tuple[inspect.Type, ...]:
    return info.types if isinstance(info, inspect.UnionType) else (info,)


def _fitting(node: Node, info: inspect.Type) -> inspect.Type | None:
    """The member of a union type that has the node's shape."""
    wanted = _MAPPINGS if isinstance(node, Mapping) else _LISTS if isinstance(node, Sequence) else ()
    return next((choice for choice in _choices(info) if isinstance(choice, wanted)), None)


def _fields(info: inspect.StructType) -> dict[str, inspect.Field]:
    return {field.encode_name: field for field in info.fields}


def _value(node: Node, info: inspect.Type, loose: bool) -> object:
    """The node as plain values for msgspec."""
    fitting = _fitting(node, info)
    if isinstance(node, Mapping) and isinstance(fitting, inspect.StructType):
        fields = _fields(fitting)
        return {
            key: _value(value, fields[key].type, loose) if key in fields else plain(value)
            for key, _, value in node.items()
        }
    if isinstance(node, Mapping) and isinstance(fitting, inspect.DictType):
        return {key: _value(value, fitting.value_type, loose) for key, _, value in node.items()}
    if isinstance(node, Sequence) and isinstance(fitting, inspect.ListType | inspect.VarTupleType):
        return [_value(item, fitting.item_type, loose) for item in node.items]
    if loose and isinstance(node, Scalar) and node.value is not None:
        choices = _choices(info)
        if any(isinstance(choice, inspect.StrType) for choice in choices) and not any(
            isinstance(choice, _NUMBERS) for choice in choices
        ):
            return node.text
    return plain(node)


class _Check:
    """Walks node and type together and reports every mismatch."""

    def __init__(self, problems: Problems, loose: bool) -> None:
        self._problems = problems
        self._loose = loose

    def node(self, node: Node, info: inspect.Type, path: str) -> bool:
        """Report the problems of a node; return whether it is valid."""
        fitting = _fitting(node, info)
        if isinstance(node, Mapping) and isinstance(fitting, inspect.StructType):
            return self._struct(node, fitting, path)
        if isinstance(node, Mapping) and isinstance(fitting, inspect.DictType):
            right = [
                self._key(at, fitting.key_type, path) & self.node(value, fitting.value_type, _below(path, key))
                for key, at, value in node.items()
            ]
            return all(right)
        if isinstance(node, Sequence) and isinstance(fitting, inspect.ListType | inspect.VarTupleType):
            right = [self.node(item, fitting.item_type, f"{path}[{i}]") for i, item in enumerate(node.items)]
            return all(right)
        return self._plain(node, info, path)

    def _struct(self, node: Mapping, info: inspect.StructType, path: str) -> bool:
        fields = _fields(info)
        right = True
        for key, at, value in node.items():
            if key in fields:
                right &= self.node(value, fields[key].type, _below(path, key))
            elif info.forbid_unknown_fields:
                right = self._wrong(at, path, unknown_key(key, fields))
        for name, field in fields.items():
            if field.required and name not in node:
                right = self._wrong(node, path, f"the key {name!r} is missing")
        if right:
            try:
                msgspec.convert(_value(node, info, self._loose), info.cls, str_keys=True)
            except msgspec.ValidationError as error:  # the struct's own checks
                return self._wrong(node, path, mismatch(error).said)
        return right

    def _key(self, at: Scalar, info: inspect.Type, path: str) -> bool:
        unquoted = Scalar(at.file, at.line, at.column, at.text, True)  # the quoted key "3" is a number, too
        if isinstance(info, inspect.StrType) or (at.text and self._is(unquoted, info)):
            return True
        return self._wrong(at, path, f"expected {_words(info)} as key, found {at.what}")

    def _plain(self, node: Node, info: inspect.Type, path: str) -> bool:
        for choice in _choices(info):
            if isinstance(choice, inspect.AnyType) or self._is(node, choice):
                return True
            if isinstance(choice, inspect.LiteralType) and isinstance(node, Scalar) and node.text:
                what = path.rpartition(".")[2].partition("[")[0] or "value"
                return self._wrong(node, path, one_of(node.text, map(str, choice.values), what))
        return self._wrong(node, path, f"expected {_words(info)}, found {node.what}")

    def _is(self, node: Node, choice: inspect.Type) -> bool:
        if not isinstance(node, Scalar):
            return False
        value = _value(node, choice, self._loose)
        match choice:
            case inspect.NoneType():
                return value is None
            case inspect.StrType():
                return isinstance(value, str)
            case inspect.BoolType():
                return isinstance(value, bool)
            case inspect.IntType():
                return isinstance(value, int) and not isinstance(value, bool)
            case inspect.FloatType():
                return isinstance(value, int | float) and not isinstance(value, bool)
            case inspect.LiteralType():
                return value in choice.values
            case _:  # types that _WORDS does not name are left to msgspec
                return type(choice) not in _WORDS

    def _wrong(self, at: Node, path: str, message: str) -> bool:
        self._problems.error(at, path, message)
        return False


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _words(info: inspect.Type) -> str:
    choices = _choices(info)
    required = [one for one in choices if not isinstance(one, inspect.NoneType)]  # users omit optional keys
    return " or ".join(dict.fromkeys(_WORDS.get(type(one), "a value") for one in required or choices))
