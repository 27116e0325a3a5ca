"""The list of runs as pictures: in all sizes, looked for, marked, sorted, and where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from flopod.control import Control
from flopod.errors import BackendError
from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.session import Session
from tui.pictures import after, both_sizes
from tui.store import a_store, app_over, fixed_now

SIZES = [(200, 60), (120, 36), (80, 24), (60, 16)]
FILTERED = "slash i m p o r t enter"
SCREENS = {
    "a filter that narrows": (FILTERED, "see:5 runs of 28"),
    "a filter with ghost text": ("slash s t a", "see:status:"),
    "a wrong filter": (
        f"{FILTERED} slash space a g e less_than_sign x",
        "see:^ not a length of time",
    ),
    "a filter that only highlights": (f"{FILTERED} slash tab enter g", "see:28 runs"),
    "a filter that finds nothing": ("slash z e b r a enter", "see:No run matches"),
    "two facets": ("4 2", "see:3 runs of 28"),
    "the sort menu": ("s", "see:Sort by"),
    "a sort": ("s t o", "see:sort took▴"),
    "the columns menu": ("c", "see:[x] workflow"),
    "marked runs": ("j space j j V", "see:4 marked"),
    "the copy menu": ("4 y", "see:command"),
    "the export menu": ("4 e", "see:2 runs as csv"),
    "a paused list": ("f", "see:paused"),
}


@pytest.mark.parametrize("size", SIZES, ids=["huge", "wide", "normal", "small"])
def test_the_list(size: tuple[int, int], snap_compare: Any) -> None:
    run_before = after("see:All 28", "see:live", "j j j j", "see:research-2026-0142")
    assert snap_compare(app_over(a_store()), terminal_size=size, run_before=run_before)


@both_sizes
@pytest.mark.parametrize("what", SCREENS)
def test_looks(what: str, size: tuple[int, int], snap_compare: Any) -> None:
    keys, seen = SCREENS[what]
    run_before = after("see:28 runs", "see:live", "see:nightly-0612", keys, seen)
    assert snap_compare(app_over(a_store()), terminal_size=size, run_before=run_before)


class Gone(Control):
    """A store that cannot be read."""

    async def list_runs(self, *args: Any, **options: Any) -> Any:
        raise BackendError("/srv/runs/flopod.db cannot be read: permission denied")


@both_sizes
def test_a_store_that_cannot_be_read(size: tuple[int, int], snap_compare: Any) -> None:
    app = FlopodApp(Session(Gone(MemoryBackend(clock=fixed_now), workflows=()), now=fixed_now))
    run_before = after("see:CANNOT READ", "see:look again")
    assert snap_compare(app, terminal_size=size, run_before=run_before)


@both_sizes
def test_an_empty_store(size: tuple[int, int], snap_compare: Any) -> None:
    names = (("FLOPOD_DATA_DIR", "not set"), ("FLOPOD_BACKEND", "not set"))
    app = app_over(MemoryBackend(clock=fixed_now), looked_in=names)
    assert snap_compare(app, terminal_size=size, run_before=after("see:No runs in", "see:EMPTY"))
