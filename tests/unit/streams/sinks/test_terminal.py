"""What a reader of alerts sees of the findings."""

from __future__ import annotations

from detectors.model.alert import EvidenceSpan
from streams.sinks.terminal import describe_findings


def span(what: str, text: str) -> EvidenceSpan:
    return EvidenceSpan(in_="text", start=0, end=len(text), text=text, what=what)


def test_each_finding_is_named_once_and_a_pattern_by_what_it_found() -> None:
    spans = [
        span("country KGZ", "Bishkek"),
        span("country KGZ", "Kyrgyzstan"),
        span(r"pattern (?i)\btear\s+gas\b", "tear\ngas"),
        span("text riot*", "riots"),
    ]
    assert describe_findings(spans) == "country KGZ · text tear gas · text riot*"
