"""``newswatch rules schema``: the JSON Schema of rule files."""

from __future__ import annotations

import typer

app = typer.Typer()


@app.command(epilog="Example:  newswatch rules schema > deploy/rules/rules.schema.json")
def schema() -> None:
    """Print the JSON Schema (draft-07) of rule files, for editors."""
    from detectors.loading.schema import schema_text

    typer.echo(schema_text(), nl=False)
