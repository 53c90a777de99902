"""The evidence sentence of an alert: the one with the most matches."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.model.article import EnrichedArticle, Sentence, Span


def evidence_sentence(article: EnrichedArticle, spans: Iterable[Span]) -> str | None:
    """The text of the sentence with the most different spans, the earlier one of a tie; None without any."""
    wanted = list(spans)
    best: Sentence | None = None
    most = 0
    for sentence in article.sentences:
        inside = {span.text for span in wanted if _within(span, sentence)}
        if len(inside) > most:
            best, most = sentence, len(inside)
    if best is None:
        return None
    return (article.title if best.in_ == "title" else article.text)[best.start : best.end]


def _within(span: Span, sentence: Sentence) -> bool:
    return span.in_ == sentence.in_ and sentence.start <= span.start and span.end <= sentence.end
