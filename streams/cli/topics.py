"""``newswatch topics``: create and describe the topics of a deployment, and grant access to them."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Column, Table

from streams.cli.console import out, print_json
from streams.cli.options import Brokers, Config, Json, Rules, Set, settings_from

app = typer.Typer(name="topics", help="Create and describe the topics, and grant access to them.", no_args_is_help=True)


@app.command(epilog="Example:  newswatch topics create --brokers localhost:9092 --rules deploy/rules --partitions 6")
def create(
    brokers: Brokers = None,
    rules: Rules = None,
    partitions: Annotated[
        int | None,
        typer.Option(help="Partitions of the topics of articles, enriched articles, dead letters and observations."),
    ] = None,
    replication_factor: Annotated[int | None, typer.Option(help="Number of replicas of each topic.")] = None,
    json: Json = False,
    config: Config = None,
    set_: Set = None,
) -> None:
    """Create missing topics, including those that the rules name."""
    from streams.hot_reload.folder import RulesFolder, find_rules, vocabulary_of
    from streams.kafka.topics import create_topics, topic_specs

    settings = settings_from(
        config, set_, brokers=brokers, rules=rules, partitions=partitions, replication_factor=replication_factor
    )
    named = RulesFolder(find_rules(settings.rules), vocabulary_of(settings.taxonomy)).load().topics()
    specs = topic_specs(settings, named)
    made = set(create_topics(settings, specs))
    if json:
        for spec in specs:
            print_json(
                {"topic": spec.name, "created": spec.name in made, "partitions": spec.partitions, "config": spec.config}
            )
        return
    table = Table(Column("topic", overflow="fold"), "partitions", "keeps", "for", "")
    for spec in specs:
        keeps = (
            "compacted"
            if spec.config.get("cleanup.policy") == "compact"
            else f"{int(spec.config['retention.ms']) // 86_400_000} days"
        )
        table.add_row(
            spec.name, str(spec.partitions), keeps, spec.purpose, "created" if spec.name in made else "exists"
        )
    out.print(table)


@app.command(epilog="Example:  newswatch topics grant subscriber desk-1 --brokers localhost:9092 --print")
def grant(
    role: Annotated[str, typer.Argument(help="Role: producer, worker, subscriber, operator or topics.")],
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
    from streams.hot_reload.folder import RulesFolder, find_rules, vocabulary_of
    from streams.kafka.topics import describe_topics, topic_specs

    settings = settings_from(config, set_, brokers=brokers, rules=rules)
    named = RulesFolder(find_rules(settings.rules), vocabulary_of(settings.taxonomy)).load().topics()
    wanted = [spec.name for spec in topic_specs(settings, named)]
    found = {topic.name: topic for topic in describe_topics(settings, wanted)}
    if json:
        for name in wanted:
            print_json({"topic": name, "exists": name in found} | ({"state": found[name]} if name in found else {}))
        return
    table = Table(Column("topic", overflow="fold"), "partitions", "replicas", Column("configuration", overflow="fold"))
    for name in wanted:
        state = found.get(name)
        if state is None:
            table.add_row(name, "-", "-", "missing")
        else:
            changed = ", ".join(f"{key}={value}" for key, value in state.config.items())
            table.add_row(name, str(state.partitions), str(state.replication_factor), changed)
    out.print(table)


@app.command(epilog="Example:  newswatch topics asyncapi > deploy/asyncapi.yaml")
def asyncapi() -> None:
    """Print the AsyncAPI document: the records on each topic, for your own clients."""
    from streams.kafka.asyncapi import asyncapi_text

    typer.echo(asyncapi_text(), nl=False)
