"""The outcome of a fault, and the table of all outcomes."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Outcome:
    """One run of one fault; times in seconds. `late` and `unseen`: records not counted, or not read."""

    fault: str
    seed: int
    articles: int
    alerts: int
    lost_articles: int
    lost_alerts: list[str]
    unexpected: list[str]
    duplicates: int
    raw_duplicates: int
    late: int
    faults: int
    restarts: int
    recovery: list[float]
    unseen: int

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, invented, duplicated or left over."""
        bad = (self.lost_articles, self.lost_alerts, self.unexpected, self.duplicates, self.late, self.unseen)
        return self.alerts > 0 and not any(bad)


def p50_p95(times: list[float]) -> tuple[float, float] | None:
    """Median and 95th percentile, None without any."""
    if not times:
        return None
    return median(times), quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


def show(outcomes: list[Outcome]) -> None:
    """The outcomes as a table: one line per fault, with all its seeds."""
    table = Table(title="Chaos", caption="recovery: seconds from a fault until every partition has moved on")
    for name in ("fault", "seeds", "articles", "alerts"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for name in ("lost articles", "lost alerts", "unexpected", "duplicates", "raw duplicates", "unseen", "late"):
        table.add_column(name, justify="right")
    for name in ("faults made", "restarts", "recovery p50", "p95"):
        table.add_column(name, justify="right")
    for fault in dict.fromkeys(outcome.fault for outcome in outcomes):
        runs = [outcome for outcome in outcomes if outcome.fault == fault]
        times = p50_p95([seconds for run in runs for seconds in run.recovery])
        counts = [
            len(runs),
            sum(run.articles for run in runs),
            sum(run.alerts for run in runs),
            sum(run.lost_articles for run in runs),
            sum(len(run.lost_alerts) for run in runs),
            sum(len(run.unexpected) for run in runs),
            sum(run.duplicates for run in runs),
            sum(run.raw_duplicates for run in runs),
            sum(run.unseen for run in runs),
            sum(run.late for run in runs),
            sum(run.faults for run in runs),
            sum(run.restarts for run in runs),
        ]
        recovery = [f"{seconds:.1f}" for seconds in times] if times else ["", ""]
        style = None if all(run.clean for run in runs) else "bold red"
        table.add_row(fault, *map(str, counts), *recovery, style=style)
    Console(width=200).print(table)


def write(outcomes: list[Outcome], file: Path) -> None:
    """The outcomes as JSON, one object per run."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([asdict(outcome) | {"clean": outcome.clean} for outcome in outcomes], indent=1) + "\n")
