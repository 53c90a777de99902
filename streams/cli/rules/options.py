"""The options that the commands about rules share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path | None, typer.Argument(metavar="[DIR]", help="Folder of rules; default as --rules.")]
