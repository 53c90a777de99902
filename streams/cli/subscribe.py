"""``newswatch subscribe``: follow alert topics."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from streams.cli.console import out, print_json
from streams.cli.options import Brokers, Config, Set, settings_from
from streams.worker.signals import terminate_as_interrupt

app = typer.Typer()

EPILOG = """Examples:

newswatch subscribe alerts.central-asia

newswatch subscribe alerts --from-beginning --format json | jq .annotations.summary"""


@app.command(epilog=EPILOG)
def subscribe(
    topics: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TOPIC]...", help="Alert topics. Default: alerts, which has every alert."),
    ] = None,
    format_: Annotated[
        Literal["table", "json"], typer.Option("--format", help="Print a table for people, or JSON lines for programs.")
    ] = "table",
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Print the alerts that the topics still hold first.")
    ] = False,
    group: Annotated[
        str | None, typer.Option(help="Consumer group: a later run continues where this one stopped.")
    ] = None,
    max_alerts: Annotated[int | None, typer.Option("--max", metavar="N", min=1, help="Exit after N alerts.")] = None,
    brokers: Brokers = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Follow alert topics until Ctrl-C or SIGTERM; duplicates are printed once.

    With --group, each alert is committed after it is printed: after a crash, a few are printed again.
    """
    from streams.sinks.subscription import Subscription
    from streams.sinks.terminal import alert_block

    settings = settings_from(config, set_, brokers=brokers)
    try:
        terminate_as_interrupt()
        with Subscription(settings, topics or ["alerts"], from_beginning=from_beginning, group=group) as subscription:
            for shown, received in enumerate(subscription, start=1):
                if format_ == "json":
                    print_json(received.alert)
                else:
                    out.print(alert_block(received.alert))
                if shown == max_alerts:
                    break
    except KeyboardInterrupt:
        pass
