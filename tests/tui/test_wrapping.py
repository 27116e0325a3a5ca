"""Long rows, as several."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flopod_tui.text.spans import Spans, span_width
from flopod_tui.text.wrapping import wrapped_rows


def texts(rows: list[Spans]) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def test_a_row_breaks_between_words_and_keeps_its_indent() -> None:
    row = [("   error     ", "quiet"), ("the quick brown fox jumps", "failed")]
    assert texts(wrapped_rows(row, 24)) == ["   error     the quick ", "   brown fox jumps"]


def test_what_fits_stays_one_row() -> None:
    row = [("path", "quiet"), (" a/b", "")]
    assert wrapped_rows(row, 8) == [row]
    assert wrapped_rows([], 8) == [[]]


def test_a_word_longer_than_the_row_is_broken_inside() -> None:
    assert texts(wrapped_rows([("a" * 25, "")], 10)) == ["a" * 10, "a" * 10, "a" * 5]


WORDS = st.text(st.sampled_from(["a", " ", "漢", "é", "é", "x"]), max_size=60)


@given(st.lists(st.tuples(WORDS, st.sampled_from(["", "quiet"])), max_size=5), st.integers(1, 30))
def test_no_row_is_too_wide_and_no_character_is_lost(
    row: list[tuple[str, str]], width: int
) -> None:
    rows = wrapped_rows(row, width)
    assert all(span_width(one) <= max(width, 2) for one in rows)
    whole, shown = "".join(text for text, _ in row), "".join(texts(rows))
    assert whole.replace(" ", "") == shown.replace(" ", "")
