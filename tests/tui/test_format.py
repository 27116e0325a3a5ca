"""What reaches the terminal is harmless, fits its cells, and reads well."""

from __future__ import annotations

import sys
import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.stored import Encoded, encoded
from flopod_tui.text.format import (
    age,
    at_word,
    cut,
    cut_left,
    duration,
    fit,
    fit_right,
    json_line,
    safe,
    schema_line,
    shape_line,
    since,
    size,
    width_of,
)
from tui.store import NOW

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

HOSTILE = {
    "a clear-screen sequence": ("\x1b[2J", r"\x1b[2J"),
    "a window title": ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
    "a clipboard write": ("\x1b]52;c;aGk=\x07", r"\x1b]52;c;aGk=\x07"),
    "a one-byte control sequence": ("\x9b31m", r"\x9b31m"),
    "a line that overwrites itself": ("good\rbad", r"good\x0dbad"),
    "a line break": ("a\nb", r"a\x0ab"),
    "a right-to-left override": ("\u202egpj.exe", r"\u202egpj.exe"),
    "a zero-width joiner": ("a\u200db", r"a\u200db"),
    "an invisible filler": ("\u3164", r"\u3164"),
    "a braille blank": ("\u2800", r"\u2800"),
    "a variation selector": ("☃\ufe0f", r"☃\ufe0f"),
    "a tag character": ("\U000e0041", r"\U000e0041"),
    "a lone surrogate": ("\ud800", r"\ud800"),
    "a pile of accents": ("e\u0301\u0301\u0301\u0301", "e\u0301\u0301" + r"\u0301\u0301"),
    "markup of Rich": ("[red]x[/]", "[red]x[/]"),
    "a clickable action": ("[@click=app.quit]x", "[@click=app.quit]x"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_is_shown_and_not_obeyed(what: str) -> None:
    given, shown = HOSTILE[what]
    assert safe(given) == shown


def test_no_code_point_of_unicode_gets_through_that_a_terminal_acts_upon() -> None:
    for code in range(sys.maxunicode + 1):
        for char in safe(chr(code)):
            assert unicodedata.category(char) not in HARMFUL, hex(code)


@given(st.text())
def test_made_harmless_twice_is_made_harmless_once(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.text())
def test_ordinary_letters_of_any_language_stay(text: str) -> None:
    letters = "".join(char for char in text if unicodedata.category(char) in ("Lu", "Ll", "Nd"))
    assert safe(letters) == letters


def test_a_huge_text_is_cut_before_it_is_cleaned() -> None:
    assert safe("\x1b" * 10_000_000, 4) == r"\x1b\x1b\x1b…"


@given(st.text(), st.integers(0, 40))
def test_what_is_fitted_takes_exactly_its_cells(text: str, width: int) -> None:
    assert width_of(fit(safe(text), width)) == width
    assert width_of(fit_right(safe(text), width)) == width


@given(st.text(), st.integers(0, 40))
def test_what_is_cut_takes_no_more_than_its_cells(text: str, width: int) -> None:
    for way in (cut, cut_left, at_word):
        assert width_of(way(safe(text), width)) <= width


def test_a_path_loses_its_beginning_and_a_sentence_its_last_words() -> None:
    assert cut_left("expedition[2]/analyze[5]/classify", 12) == "…/classify"
    assert at_word("it may have been charged already", 20) == "it may have been…"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.25, "250ms"),
        (11.84, "11.8s"),
        (59.97, "59s"),
        (250, "4m10s"),
        (8040, "2h14m"),
        (97_200, "1d03h"),
        (3_600_000, "41d"),
        (-3, "0ms"),
    ],
)
def test_a_length_of_time_takes_six_characters(seconds: float, shown: str) -> None:
    assert duration(timedelta(seconds=seconds)) == shown


def test_an_age_is_told_in_seconds_only_for_a_minute() -> None:
    assert since(NOW - timedelta(seconds=12), NOW) == "12s"
    assert since(NOW - timedelta(seconds=250), NOW) == "4m"
    assert since(None, NOW) == "—"
    assert age(timedelta(seconds=250)) == "4m10s"


def test_sizes_are_round() -> None:
    assert [size(61), size(4000), size(1_234_567)] == ["61 B", "4.0 KB", "1.2 MB"]


def test_a_value_is_shown_as_json() -> None:
    value = encoded({"by": "alice", "tags": ["ü"]})
    assert json_line(value) == '{"by": "alice", "tags": ["ü"]}'


def test_a_value_on_one_line_is_its_beginning_however_large_or_deep_it_is() -> None:
    assert json_line(encoded("x" * 3_000_000)) == f'"{"x" * 198}…'
    deep = Encoded(b'{"json":' + b"[" * 350 + b"]" * 350 + b"}")
    assert json_line(deep, limit=800) == "[" * 350 + "]" * 350
    deeper = Encoded(b'{"json":' + b"[" * 90_000 + b"]" * 90_000 + b"}")
    assert json_line(deeper) == "[" * 199 + "…"


def test_a_secret_on_one_line_is_masked_even_where_the_line_is_cut() -> None:
    assert json_line(encoded({"api_key": "abc", "n": 1})) == '{"api_key": "•••", "n": 1}'
    cut = json_line(encoded({"a": "x" * 900, "token": "abc" * 5000}), limit=2000)
    assert "abc" not in cut


def test_the_shape_of_a_value_is_told_in_the_words_of_its_schema() -> None:
    value = {"by": "alice", "n": 1.5, "tags": ["a"], "ok": True, "none": None}
    shape = "{by: string, n: number, tags: [string], ok: boolean, none: null}"
    assert shape_line(value) == shape


def test_a_schema_is_told_in_a_few_words() -> None:
    schema = {
        "$ref": "#/$defs/Order",
        "$defs": {
            "Order": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "kind": {"enum": ["quick", "slow"]},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["name"],
            }
        },
    }
    assert schema_line(schema) == '{name: string, kind?: "quick" | "slow", tags?: [string]}'
