"""The rules that a command runs over articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from streams.cli.console import note
from streams.cli.plural import plural
from streams.settings import Settings

if TYPE_CHECKING:
    from detectors.loading.ruleset import RuleSet


def chosen_rules(given: list[Path] | None, settings: Settings, *, quiet: bool = False) -> RuleSet:
    """Load the rules given, else the usual ones, and say which these are unless ``quiet``.

    Raises:
        RulesNotFoundError: a path does not exist.
        RuleSetError: a rule is invalid.
        NoRulesError: there are none.
    """
    from streams.hot_reload.folder import vocabulary_of
    from streams.hot_reload.rule_paths import rule_paths

    place = rule_paths(given or (), settings.rules)
    found = place.load(vocabulary_of(settings.taxonomy))
    if place.usual and not quiet:
        note(f"rules: {place}, {plural(len(found.rules), 'rule')}; name others with --rules")
    return found
