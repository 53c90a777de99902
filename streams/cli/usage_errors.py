"""Usage errors that show what a terminal would obey: an argument may be a file's name, or another program's output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

from streams.logs.escaping import escaped


class Commands(TyperGroup):
    """The root of all commands. Typer prints what an error's ``format_message`` gives."""

    def make_context(self, *given: Any, **options: Any) -> Any:
        """Read the arguments of ``newswatch`` itself."""
        with _shown():
            return super().make_context(*given, **options)

    def invoke(self, *given: Any, **options: Any) -> Any:
        """Read the arguments of a command, and run it."""
        with _shown():
            return super().invoke(*given, **options)


@contextmanager
def _shown() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        said = getattr(error, "format_message", None)  # the base class of these errors is not public
        if callable(said):
            message = escaped(said())
            error.format_message = lambda: message  # type: ignore[attr-defined]
        raise
