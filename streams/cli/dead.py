"""``newswatch dead``: look at dead letters, and put them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from streams.cli.console import err, out, print_json
from streams.cli.options import Brokers, Config, Json, Set, settings_from
from streams.settings import SettingsError

if TYPE_CHECKING:
    from streams.dead_letters import StoredLetter, Wanted

app = typer.Typer(name="dead", help="Look at dead letters, and put them back.", no_args_is_help=True)

Reason = Annotated[str | None, typer.Option(help="Only those with this reason, such as not_json or too_large.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Only those that died since then (RFC 3339).")]
Contains = Annotated[str | None, typer.Option(metavar="TEXT", help="Only those whose bytes hold this text.")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[PARTITION:OFFSET]...", help="Only these.")]


@app.command("list", epilog="Example:  newswatch dead list --reason wrong_type --since 2025-03-01")
def list_(
    reason: Reason = None,
    since: Since = None,
    contains: Contains = None,
    json: Json = False,
    brokers: Brokers = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """List dead letters: where they are, where they came from, and why."""
    from streams.dead_letters import list_letters

    letters = list_letters(settings_from(config, set_, brokers=brokers), _wanted(None, reason, since, contains))
    if json:
        for letter in letters:
            print_json(
                {"id": letter.id, **_described(letter), "value": (letter.value or b"").decode("utf-8", "replace")}
            )
        return
    table = Table("id", "time", "reason", "what was expected", "from")
    for letter in letters:
        place = f"{letter.topic} {letter.from_partition}:{letter.from_offset}"
        table.add_row(letter.id, f"{letter.time:%Y-%m-%d %H:%M:%S}", letter.reason, letter.message, place)
    out.print(table)


@app.command(epilog="Example:  newswatch dead show 0:17")
def show(ids: Ids = None, brokers: Brokers = None, config: Config = None, set_: Set = None) -> None:
    """Print the original bytes of dead letters, one record a line."""
    import sys

    from streams.dead_letters import list_letters

    found = list(list_letters(settings_from(config, set_, brokers=brokers), _wanted(ids, None, None, None)))
    for letter in found:
        err.print(f"{letter.id}: {letter.reason}: {letter.message}", markup=False, soft_wrap=True)
        sys.stdout.buffer.write((letter.value or b"") + b"\n")
    if ids and not found:
        err.print(f"no dead letter at {', '.join(ids)}; see `newswatch dead list`")
        raise typer.Exit(1)


@app.command(epilog="Example:  newswatch dead replay --reason extraction_failed")
def replay(
    ids: Ids = None,
    reason: Reason = None,
    since: Since = None,
    contains: Contains = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
    brokers: Brokers = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Put the original bytes back on the topic they came from. Doing it again changes nothing: ids stay the same."""
    from streams import dead_letters

    settings = settings_from(config, set_, brokers=brokers)
    found = list(dead_letters.list_letters(settings, _wanted(ids, reason, since, contains)))
    if dry_run:
        err.print(f"{len(found)} dead letters would be put back")
        return
    err.print(f"{dead_letters.replay(settings, found)} dead letters put back")


def _wanted(ids: list[str] | None, reason: str | None, since: str | None, contains: str | None) -> Wanted:
    from detectors.event_time import parse_time
    from streams.dead_letters import Wanted

    time = parse_time(since) if since else None
    if since and time is None:
        raise SettingsError(f"--since {since}: expected an RFC 3339 time such as 2025-03-01T00:00:00Z")
    return Wanted(ids=frozenset(ids or ()), reason=reason, since=time, contains=contains)


def _described(letter: StoredLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "time": letter.time,
        "reason": letter.reason,
        "message": letter.message,
        "error": letter.error,
        "stage": letter.stage,
        "topic": letter.topic,
        "partition": letter.from_partition,
        "offset": letter.from_offset,
        "value": (letter.value or b"").decode("utf-8", "replace"),
    }
