"""From raw records to enriched articles: decode, extract, join. Plain functions of bytes, no Kafka, no Faust.

The worker, ``newswatch scan`` and ``newswatch extract`` share this code, so their results cannot differ.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

import msgspec

from detectors.model.article import EnrichedArticle
from detectors.model.event_time import LATEST, OLDEST, is_plausible
from streams.extraction.draft import Source
from streams.extraction.extractor import Extraction, Extractor
from streams.records.article import Article, BadArticleError, Reason, decode_article
from streams.records.cloudevents import Headers
from streams.records.dead_letter import DeadLetter
from streams.settings import Settings
from streams.sources.files import Line

#: Number of articles from a file that are extracted in one batch.
FILE_BATCH = 64
#: How much of files is held to be sorted by time (bytes).
MOST_SORTED = 1024**3
#: The time of a file's first line if it has none.
FIRST_TIME = datetime(2020, 1, 1, tzinfo=UTC)

logger = logging.getLogger(__name__)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One raw record of ``articles``; ``timestamp`` is when it was appended, as far as that is known.

    ``refused`` says why a record could not be decoded; ``left_out`` is then its approximate size in bytes.
    """

    value: bytes | None
    key: bytes | None = None
    headers: Headers = []
    topic: str = "articles"
    partition: int = 0
    offset: int = 0
    timestamp: datetime
    refused: BadArticleError | None = None
    left_out: int = 0


class Enricher:
    """Decodes records and adds what extraction finds."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._ahead: Counter[str] = Counter()
        self._unreadable_dates = 0

    def take_unreadable_dates(self) -> int:
        """How many articles since the last call have a `published_at` that cannot be used; it stays in the record."""
        number, self._unreadable_dates = self._unreadable_dates, 0
        return number

    def take_ahead(self) -> Counter[str]:
        """How many times were ahead of their record's since the last call, and so not used, by field."""
        ahead, self._ahead = self._ahead, Counter()
        return ahead

    def enrich(self, records: Sequence[Record]) -> list[EnrichedArticle | DeadLetter]:
        """Return one enriched article or dead letter per record, in order. A record's content never raises."""
        decoded = [_decode(record) for record in records]
        extractions = self._extract([article for article in decoded if isinstance(article, Article)])
        found: list[EnrichedArticle | DeadLetter] = []
        for record, article in zip(records, decoded, strict=True):
            if isinstance(article, BadArticleError):
                found.append(dead_letter(record, "decode", article.reason, article))
                continue
            extraction = next(extractions)
            if isinstance(extraction, Exception):
                found.append(dead_letter(record, "extract", "extraction_failed", extraction))
                continue
            try:
                joined = join(article, extraction, record.timestamp)
                self._ahead.update(article.ahead(record.timestamp))
                self._unreadable_dates += article.has_unusable_date
                found.append(joined)
            except Exception as error:  # noqa: BLE001 - a bad record affects only itself
                found.append(dead_letter(record, "enrich", "processing_failed", error))
        return found

    def _extract(self, articles: list[Article]) -> Iterator[Extraction | Exception]:
        texts = [_source(article) for article in articles]
        try:
            return iter(list(self._extractor.pipe(texts)))
        except Exception:  # noqa: BLE001 - one bad article must not fail its batch: find it
            return (self._extract_one(text) for text in texts)

    def _extract_one(self, source: Source) -> Extraction | Exception:
        try:
            return self._extractor.extract(*source)
        except Exception as error:  # noqa: BLE001 - the article becomes a dead letter with this reason
            return error


def _source(article: Article | EnrichedArticle) -> Source:
    """What extraction reads of an article."""
    home = (article.meta or {}).get("home")
    return Source(
        article.title or "",
        article.text,
        article.language,
        article.published_at,
        article.source,
        article.url,
        home if isinstance(home, str) else None,
    )


def make_extractor(settings: Settings) -> Extractor:
    """Load the extractor according to the settings; takes about a second."""
    return Extractor(
        model=settings.model, registry=settings.registry, taxonomy=settings.taxonomy, outlets=settings.outlets
    )


def join(article: Article, found: Extraction, record_time: datetime) -> EnrichedArticle:
    """Join an article with its findings; ``record_time`` is its arrival unless ``received_at`` gives one."""
    arrival = article.arrival(record_time)
    return EnrichedArticle(
        id=article.key,
        text=article.text,
        title=article.title or "",
        url=article.url,
        source=article.source,
        language=found.language,
        published_at=article.published_at,
        received_at=arrival,
        event_time=article.event_time(record_time),
        meta=article.meta or {},
        content_hash=article.content_hash,
        fingerprint=found.fingerprint,
        countries=found.countries,
        officials=found.officials,
        organisations=found.organisations,
        themes=found.themes,
        events=found.events,
        sentences=found.sentences,
        extracted=found.extracted,
    )


def reader_of_text(extractor: Extractor) -> Callable[[EnrichedArticle], EnrichedArticle]:
    """Return a function that adds the findings in its title and text to an article."""

    def read(article: EnrichedArticle) -> EnrichedArticle:
        found = extractor.extract(*_source(article))
        return msgspec.structs.replace(article, **{name: getattr(found, name) for name in found.__struct_fields__})

    return read


def enrich_lines(
    extractor: Extractor, lines: Iterable[Line], now: datetime, *, batch: int = FILE_BATCH
) -> Iterator[EnrichedArticle | DeadLetter]:
    """Enrich a file's articles, one per line, in order; a dead letter's ``topic`` and ``offset`` are file and line.

    A line without a date takes the time of the line before it, as the contract of ``scan`` says; ``now`` is the arrival
    of the others.
    """
    yield from enrich_timed(extractor, (record for _, record in _timed(lines, now)), batch=batch)


def enrich_timed(
    extractor: Extractor, records: Iterable[Record], *, batch: int = FILE_BATCH
) -> Iterator[EnrichedArticle | DeadLetter]:
    """Enrich records, one result for each, in order."""
    enricher = Enricher(extractor)
    records = iter(records)
    while chunk := list(islice(records, batch)):
        yield from enricher.enrich(chunk)


def in_order(lines: Iterable[Line], now: datetime, *, most: int = MOST_SORTED) -> Iterator[Record]:
    """The records of files in order of event time, as the stream's contract asks; ``now`` as for `enrich_lines`.

    Beyond ``most`` bytes, the rest keeps the order of its files, and the log says so.
    """
    timed = _timed(lines, now)
    held: list[tuple[datetime, Record]] = []
    size = 0
    for time, record in timed:
        held.append((time, record))
        size += len(record.value or b"")
        if size > most:
            logger.warning("more than %d MB of articles: the rest is not sorted by time", most // 2**20)
            break
    held.sort(key=lambda one: one[0])
    for _, record in held:
        yield record
    for _, record in timed:
        yield record


def _timed(lines: Iterable[Line], now: datetime) -> Iterator[tuple[datetime, Record]]:
    """Records with their event times; a record that is no article has the time of the one before."""
    before = FIRST_TIME
    for line in lines:
        timestamp = now
        try:
            article = decode_article(line.value)
        except BadArticleError:
            pass
        else:
            time = article.event_time(now)
            if time == now:  # neither a usable date nor an arrival of its own
                timestamp = time = before
            before = time
        yield (
            before,
            Record(value=line.value, topic=line.file, offset=line.number, timestamp=timestamp, refused=line.refused),
        )


def dead_letter(record: Record, stage: str, reason: Reason, error: Exception) -> DeadLetter:
    """Make a dead letter of a record: its position, and why it could not be processed."""
    return DeadLetter(
        reason=reason,
        message=str(error),
        error=type(error).__qualname__,
        stage=stage,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        headers=record.headers,
        left_out=record.left_out,
    )


def _decode(record: Record) -> Article | BadArticleError:
    if record.refused is not None:
        return record.refused
    try:
        if not is_plausible(record.timestamp):
            years = f"{OLDEST.year} to {LATEST.year - 1}"
            raise BadArticleError(
                "bad_timestamp", f"the Kafka record's timestamp is {record.timestamp}; expected {years}"
            )
        return decode_article(record.value)
    except BadArticleError as bad:
        return bad
    except Exception as error:  # noqa: BLE001 - a bad record affects only itself
        return BadArticleError("processing_failed", f"{type(error).__qualname__}: {error}")
