"""``newswatch topics``: create, describe, compare and change the topics of a deployment, and grant access to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from streams.cli.console import err, out, print_json
from streams.cli.options import Brokers, Config, Json, Rules, Set, settings_from
from streams.cli.plural import plural
from streams.cli.spread import spread

if TYPE_CHECKING:
    from streams.kafka.topic_differences import Difference
    from streams.kafka.topic_states import TopicState
    from streams.kafka.topics import TopicSpec
    from streams.settings import Settings

app = typer.Typer(
    name="topics", help="Create, compare and change the topics, and grant access to them.", no_args_is_help=True
)


@dataclass(frozen=True)
class Needed:
    """What a deployment needs, as options of the commands that create, compare and change its topics."""

    brokers: Brokers = None
    rules: Rules = None
    partitions: Annotated[
        int | None,
        typer.Option(help="Partitions of the topics of articles, enriched articles, dead letters and observations."),
    ] = None
    replication_factor: Annotated[
        int | None, typer.Option(help="Number of replicas of each topic; -1: the brokers' default.")
    ] = None
    json: Json = False
    config: Config = None
    set_: Set = None

    def settings(self) -> Settings:
        """The settings that these options give."""
        return settings_from(
            self.config,
            self.set_,
            brokers=self.brokers,
            rules=self.rules,
            partitions=self.partitions,
            replication_factor=self.replication_factor,
        )


@app.command(epilog="Example:  newswatch topics create --brokers localhost:9092 --rules deploy/rules --partitions 6")
@spread
def create(
    *,
    sources: Annotated[
        bool, typer.Option("--sources", help="Also the topic of positions, which `newswatch collect` needs.")
    ] = False,
    needs: Needed,
) -> None:
    """Create missing topics, including those that the rules name, and show all of them as they are."""
    from streams.kafka.topic_differences import differences
    from streams.kafka.topics import collector_specs, create_topics

    settings = needs.settings()
    specs = (*_wanted(settings), *(collector_specs(settings) if sources else ()))
    made = set(create_topics(settings, specs))
    states = _states(settings, specs)
    found = differences(settings, specs, states.values(), missing=False)
    if needs.json:
        for spec in specs:
            state = states.get(spec.name)
            print_json(
                {
                    "topic": spec.name,
                    "created": spec.name in made,
                    "partitions": state.partitions if state else spec.partitions,
                    "config": {key: state.in_force.get(key) for key in spec.config} if state else spec.config,
                    "differs": [one for one in found if one.topic == spec.name],
                }
            )
        return
    table = Table(Column("topic", overflow="fold"), "partitions", "keeps", "for", "")
    for spec in specs:
        state = states.get(spec.name)
        row = (str(state.partitions), _keeps(state)) if state else ("-", "-")
        table.add_row(spec.name, *row, spec.purpose, "created" if spec.name in made else "exists")
    out.print(table)
    _tell(found)


@app.command(epilog="Example:  newswatch topics diff --brokers localhost:9092 --rules deploy/rules")
@spread
def diff(needs: Needed) -> None:
    """Compare the topics with what the settings and rules need. Exit status: 0 the same, 1 different, 2 an error."""
    settings = needs.settings()
    found = _compare(settings, _wanted(settings))
    _show(found, json=needs.json)
    if found:
        raise typer.Exit(1)
    if not needs.json:
        err.print("the topics are as the settings and rules need them")


@app.command(epilog="Example:  newswatch topics apply --brokers localhost:9092 --rules deploy/rules --yes")
@spread
def apply(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Make the changes; otherwise they are only shown.")] = False,
    needed: Annotated[bool, typer.Option("--needed", help="Only changes without which no worker starts.")] = False,
    needs: Needed,
) -> None:
    """Create and change topics until they are as the settings and rules need them; without --yes only show how.

    Exit status: 0 nothing is left to do by hand, 1 something is, 2 an error.
    """
    from streams.kafka.topic_changes import change_topics

    settings = needs.settings()
    specs = _wanted(settings)
    found = [one for one in _compare(settings, specs) if one.grave or not needed]
    changes = [one for one in found if not one.remedy]
    by_hand = len(found) - len(changes)
    _show(found, json=needs.json)
    if yes:
        change_topics(settings, specs, changes)
    if not needs.json:
        done = f"{plural(len(changes), 'change')} made" if yes else f"{plural(len(changes), 'change')} to make"
        err.print(done + ("" if yes or not changes else "; add --yes to make them"))
        if by_hand:
            err.print(f"{plural(by_hand, 'difference')} left to you")
    if by_hand:
        raise typer.Exit(1)


@app.command(epilog="Example:  newswatch topics grant subscriber desk-1 --brokers localhost:9092 --print")
def grant(
    role: Annotated[str, typer.Argument(help="Role: producer, worker, subscriber, collector, operator or topics.")],
    user: Annotated[str, typer.Argument(help="User as the brokers know it: a SASL name, or a certificate's name.")],
    print_: Annotated[
        bool, typer.Option("--print", help="Print the equivalent kafka-acls commands instead of creating ACLs.")
    ] = False,
    brokers: Brokers = None,
    rules: Rules = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Create the ACLs that give a Kafka user the rights of a role; needs brokers with an authorizer."""
    from streams.hot_reload.folder import RulesFolder, find_rules
    from streams.kafka.access import apply, command, grants

    settings = settings_from(config, set_, brokers=brokers, rules=rules)
    wanted = grants(settings, role, RulesFolder(find_rules(settings.rules)).load().topics())
    if print_:
        for one in wanted:
            print(command(settings, one, user))  # noqa: T201
        return
    apply(settings, wanted, user)
    if json:
        for one in wanted:
            print_json({"user": user, "role": role, "grant": one})
        return
    table = Table("may", "on", "", "named")
    for one in wanted:
        table.add_row(
            one.operation.lower(), one.resource.replace("_", " "), "beginning with" if one.prefixed else "", one.name
        )
    out.print(table)


@app.command(epilog="Example:  newswatch topics describe --brokers localhost:9092")
def describe(
    brokers: Brokers = None, rules: Rules = None, json: Json = False, config: Config = None, set_: Set = None
) -> None:
    """Show the topics as they exist on the brokers."""
    from streams.kafka.topic_differences import differences

    settings = settings_from(config, set_, brokers=brokers, rules=rules)
    specs = _wanted(settings)
    found = _states(settings, specs)
    if json:
        for spec in specs:
            state = found.get(spec.name)
            shown = {name: getattr(state, name) for name in _DESCRIBED} if state else None
            print_json({"topic": spec.name, "exists": state is not None} | ({"state": shown} if shown else {}))
        return
    table = Table(Column("topic", overflow="fold"), "partitions", "replicas", Column("configuration", overflow="fold"))
    for spec in specs:
        state = found.get(spec.name)
        if state is None:
            table.add_row(spec.name, "-", "-", "missing")
        else:
            changed = ", ".join(f"{key}={value}" for key, value in state.config.items())
            table.add_row(spec.name, str(state.partitions), str(state.replication_factor), changed)
    out.print(table)
    _tell(differences(settings, specs, found.values(), missing=False))


@app.command(epilog="Example:  newswatch topics asyncapi > deploy/asyncapi.yaml")
def asyncapi() -> None:
    """Print the AsyncAPI document: the records on each topic, for your own clients."""
    from streams.kafka.asyncapi import asyncapi_text

    typer.echo(asyncapi_text(), nl=False)


#: What `describe --json` shows of a topic.
_DESCRIBED = ("name", "partitions", "replication_factor", "config", "id")


def _wanted(settings: Settings) -> Sequence[TopicSpec]:
    from streams.hot_reload.folder import RulesFolder, find_rules, vocabulary_of
    from streams.kafka.topics import topic_specs

    rules = RulesFolder(find_rules(settings.rules), vocabulary_of(settings.taxonomy)).load()
    return topic_specs(settings, rules.topics())


def _states(settings: Settings, specs: Iterable[TopicSpec]) -> dict[str, TopicState]:
    from streams.kafka.topic_states import describe_topics

    return {state.name: state for state in describe_topics(settings, [spec.name for spec in specs])}


def _compare(settings: Settings, specs: Sequence[TopicSpec]) -> tuple[Difference, ...]:
    from streams.kafka.topic_differences import differences

    states = _states(settings, specs)
    unseen = [state.name for state in states.values() if not state.in_force]
    if unseen:
        err.print(f"these brokers, or this user's rights, do not show the configuration of {', '.join(unseen)}")
    return differences(settings, specs, states.values())


def _keeps(state: TopicState) -> str:
    from streams.kafka.topic_differences import duration

    policy = state.in_force.get("cleanup.policy")
    if policy is None:
        return "-"
    kept = duration(int(state.in_force.get("retention.ms", "-1")))
    return ", ".join(word for word, holds in (("compacted", "compact" in policy), (kept, "delete" in policy)) if holds)


def _show(found: Sequence[Difference], *, json: bool) -> None:
    from streams.kafka.topic_differences import shown

    if json:
        for one in found:
            print_json(one)
        return
    if not found:
        return
    table = Table(
        Column("topic", overflow="fold"),
        "what",
        Column("is", overflow="fold"),
        Column("expected", overflow="fold"),
        Column("why", overflow="fold"),
        "",
    )
    for one in found:
        why = f"{one.because}; {one.remedy}" if one.remedy else one.because
        mark = "no worker starts" if one.grave and one.what != "topic" else ""
        table.add_row(one.topic, one.what, shown(one.what, one.found), shown(one.what, one.wanted), why, mark)
    out.print(table)


def _tell(found: Sequence[Difference]) -> None:
    for one in found:
        err.print(str(one))
    if found:
        err.print("`newswatch topics apply` shows how to change this")
