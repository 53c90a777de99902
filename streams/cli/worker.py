"""``newswatch worker``: one worker, or several."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.options import Brokers, Config, Rules, Set, settings_from
from streams.worker.signals import while_starting

app = typer.Typer()

EPILOG = """Examples:

newswatch worker --brokers kafka:9092 --rules deploy/rules

newswatch worker --processes 2 --set instance_id=desk-1"""


@app.command(epilog=EPILOG)
def worker(
    brokers: Brokers = None,
    rules: Rules = None,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Number of worker processes; each has its own metrics port, counting up.")
    ] = 1,
    metrics_port: Annotated[
        int | None,
        typer.Option(help="Port of /metrics, /livez and /readyz on 127.0.0.1. Default: 9464, or the next free one."),
    ] = None,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Run a worker that reads articles and sends alerts until Ctrl-C or SIGTERM. Start more to share the work.

    On the first stop request it finishes work in progress, within 10 s; on the second it exits at once. SIGHUP makes
    it check the rules for changes now.
    """
    while_starting()
    settings = settings_from(config, set_, brokers=brokers, rules=rules, metrics_port=metrics_port)
    if processes == 1:
        from streams.worker.worker import run_worker

        run_worker(settings)
    else:
        from streams.worker.supervisor import supervise

        raise typer.Exit(supervise(settings, processes))
