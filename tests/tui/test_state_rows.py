"""The variables of a run as rows, and what is different from another moment."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flopod.state import Kind, Variable
from flopod_tui.run.state_rows import ADDED, CHANGED, MOST, REMOVED, rows_of
from flopod_tui.values.masking import Masking

OPEN = Masking(patterns=())


def state(seq: int, **values: Any) -> dict[str, Variable]:
    kinds: dict[type, Kind] = {list: "list", dict: "map"}
    return {
        path: Variable(kinds.get(type(value), "var"), value, seq) for path, value in values.items()
    }


def told(now: dict[str, Variable], then: dict[str, Variable] | None) -> list[tuple[str, ...]]:
    rows = rows_of(now, then, Masking())
    return [(row.mark, row.name, row.text, row.was) for row in rows]


def test_without_a_comparison_there_are_only_values() -> None:
    assert told(state(1, total=42, items=[1, 2]), None) == [
        ("", "total", "42", ""),
        ("", "items", "[1, 2]", ""),
    ]


def test_a_number_tells_by_how_much_and_what_it_was() -> None:
    assert told(state(9, total=42), state(3, total=41)) == [("±", "total", "42", "±1 (was 41)")]
    assert told(state(9, x=0.5), state(3, x=2)) == [("±", "x", "0.5", "±1.5 (was 2)")]
    assert told(state(9, x="b"), state(3, x="a")) == [("±", "x", '"b"', '± (was "a")')]
    assert told(state(9, x=True), state(3, x=False)) == [("±", "x", "true", "± (was false)")]


def test_a_map_and_a_list_are_unfolded_where_they_changed() -> None:
    now = state(9, counts={"fire": 3, "ice": 1}, items=["a", "c", "d"])
    then = state(3, counts={"fire": 2, "water": 1}, items=["a", "b"])
    assert told(now, then) == [
        ("±", "counts", '{"fire": 3, "ice": 1}', ""),
        ("±", "fire", "3", "±1 (was 2)"),
        ("+", "ice", "1", ""),
        ("-", "water", "1", ""),
        ("±", "items", '["a", "c", "d"]', ""),
        ("±", "[1]", '"c"', '± (was "b")'),
        ("+", "[2]", '"d"', ""),
    ]


def test_variables_that_came_or_went_are_marked() -> None:
    assert told(state(9, new=1), state(3, old=2)) == [("+", "new", "1", ""), ("-", "old", "2", "")]


def test_what_was_set_to_the_same_value_is_not_marked() -> None:
    assert told(state(9, total=1), state(3, total=1)) == [("", "total", "1", "")]


def test_of_many_changes_the_first_are_told_and_the_others_counted() -> None:
    rows = told(state(9, items=list(range(500))), state(3, items=[]))
    assert len(rows) == MOST + 2
    assert rows[-1][1] == "… 460 more"


def test_secrets_are_masked_in_every_form() -> None:
    now = state(9, api_key="pssst1", held={"token": "pssst2", "ok": 1}, items=[{"secret": "pssst"}])
    then = state(3, api_key="pssst0", held={"token": "pssst", "ok": 1}, items=[])
    for before in (None, then):
        assert "pssst" not in str(told(now, before))
    assert [row[:2] for row in told(now, then)][:3] == [
        ("±", "api_key"),
        ("±", "held"),
        ("±", "token"),
    ]


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)
states = st.dictionaries(st.sampled_from("abcd"), plain, max_size=4)


@given(states, states)
def test_every_difference_is_told_and_nothing_else(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    marks = {
        row.name: row.mark
        for row in rows_of(state(9, **after), state(3, **before), OPEN)
        if not row.inner
    }
    for name in {*before, *after}:
        if name not in before:
            assert marks[name] == ADDED
        elif name not in after:
            assert marks[name] == REMOVED
        else:
            same = before[name] == after[name]
            assert marks[name] == ("" if same else CHANGED)
