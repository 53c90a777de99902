"""``newswatch officials``: the registry of known officials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.console import err
from streams.cli.errors import writing
from streams.cli.plural import plural
from streams.sources.files import UnreadableFileError

app = typer.Typer(name="officials", help="The registry of known officials.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The registry of known officials."""


@app.command("import", epilog="Example:  newswatch officials import wikidata.csv --output officials.yaml")
def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="CSV", help="CSV with a header: name, role; optional country, from, to, aliases, id."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="YAML", help="Write the registry to this file.")
    ] = Path("officials.yaml"),
    only: Annotated[bool, typer.Option("--only", help="Leave out the shipped officials.")] = False,
) -> None:
    """Make a registry from a CSV file, such as a Wikidata export. Use it with `--set registry=officials.yaml`."""
    from streams.extraction.people.registry import load_registry
    from streams.extraction.people.registry_import import merge, read_officials, write_registry

    try:
        imported = read_officials(file)
        people = imported if only else merge(load_registry().people, imported)
    except OSError as error:
        raise UnreadableFileError(f"{error.filename}: {error.strerror}") from None
    with writing("--output", output):
        write_registry(people, output)
    err.print(f"{output}: {plural(len(people), 'official')}, {len(imported)} of them imported", soft_wrap=True)
