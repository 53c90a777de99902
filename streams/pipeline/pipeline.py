"""From records of ``articles`` to everything derived from them: enrich, match. Values in, values out.

A bad record affects only itself: any failure between its bytes and its outcome turns it into a dead letter with a
reason, and the rest of the batch is processed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter

import msgspec

from detectors.conditions.work import WorkLimitError
from detectors.engine.firing import Firing
from detectors.engine.matching import Engine
from detectors.engine.outcome import Limit
from detectors.model.article import EnrichedArticle
from detectors.model.observation import Observation
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import Enricher, Record, dead_letter
from streams.records.dead_letter import DeadLetter

#: Space reserved in a produced record for its headers and the batch's overhead, in bytes.
FRAME_BYTES = 64 * 1024


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one record: an enriched article with firings and observations, or a dead letter."""

    record: Record
    article: EnrichedArticle | None = None
    enriched: bytes = b""
    firings: tuple[Firing, ...] = ()
    observations: tuple[Observation, ...] = ()
    pulse: datetime | None = None
    limits: tuple[Limit, ...] = ()
    dead: DeadLetter | None = None
    seconds: float = 0.0


class Pipeline:
    """Enriches and matches. ``engine`` may be replaced between two batches (a reload)."""

    def __init__(self, extractor: Extractor, engine: Engine, *, max_record_bytes: int) -> None:
        self.engine = engine
        self._enricher = Enricher(extractor)
        self._max_enriched_bytes = max_record_bytes - FRAME_BYTES

    def warm_up(self) -> None:
        """Process example articles, so that lazily loaded data is loaded before the stream starts."""
        texts = (
            "The foreign minister of Kazakhstan, Erlan Karin, met the U.S. ambassador in Astana on Monday.",
            "Le ministre des affaires étrangères du Kazakhstan a rencontré lundi son homologue à Paris.",
        )
        now = datetime.now(UTC)
        self.process([Record(value=msgspec.json.encode({"text": text}), timestamp=now) for text in texts])

    def take_unreadable_dates(self) -> int:
        """How many articles since the last call have a `published_at` that cannot be used."""
        return self._enricher.take_unreadable_dates()

    def take_ahead(self) -> Counter[str]:
        """How many times were ahead of their record's since the last call, and so not used, by field."""
        return self._enricher.take_ahead()

    def process(self, records: Sequence[Record]) -> list[Outcome]:
        """Return one outcome per record, in order; ``seconds`` is the batch's time divided by its number of records."""
        engine = self.engine  # one rule set for the whole batch
        started = perf_counter()
        articles = self._enricher.enrich(records)
        outcomes = [self._match(engine, *pair) for pair in zip(records, articles, strict=True)]
        each = (perf_counter() - started) / max(len(records), 1)
        return [msgspec.structs.replace(outcome, seconds=each) for outcome in outcomes]

    def _match(self, engine: Engine, record: Record, article: EnrichedArticle | DeadLetter) -> Outcome:
        if isinstance(article, DeadLetter):
            return Outcome(record=record, dead=article)
        try:
            return self._matched(engine, record, article)
        except WorkLimitError as error:
            return Outcome(record=record, dead=dead_letter(record, "match", "too_much_work", error))
        except Exception as error:  # noqa: BLE001 - a bad record affects only itself
            return Outcome(record=record, dead=dead_letter(record, "match", "processing_failed", error))

    def _matched(self, engine: Engine, record: Record, article: EnrichedArticle) -> Outcome:
        enriched = msgspec.json.encode(article)
        if len(enriched) > self._max_enriched_bytes:
            error = ValueError(f"{len(enriched)} bytes when enriched; expected at most {self._max_enriched_bytes}")
            return Outcome(record=record, dead=dead_letter(record, "enrich", "record_too_large", error))
        reading = engine.read(article)
        return Outcome(
            record=record,
            article=article,
            enriched=enriched,
            firings=reading.firings,
            observations=reading.observations,
            pulse=reading.pulse,
            limits=reading.limits,
        )
