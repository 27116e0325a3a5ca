"""A stored value as lines: every type by its name, folded, searched, and never all at once."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopod.stored import Encoded, encoded
from flopod_tui.text.format import safe
from flopod_tui.values.items import brief, item_of
from flopod_tui.values.lines import CHUNK, Outline
from flopod_tui.values.masking import Masking
from flopod_tui.values.spans import line_spans

AT = datetime(2026, 6, 11, 11, 49, 20, tzinfo=UTC)
TYPES: dict[str, tuple[Any, str]] = {
    "a date of superjson": (AT, "Date 2026-06-11T11:49:20.000Z"),
    "a time in a zone": (
        AT.astimezone(ZoneInfo("Asia/Tokyo")),
        "datetime 2026-06-11T20:49:20+09:00[Asia/Tokyo]",
    ),
    "a day": (date(2026, 6, 11), "date 2026-06-11"),
    "a time of day": (time(11, 49), "time 11:49:00"),
    "a length of time": (timedelta(days=1, seconds=3), "timedelta 1 day, 0:00:03"),
    "a decimal": (Decimal("1.50"), "Decimal 1.50"),
    "a UUID": (UUID(int=7), "UUID 00000000-0000-0000-0000-000000000007"),
    "bytes": (b"ab\x00\xff", "Uint8Array[4]  61 62 00 ff"),
    "a set": ({1, 2, 3}, "Set[3]"),
    "a frozen set": (frozenset([1]), "FrozenSet[1]"),
    "a tuple": ((1, "a"), "Tuple[2]"),
    "a map": ({1: "a", 2: "b"}, "Map{2}"),
    "an object": ({"a": 1}, "{1}"),
    "a list": ([1, 2, 3], "[3]"),
    "nothing in a list": ([], "[0]"),
    "not a number": (math.nan, "NaN"),
    "endless": (-math.inf, "-Infinity"),
    "minus nothing": (-0.0, "-0"),
    "a large integer": (2**70, "BigInt 1180591620717411303424"),
    "a string": ("a\nb", '"a\\nb"'),
    "a string that is no Unicode": ("a\ud800", r'"a\ud800"'),
    "null": (None, "null"),
    "true": (True, "true"),
    "a number": (1.5, "1.5"),
}
FOREIGN = {
    "undefined": ('{"json":null,"meta":{"values":["undefined"],"v":1}}', "undefined"),
    "a URL": ('{"json":"https://x.y","meta":{"values":["URL"],"v":1}}', "URL https://x.y"),
    "a pattern": ('{"json":"/a/g","meta":{"values":["regexp"],"v":1}}', "RegExp /a/g"),
    "an error": ('{"json":{"name":"E"},"meta":{"values":["Error"],"v":1}}', "Error{1}"),
    "other numbers": (
        '{"json":[1,2],"meta":{"values":[["typed-array","Int16Array"]],"v":1}}',
        "Int16Array[2]",
    ),
    "a class that nobody here knows": (
        '{"json":{"x":1},"meta":{"values":[["custom","Pokemon"]],"v":1}}',
        "Pokemon{1}",
    ),
    "a tag that does not fit": ('{"json":"x","meta":{"values":["map"],"v":1}}', '"x"'),
    "a tag that is no tag": ('{"json":"x","meta":{"values":[{"a":[1]}],"v":1}}', None),
    "a meta that is none": ('{"json":"x","meta":7}', '"x"'),
    "no envelope": ("[1,2]", "[1,2]"),
    "no JSON": ('{"json":', '{"json":'),
}


def outline(value: object, width: int = 76) -> Outline:
    return Outline(value, Masking(), width)


def texts(shown: Outline) -> list[str]:
    return [safe("".join(text for text, _ in line_spans(line))) for line in shown.lines]


@pytest.mark.parametrize("what", TYPES)
def test_a_value_is_shown_with_the_name_of_its_type(what: str) -> None:
    value, shown = TYPES[what]
    assert safe(brief(item_of(encoded(value), Masking()))) == shown


@pytest.mark.parametrize("what", FOREIGN)
def test_what_another_program_wrote_is_shown_as_well(what: str) -> None:
    stored, shown = FOREIGN[what]
    text = brief(item_of(Encoded(stored.encode()), Masking()))
    assert shown is None or text == shown
    outline(Encoded(stored.encode())).open_all()


def test_a_small_value_is_open_from_the_start_and_every_line_says_where_it_is() -> None:
    shown = outline(encoded({"items": [{"name": "x"}], "a b": {1: None}}))
    assert texts(shown) == [
        "▾ {2}",
        "  ▾ items  [1]",
        "    ▾ [0]  {1}",
        '        name  "x"',
        "  ▾ a b  Map{1}",
        "      1  null",
    ]
    paths = [shown.path(index) for index in range(6)]
    assert paths[:4] == ["$", "$.items", "$.items[0]", "$.items[0].name"]
    assert paths[4:] == ['$["a b"]', '$["a b"][1]']


def test_folding_takes_away_what_is_inside_and_unfolding_brings_it_back() -> None:
    shown = outline(encoded({"a": [1, [2]], "b": 3}))
    before = texts(shown)
    shown.close(1)
    assert texts(shown) == ["▾ {2}", "  ▸ a  [2]", "    b  3"]
    shown.open(1)
    shown.open_all()
    assert texts(shown) == before
    shown.close_all()
    assert len(shown.lines) == 3


def test_of_many_the_beginning_is_laid_out_and_the_rest_when_it_is_asked_for() -> None:
    shown = outline(encoded(list(range(100_000))))
    assert len(shown.lines) == CHUNK + 2
    assert texts(shown)[-1] == "  ▸ … 99,500 more, [500] to [99999] (Enter)"
    shown.open(len(shown.lines) - 1)
    assert texts(shown)[-2:] == ["    [999]  999", "  ▸ … 99,000 more, [1000] to [99999] (Enter)"]


def test_a_place_far_down_is_laid_out_without_what_is_before_it() -> None:
    shown = outline(encoded([{"n": n} for n in range(100_000)]))
    index = shown.reveal((77_000, 0))
    assert shown.path(index) == "$[77000].n"
    assert len(shown.lines) < 3 * CHUNK
    assert shown.path(shown.reveal((3, 0))) == "$[3].n"


def test_a_long_string_says_how_much_is_missing_and_opens_to_all_of_it() -> None:
    text = "abcdefghij" * 1268
    shown = outline(encoded({"s": text}), width=218)
    assert texts(shown)[1].endswith('a"…+12,489')
    shown.open(1)
    assert "".join(line.text or "" for line in shown.lines[2:]) == text


def test_a_text_of_several_lines_opens_to_its_own_lines() -> None:
    shown = outline(encoded("first\n\n\x1b[2Jthird"))
    shown.open(0)
    assert texts(shown)[1:] == ["    first", "    ", r"    \x1b[2Jthird"]


def test_a_string_that_does_not_fit_its_window_can_be_opened() -> None:
    assert outline(encoded(["x" * 100]), width=60).lines[1].opened is False
    assert outline(encoded(["x" * 100]), width=120).lines[1].opened is None


def test_wide_characters_are_broken_where_the_window_ends() -> None:
    shown = outline(encoded("漢" * 300), width=60)
    shown.open(0)
    assert all(len(line.text or "") <= 28 for line in shown.lines[1:])
    assert "".join(line.text or "" for line in shown.lines[1:]) == "漢" * 300


def test_bytes_open_to_rows_of_hexadecimal() -> None:
    shown = outline(encoded(bytes(range(60, 80))))
    shown.open(0)
    row = "    00000000  3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK"
    assert texts(shown)[1] == row
    assert texts(shown)[2].startswith("    00000010  4c 4d 4e 4f ")


@pytest.mark.parametrize("levels", [190, 400, 900, 2000, 100_000])
def test_nesting_without_end_is_shown_flat_below_the_deepest_level(levels: int) -> None:
    deep = Encoded(b'{"json":' + b"[" * levels + b'"x"' + b"]" * levels + b"}")
    shown = outline(deep)
    shown.open_all()
    assert len(shown.lines) <= 600
    assert [shown.pretty(index) for index in (0, -1)]
    list(shown.walk("x"))
    if levels == 400:
        assert any("nested more than 200 deep, 403 B: [[[" in text for text in texts(shown))


def test_copied_is_the_json_of_the_place_and_its_text_without_quotes() -> None:
    shown = outline(encoded({"a": {"b": "x\ny", "when": AT}}))
    assert shown.pretty(1) == '{\n  "b": "x\\ny",\n  "when": "2026-06-11T11:49:20.000Z"\n}'
    assert shown.plain_text(2) == "x\ny"
    assert shown.plain_text(1) is None


def test_a_search_finds_keys_and_texts_wherever_they_are_folded_away() -> None:
    value = {"a": [{"Name": "x"}], "b": "a name", "c": {"d": 1}}
    hits = [where for where in outline(encoded(value)).walk("name") if where is not None]
    assert hits == [(0, 0, 0), (1,)]
    assert [one for one in outline(encoded(value)).walk("1") if one] == [(2, 0)]


def test_a_value_that_cannot_be_stored_says_so() -> None:
    assert "set" in texts(outline({"a": object()}))[0] or "object" in texts(outline(object()))[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=6), inner, max_size=5)
        | st.dictionaries(st.integers(), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=25,
)


@given(JSON, st.integers(20, 120), st.data())
def test_whatever_is_folded_every_line_is_inside_the_one_it_stands_below(
    value: Any, width: int, data: st.DataObject
) -> None:
    shown = outline(encoded(value), width)
    for _ in range(data.draw(st.integers(0, 6))):
        index = data.draw(st.integers(0, len(shown.lines) - 1))
        data.draw(st.sampled_from([shown.open, shown.close]))(index)
    for index, line in enumerate(shown.lines):
        if line.around is None:
            assert index == 0
        else:
            assert shown.lines[shown.around(index)] is line.around
            assert line.depth == line.around.depth + 1
        assert shown.path(index).startswith("$")
        safe("".join(text for text, _ in line_spans(line)))


@given(JSON)
def test_every_hit_of_a_search_can_be_revealed_at_its_own_path(value: Any) -> None:
    shown = outline(encoded(value))
    shown.close_all()
    for where in [one for one in shown.walk("a") if one is not None]:
        index = shown.reveal(where)
        assert shown.lines[index].where == where


@given(JSON)
def test_what_is_open_can_be_opened_again(value: Any) -> None:
    shown = outline(encoded(value))
    shown.open_all()
    again = outline(encoded(value))
    again.open_only(shown.opened())
    assert texts(again) == texts(shown)
