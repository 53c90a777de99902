"""Shared by tests of the Faust frontier: names of library attributes, and whether the library still has them."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def assumes(*names: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Mark a test as the one that pins these attributes; it fails when the library does not have one of them."""

    def decorate(test: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(test)
        def pinned(*arguments: P.args, **options: P.kwargs) -> T:
            for name in names:
                assert exists(name), f"{name} is gone"
            return test(*arguments, **options)

        return pinned

    return decorate


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or an attribute of a module, a class or a class's objects."""
    found, rest = _module(name)
    for position, part in enumerate(rest):
        if hasattr(found, part):
            found = getattr(found, part)
        else:
            return position == len(rest) - 1 and inspect.isclass(found) and part in set(_set_by_methods(found))
    return True


def code(what: Any) -> str:
    """The source of a function or class of a library, formatted by Python alone."""
    return ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(what))))


def _module(name: str) -> tuple[Any, list[str]]:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            return importlib.import_module(".".join(parts[:length])), parts[length:]
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(name)


def _set_by_methods(kind: type) -> Iterator[str]:
    """The attributes that methods of a class, or annotations in its body, give to its objects."""
    for base in kind.__mro__:
        yield from getattr(base, "__annotations__", ())
        if base.__module__ == "builtins":
            continue
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(base)))):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and ast.unparse(node.value) == "self"
            ):
                yield node.attr
