"""Options shared by several commands are written once, and each command has them."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from streams.cli.spread import spread


@dataclass(frozen=True)
class Colours:
    inside: Annotated[list[str] | None, typer.Option(help="Of the walls.")] = None
    outside: Annotated[str, typer.Option("--front", help="Of the door.")] = "green"


app = typer.Typer()


@app.command()
@spread
def paint(colours: Colours, house: Annotated[str, typer.Argument()] = "mine", twice: bool = False) -> None:
    typer.echo(f"{colours} {house} {twice}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "Colours(inside=None, outside='green') mine False"),
        (
            ["--inside", "red", "--inside", "blue", "--front", "black", "yours", "--twice"],
            "Colours(inside=['red', 'blue'], outside='black') yours True",
        ),
    ],
)
def test_fields_become_options_and_arrive_as_one_value(given: list[str], said: str) -> None:
    assert CliRunner().invoke(app, given).stdout == f"{said}\n"


def test_help_shows_each_field_with_its_text() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert "--inside" in shown
    assert "Of the walls." in shown
    assert "--front" in shown
    assert "--colours" not in shown
