"""The state: what variables hold at a moment, folded from full values and changes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flopod import events as ev
from flopod.events import Event
from flopod.state import Change, Track, apply, fold_state, plain_state
from flopod.stored import encoded

FULL = ev.ListSet(value=encoded([1, 2, 3]))
PUSHED = ev.ListSet(pushed=encoded([4, 5]))
KEPT = ev.ListSet(kept=(0, 3))
PUT = ev.MapSet(put=encoded(["k", (1, 2)]))
DELETED = ev.MapSet(deleted=encoded("k"))


def test_a_list_and_a_map_follow_from_their_changes() -> None:
    assert apply(None, FULL) == [1, 2, 3]
    assert apply([1, 2, 3], PUSHED) == [1, 2, 3, 4, 5]
    assert apply([1, 2, 3, 4, 5], KEPT) == [1, 4]
    assert apply({}, PUT) == {"k": (1, 2)}
    assert apply({"k": 1, 2: 3}, DELETED) == {2: 3}
    assert apply({}, DELETED) == {}


def test_the_state_is_told_by_path_and_kind() -> None:
    log = [
        Event(ev.VarSet(value=encoded({1: "a"})), "v", seq=1),
        Event(FULL, "a[0]/l", seq=2),
        Event(ev.MapSet(value=encoded({})), "m", seq=3),
        Event(ev.ActivityStarted(), "step", seq=4),
        Event(PUT, "m", seq=5),
        Event(ev.VarSet(value=encoded(None)), "v", seq=6),
    ]
    state = fold_state(log)
    assert {p: (v.kind, v.value, v.seq) for p, v in state.items()} == {
        "v": ("var", None, 6),
        "a[0]/l": ("list", [1, 2, 3], 2),
        "m": ("map", {"k": (1, 2)}, 5),
    }
    assert plain_state(state)["v"] == {"kind": "var", "value": None}


changes = st.lists(
    st.one_of(
        st.lists(st.integers(), max_size=3).map(lambda items: ("value", items)),
        st.lists(st.integers(), max_size=3).map(lambda items: ("pushed", items)),
        st.just(("kept", None)),
    ),
    max_size=12,
)


@given(changes=changes, looks=st.lists(st.integers(1, 14), min_size=1, max_size=10))
def test_a_track_gives_the_value_after_any_change_in_any_order_of_asking(
    changes: list[tuple[str, Any]], looks: list[int]
) -> None:
    value: list[int] = [0]
    track, values = Track(), {1: value}
    track.add(1, ev.ListSet(value=encoded(value)))
    for seq, (kind, items) in enumerate(changes, 2):
        change: Change
        if kind == "value":
            value, change = items, ev.ListSet(value=encoded(items))
        elif kind == "pushed":
            value, change = [*value, *items], ev.ListSet(pushed=encoded(items))
        else:
            kept = tuple(range(0, len(value), 2))
            value, change = [value[i] for i in kept], ev.ListSet(kept=kept)
        track.add(seq, change)
        values[seq] = value
    for seq in looks:
        assert track.value_at(seq) == values[min(seq, len(values))]


def test_what_came_after_the_last_full_value_is_counted() -> None:
    track = Track()
    for seq, change in enumerate([FULL, PUSHED, FULL, PUSHED, PUSHED], 1):
        track.add(seq, change)
    assert track.since_full() == 2 * len(bytes(PUSHED.pushed or b""))
