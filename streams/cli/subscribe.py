"""``newswatch subscribe``: follow alert topics."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from streams.cli.console import out, print_json
from streams.cli.options import Brokers, Config, Set, settings_from

app = typer.Typer()

EPILOG = """Examples:

newswatch subscribe alerts.central-asia

newswatch subscribe alerts --from-beginning --format json | jq .annotations.summary"""


@app.command(epilog=EPILOG)
def subscribe(
    topics: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOPIC]...", help="Alert topics; default: alerts, which has them all."),
    ] = None,
    format_: Annotated[
        Literal["table", "json"], typer.Option("--format", help="For people, or JSON lines for programs.")
    ] = "table",
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="First what the topics still hold.")] = False,
    group: Annotated[
        str | None, typer.Option(help="Consumer group: a later run goes on where this one stopped.")
    ] = None,
    max_alerts: Annotated[int | None, typer.Option("--max", metavar="N", help="End after N alerts.")] = None,
    brokers: Brokers = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Follow alert topics; what was sent twice is shown once."""
    from streams.sinks.subscription import Subscription
    from streams.sinks.terminal import alert_block

    settings = settings_from(config, set_, brokers=brokers)
    shown = 0
    with Subscription(settings, topics or ["alerts"], from_beginning=from_beginning, group=group) as subscription:
        try:
            for received in subscription:
                if format_ == "json":
                    print_json(received.alert)
                else:
                    out.print(alert_block(received.alert))
                shown += 1
                if max_alerts is not None and shown >= max_alerts:
                    break
        except KeyboardInterrupt:
            pass
