"""Every screen as a picture, wide and narrow; named by what a person sees."""

from __future__ import annotations

from typing import Any

import pytest

from flopod_backends import MemoryBackend
from tui.pictures import FAILED, WAITING, a_store, after, both_sizes
from tui.store import app_over, fixed_now

RESEARCH = ("see:worker 4121", "S", "see:research", "r e s e")
SCREENS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "the list of runs": ({}, ("see:All 28", "j j j j")),
    "the list of failed runs": ({}, ("see:All 28", "4", "see:502")),
    "the list filtered by a word": ({}, ("see:All 28", "slash i m p o r t", "see:5 runs")),
    "a run that waits": ({"run_id": WAITING}, ("see:35 · live",)),
    "a run that failed": ({"run_id": FAILED}, ("see:24 · finished",)),
    "a run with many items": ({"run_id": "import-batch-77"}, ("see:512/700", "see:[0..511]")),
    "the events of a run": ({"run_id": WAITING}, ("see:35 · live", "4", "see:WaitStarted")),
    "the state of a run": (
        {"run_id": WAITING},
        ("see:35 · live", "see:approval", "3", "j", "see:charmander"),
    ),
    "the form to deliver an event": (
        {"run_id": WAITING},
        ("see:35 · live", "D", "see:is waited for", "enter a l i c e"),
    ),
    "the form to start a run": (
        {},
        (*RESEARCH, "see:input of last run", "enter k a n t o"),
    ),
    "the form to start a run as JSON": (
        {},
        (*RESEARCH, "see:input of last run", "f4"),
    ),
    "the question before a retry": ({"run_id": FAILED}, ("see:24 · finished", "R", "see:Kept:")),
    "the question before a cancel": ({"run_id": WAITING}, ("see:35 · live", "X", "see:In flight")),
    "the help of the list": ({}, ("see:All 28", "question_mark", "see:Esc closes")),
    "the help of a run": (
        {"run_id": WAITING},
        ("see:35 · live", "question_mark", "see:Esc closes"),
    ),
}


@both_sizes
@pytest.mark.parametrize("what", SCREENS)
def test_looks(what: str, size: tuple[int, int], snap_compare: Any) -> None:
    options, steps = SCREENS[what]
    app = app_over(a_store(), **options)
    assert snap_compare(app, terminal_size=size, run_before=after(*steps))


@both_sizes
def test_an_empty_store(size: tuple[int, int], snap_compare: Any) -> None:
    names = (("FLOPOD_DATA_DIR", "not set"), ("FLOPOD_BACKEND", "not set"))
    app = app_over(MemoryBackend(clock=fixed_now), looked_in=names)
    assert snap_compare(app, terminal_size=size, run_before=after("see:No runs in"))


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_the_other_themes(theme: str, snap_compare: Any) -> None:
    app = app_over(a_store(), theme=theme)
    run_before = after("see:All 28", "j j j j")
    assert snap_compare(app, terminal_size=(120, 36), run_before=run_before)


def test_ascii_only(snap_compare: Any) -> None:
    app = app_over(a_store(), plain_glyphs=True, theme="ansi")
    run_before = after("see:All 28", "j j j j")
    assert snap_compare(app, terminal_size=(80, 24), run_before=run_before)


def test_a_window_that_is_small(snap_compare: Any) -> None:
    app = app_over(a_store())
    assert snap_compare(app, terminal_size=(60, 18), run_before=after("see:All 28", "j j"))
