"""Pictures of a run: its views, time travel, the diff of its state, search, a damaged log."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.app import App

from flopod import events as ev
from flopod.errors import CorruptLogError
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from tui.pictures import WAITING, after, both_sizes
from tui.store import a_store, app_over, waiting

Size = tuple[int, int]


def run(run_id: str = WAITING, backend: MemoryBackend | None = None) -> App[None]:
    return app_over(backend or a_store(), run_id=run_id)


@both_sizes
def test_a_run_in_time_travel(snap_compare: SnapshotAssertion, size: Size) -> None:
    steps = ("see:seq 35", "less_than_sign comma comma", "see:AT seq 23")
    assert snap_compare(run(), terminal_size=size, run_before=after(*steps))


@both_sizes
def test_where_to_go_as_it_is_typed(snap_compare: SnapshotAssertion, size: Size) -> None:
    steps = ("see:seq 35", "t", "see:Go to", "5 0 %", "see:seq 18 of 35")
    assert snap_compare(run(), terminal_size=size, run_before=after(*steps))


@both_sizes
def test_the_state_compared_with_a_base(snap_compare: SnapshotAssertion, size: Size) -> None:
    steps = (
        "see:seq 35",
        "t",
        "see:Go to",
        "8 enter",
        "see:AT seq 8",
        "m",
        "see:base is seq 8",
        "G 3",
    )
    assert snap_compare(run(), terminal_size=size, run_before=after(*steps, "see:±42"))


@both_sizes
@pytest.mark.parametrize(
    ("keys", "seen"), [("v", "[Timeline]"), ("v v", "WaitStarted"), ("v v v", '"seq":35')]
)
def test_a_view(snap_compare: SnapshotAssertion, size: Size, keys: str, seen: str) -> None:
    steps = ("see:seq 35", keys, f"see:{seen}")
    assert snap_compare(run(), terminal_size=size, run_before=after(*steps))


@both_sizes
def test_a_search(snap_compare: SnapshotAssertion, size: Size) -> None:
    steps = ("see:seq 35", "g slash", "see:type what", "c l a s s", "see:1 of 3")
    assert snap_compare(run(), terminal_size=size, run_before=after(*steps))


@both_sizes
def test_a_zoomed_pane(snap_compare: SnapshotAssertion, size: Size) -> None:
    steps = ("see:seq 35", "4 z")
    assert snap_compare(run(), terminal_size=size, run_before=after(*steps))


@both_sizes
def test_idle_time_folded_in_the_line_of_the_log(
    snap_compare: SnapshotAssertion, size: Size
) -> None:
    story = waiting("slow", timedelta(hours=3))
    answer = ev.EventDelivered(
        event="researcher-approved", payload=encoded({"by": "alice"}), delivery_id="d"
    )
    story.tell(answer, "approval", after=8040)
    story.tell(ev.WaitCompleted(delivery_id="d"), "approval").step("publish")
    backend = a_store()
    asyncio.run(story.record(backend))
    steps = ("see:seq 39", "less_than_sign", "see:AT seq 29")
    assert snap_compare(run("slow", backend), terminal_size=size, run_before=after(*steps))


@both_sizes
def test_a_damaged_log(snap_compare: SnapshotAssertion, size: Size) -> None:
    backend = a_store()
    good = asyncio.run(backend.events(WAITING))[:12]

    async def damaged(run_id: str, after: int = 0) -> list[Event]:
        where = "line 13 of events/research-2026-0142.jsonl"
        raise CorruptLogError(run_id, where, "the record is cut short", good)

    backend.events = damaged  # type: ignore[method-assign]
    picture = after("see:LOG DAMAGED")
    assert snap_compare(run(WAITING, backend), terminal_size=size, run_before=picture)
