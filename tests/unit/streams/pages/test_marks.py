"""Marks on a text, and the pieces that they split it into."""

from streams.pages.marks import Mark, pieces


def test_the_pieces_join_to_the_text() -> None:
    marks = [Mark(3, 9, "country", "a"), Mark(0, 5, "theme", "b"), Mark(5, 9, "theme", "b"), Mark(12, 12, "theme", "c")]
    text = "0123456789abcdef"
    found = list(pieces(text, marks))
    assert "".join(piece.text for piece in found) == text
    assert [(piece.text, piece.kinds) for piece in found if piece.kinds] == [
        ("012", ("theme",)),
        ("34", ("theme", "country")),
        ("5678", ("country", "theme")),
    ]
