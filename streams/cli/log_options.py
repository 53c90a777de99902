"""``--log-level`` and ``--log-format``: of ``newswatch`` itself, and of each of its commands."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from contextvars import ContextVar
from typing import Annotated, Any, get_args

import msgspec
import typer

from streams.logs.setup import LogFormat, LogLevel

Level = Annotated[
    LogLevel | None,
    typer.Option(
        "--log-level",
        case_sensitive=False,
        help="Log from this level on, to standard error. Default: NEWSWATCH_LOG_LEVEL, else info.",
        rich_help_panel="Logs",
    ),
]
Format = Annotated[
    LogFormat | None,
    typer.Option(
        "--log-format",
        case_sensitive=False,
        help="Log text, or one JSON object a line. Default: NEWSWATCH_LOG_FORMAT, else text.",
        rich_help_panel="Logs",
    ),
]

Start = Callable[[LogLevel, LogFormat], None]
"""Begins to log, or goes on at another level or in another format."""


class LogFlags(msgspec.Struct, frozen=True):
    """What the command line says about logs, and what begins to log; None in a program that has its own logging."""

    level: LogLevel | None = None
    form: LogFormat | None = None
    start: Start | None = None

    def begin(self) -> None:
        """Log by the flags and the environment, until the settings are loaded."""
        if self.start is not None:
            self.start(
                self.level or _variable("NEWSWATCH_LOG_LEVEL", get_args(LogLevel), "info"),
                self.form or _variable("NEWSWATCH_LOG_FORMAT", get_args(LogFormat), "text"),
            )


log_flags: ContextVar[LogFlags] = ContextVar("log_flags", default=LogFlags())  # noqa: B039 - it is frozen


def with_log_options(app: typer.Typer) -> None:
    """Give every command of ``app`` and of its groups the two options."""
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _logged(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            with_log_options(group.typer_instance)


def _logged(command: Callable[..., None]) -> Callable[..., None]:
    parameters = dict(inspect.signature(command, eval_str=True).parameters)
    for name, annotation in (("log_level", Level), ("log_format", Format)):
        parameters[name] = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
    context = inspect.Parameter("_context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    @functools.wraps(command)
    def run(*, _context: typer.Context, log_level: LogLevel | None, log_format: LogFormat | None, **given: Any) -> None:
        root = _context.find_root()
        flags = LogFlags(
            log_level or root.params.get("log_level"), log_format or root.params.get("log_format"), root.obj
        )
        token = log_flags.set(flags)
        try:
            flags.begin()
            command(**given)
        finally:
            log_flags.reset(token)

    signature = inspect.Signature([*parameters.values(), context], return_annotation=None)
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    return run


def _variable(name: str, known: tuple[str, ...], default: str) -> Any:
    """A variable's value; a wrong one is reported when the settings are loaded."""
    value = os.environ.get(name, "").lower()
    return value if value in known else default
