from datetime import UTC, datetime, timedelta

import msgspec

from streams.collector.position import MOST_ITEMS, Item, Pending, Position, after, decode, encode, forgetting, news
from streams.records.article import Article
from streams.sources.listed.poll import Validators

NOW = datetime(2025, 11, 3, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def article(number: int, text: str = "A flood.") -> Article:
    return Article(id=f"feed-{number}", text=text, url=f"https://news.example/{number}")


def test_an_item_is_sent_once_and_keeps_the_time_at_which_it_was_first_seen() -> None:
    found = news(Position(), [article(1), article(2), article(1)], NOW)
    assert [change for change, _ in found] == ["new", "new"]
    assert {one.received_at for _, one in found} == {"2025-11-03T09:00:00Z"}
    position = after(Position(), [one for _, one in found])
    ((change, changed),) = news(position, [article(1), article(2, "Two floods.")], LATER)
    assert (change, changed.id, changed.received_at) == ("changed", "feed-2", "2025-11-03T09:00:00Z")
    position = after(position, [changed])
    assert news(position, [article(1), article(2), article(2, "Two floods.")], LATER) == []


def test_a_position_is_what_is_stored() -> None:
    position = after(
        Position(validators=Validators("e", None)), [one for _, one in news(Position(), [article(1)], NOW)]
    )
    whole = msgspec.structs.replace(position, pending=Pending({0: 7}, (msgspec.Raw(b'{"text":"a"}'),)))
    found = decode(encode(whole))
    assert (found.items, found.validators) == (position.items, position.validators)
    assert found.pending is not None
    assert (found.pending.ends, bytes(found.pending.records[0])) == ({0: 7}, b'{"text":"a"}')


def test_items_are_forgotten_a_month_after_they_were_shown_and_never_while_they_are() -> None:
    old = Item(("a",), "2025-09-01T00:00:00Z", "2025-09-01T00:00:00Z")
    recent = Item(("a",), "2025-10-20T00:00:00Z", "2025-10-20T00:00:00Z")
    position = Position({"feed-1": old, "feed-2": old, "feed-3": recent})
    kept = forgetting(position, [article(1)], NOW).items
    assert set(kept) == {"feed-1", "feed-3"}
    assert (kept["feed-1"].first, kept["feed-1"].last) == ("2025-09-01T00:00:00Z", "2025-11-03T09:00:00Z")
    many = Position({f"feed-{n}": recent for n in range(MOST_ITEMS + 10)})
    assert len(forgetting(many, [article(1)], NOW).items) == MOST_ITEMS
