"""Option groups that several commands share: written once, as the fields of a dataclass."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Turn each parameter of a command that is a dataclass of options into one option for each field.

    Typer makes options only of a function's parameters. The fields, with their annotations, replace their dataclass in
    the signature, and the command gets the dataclass built from the given values. Each field needs a default.
    """
    parameters: list[inspect.Parameter] = []
    spread_out: dict[str, tuple[type[Any], list[str]]] = {}
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        options = parameter.annotation
        if not dataclasses.is_dataclass(options):
            parameters.append(parameter)
            continue
        assert isinstance(options, type)
        hints = get_type_hints(options, include_extras=True)
        fields = dataclasses.fields(options)
        spread_out[parameter.name] = options, [field.name for field in fields]
        parameters += (
            inspect.Parameter(field.name, parameter.kind, default=field.default, annotation=hints[field.name])
            for field in fields
        )

    @functools.wraps(command)
    def run(**given: Any) -> None:
        for name, (options, fields) in spread_out.items():
            given[name] = options(**{field: given.pop(field) for field in fields})
        command(**given)

    run.__signature__ = inspect.Signature(parameters, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run
