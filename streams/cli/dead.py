"""``newswatch dead``: list, show and replay dead letters."""

from __future__ import annotations

import base64
import re
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from streams.cli.console import err, out, print_json, print_record
from streams.cli.options import Brokers, Config, Json, Set, settings_from, time_from
from streams.cli.plural import plural
from streams.cli.spread import spread
from streams.settings import Settings, SettingsError

if TYPE_CHECKING:
    from streams.dead_letters.letters import Span, StoredLetter, Wanted

#: A table is laid out whole, in memory; a topic may hold millions of letters.
TABLE_ROWS = 1000

app = typer.Typer(name="dead", help="List, show and replay dead letters.", no_args_is_help=True)

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[PARTITION:OFFSET]...", help="Only these letters, named as in `list`.")
]


@dataclass(frozen=True)
class Filters:
    """The options that select letters."""

    reason: Annotated[
        list[str] | None, typer.Option(help="Only letters with this reason, such as not_json. Repeatable.")
    ] = None
    stage: Annotated[
        str | None,
        typer.Option(help="Only letters that failed at this stage: decode, extract, enrich, detect or send."),
    ] = None
    topic: Annotated[str | None, typer.Option(help="Only letters from this topic, such as articles.")] = None
    partition: Annotated[int | None, typer.Option(help="Only letters from this partition.")] = None
    offset: Annotated[
        str | None, typer.Option(metavar="N or N-M", help="Only letters from these offsets; -M and N- are open ranges.")
    ] = None
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only letters that failed at or after TIME (RFC 3339).")
    ] = None
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only letters that failed before TIME (RFC 3339).")
    ] = None
    contains: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only letters with TEXT in value, key or error message.")
    ] = None

    def wanted(self, settings: Settings, ids: list[str] | None = None) -> Wanted:
        """Make the filter. Raises SettingsError for an invalid id, range or time."""
        from streams.dead_letters.letters import Wanted

        for id_ in ids or ():
            if not re.fullmatch(r"\d+:\d+", id_):
                raise SettingsError(
                    f"{id_}: expected PARTITION:OFFSET, such as 0:17, as shown by `newswatch dead list`"
                )
        topic = self.topic
        if topic and not topic.startswith(settings.topic_prefix or "\0"):
            topic = settings.topic(topic)
        return Wanted(
            ids=frozenset(ids or ()),
            reasons=frozenset(self.reason or ()),
            stage=self.stage,
            topic=topic,
            partition=self.partition,
            offsets=_span(self.offset),
            since=time_from("--since", self.since),
            until=time_from("--until", self.until),
            contains=self.contains,
        )


@app.command("list", epilog="Example:  newswatch dead list --reason wrong_type --since 2025-03-01")
@spread
def list_(
    filters: Filters,
    state: Annotated[
        Literal["open", "replayed", "returned", "incomplete"] | None,
        typer.Option(
            help="Only letters in this state. open: never replayed; replayed; returned: failed again after a replay; "
            "incomplete: too large for a dead letter, the content is only in the source topic."
        ),
    ] = None,
    json: Json = False,
    brokers: Brokers = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """List dead letters: position, reason, original position, and whether they were replayed.

    A table has up to 1000 rows; more follow in further tables.
    """
    from streams.dead_letters.letters import read_letters
    from streams.dead_letters.marks import read_replays

    settings = settings_from(config, set_, brokers=brokers)
    wanted = filters.wanted(settings)
    replays = read_replays(settings)
    found = ((letter, replays.state(letter)) for letter in read_letters(settings, wanted))
    listed = ((letter, became) for letter, became in found if state in (None, became))
    if json:
        for letter, became in listed:
            print_json(_described(letter, became))
        return
    rows = list(islice(listed, TABLE_ROWS))
    while True:
        table = Table("id", "failed at", "reason", "error", "from", "state")
        for letter, became in rows:
            place = f"{letter.topic} {letter.from_partition}:{letter.from_offset}"
            table.add_row(letter.id, f"{letter.time:%Y-%m-%d %H:%M:%S}", letter.reason, letter.message, place, became)
        out.print(table)
        rows = list(islice(listed, TABLE_ROWS))
        if not rows:
            return


@app.command(epilog="Example:  newswatch dead show 0:17")
@spread
def show(
    filters: Filters,
    ids: Ids = None,
    json: Json = False,
    brokers: Brokers = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Print the original bytes of dead letters, one record a line; with --json also headers, key and reason.

    A terminal shows control characters as symbols.
    """
    from streams.dead_letters.letters import read_letters
    from streams.dead_letters.marks import read_replays

    settings = settings_from(config, set_, brokers=brokers)
    wanted = filters.wanted(settings, ids)
    replays = read_replays(settings) if json else None
    found: set[str] = set()
    for letter in read_letters(settings, wanted):
        found.add(letter.id)
        if replays is not None:
            print_json(_described(letter, replays.state(letter)))
            continue
        err.print(f"{letter.id}: {letter.reason}: {letter.message}", soft_wrap=True)
        print_record(letter.value or b"")
    _require(ids, found)


@app.command("replay", epilog="Example:  newswatch dead replay --reason extraction_failed")
@spread
def replay_(
    filters: Filters,
    ids: Ids = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also replay letters that were already replayed, or failed again since.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be replayed.")] = False,
    json: Json = False,
    brokers: Brokers = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Send dead letters back to their topic with the original bytes, key and headers, each once.

    A second replay does nothing. Names each letter that cannot be replayed, with the reason and what to do; if one of
    them was never replayed, the exit status is 2.
    """
    from streams.dead_letters.letters import read_letters, read_whole, reader
    from streams.dead_letters.marks import read_replays
    from streams.dead_letters.obstacles import lacking
    from streams.dead_letters.replay import replay, replayable

    settings = settings_from(config, set_, brokers=brokers)
    wanted = filters.wanted(settings, ids)
    # Read the letters first: otherwise a letter that returns meanwhile could be read without its mark.
    letters = [letter.outline() for letter in read_letters(settings, wanted)]
    _require(ids, {letter.id for letter in letters})
    known = read_replays(settings)
    pending = known.pending(letters, again=again)
    done = refused = 0

    def refuse(said: str) -> None:
        nonlocal refused
        refused += 1
        err.print(said, style="red")

    incomplete = [letter for letter in letters if known.state(letter) == "incomplete"]
    for letter in incomplete:
        err.print(f"dead letter {letter.id}: not replayed: {lacking(settings, letter)}", style="yellow")
    if dry_run:
        with closing(reader(settings, check_crcs=False)) as consumer:
            pending = replayable(settings, pending, consumer.topics(), refuse)
            done = len(pending)
            for letter in read_whole(consumer, settings, pending) if json else ():
                print_json(_described(letter, known.state(letter)))
    elif pending:  # with nothing to do, do not fence a run in progress
        for put_back in replay(settings, letters, refuse, again=again):
            done += 1
            if json:
                print_json(put_back)
    skipped = len(letters) - done - refused - len(incomplete)
    said = plural(done, "dead letter") + (" would be replayed" if dry_run else " replayed")
    left = [f"{skipped} replayed before, or failed again since: use --again"] if skipped else []
    left += [f"{len(incomplete)} without content, see above"] if incomplete else []
    left += [f"{refused} cannot be replayed, see above"] if refused else []
    err.print(f"{said} ({'; '.join(left)})" if left else said)
    if refused:
        raise typer.Exit(2)


def _require(ids: list[str] | None, found: set[str]) -> None:
    missing = [id_ for id_ in ids or () if id_ not in found]
    if missing:
        err.print(f"no dead letter at {', '.join(missing)}; see `newswatch dead list`")
        raise typer.Exit(1)


def _span(text: str | None) -> Span:
    from streams.dead_letters.letters import Span

    if text is None:
        return Span()
    found = re.fullmatch(r"(\d*)(-?)(\d*)", text)
    if found is None or text in ("", "-"):
        raise SettingsError(f"--offset {text}: expected an offset such as 17, or a range such as 17-20, 17- or -20")
    first, dash, last = found.groups()
    return Span(int(first) if first else None, int(last) if last else None if dash else int(first))


def _described(letter: StoredLetter, state: str) -> dict[str, object]:
    described: dict[str, object] = {
        "id": letter.id,
        "time": letter.time,
        "reason": letter.reason,
        "message": letter.message,
        "error": letter.error,
        "stage": letter.stage,
        "topic": letter.topic,
        "partition": letter.from_partition,
        "offset": letter.from_offset,
        "state": state,
        "left_out_bytes": letter.left_out,
        "headers": [(name, _text(part)) for name, part in letter.headers],
    }
    for name, part in (("key", letter.key), ("value", letter.value)):
        described[name] = _text(part)
        if not _is_text(part):
            described[f"{name}_base64"] = _base64(part)
    if not all(_is_text(part) for _, part in letter.headers):
        described["headers_base64"] = [(name, None if part is None else _base64(part)) for name, part in letter.headers]
    return described


def _text(part: bytes | None) -> str | None:
    return None if part is None else part.decode("utf-8", "replace")


def _is_text(part: bytes | None) -> bool:
    try:
        (part or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _base64(part: bytes | None) -> str:
    return base64.b64encode(part or b"").decode()
