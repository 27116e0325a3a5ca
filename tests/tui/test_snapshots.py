"""The list and a run as pictures, wide and narrow, in every theme; other rooms have their own."""

from __future__ import annotations

from typing import Any

import pytest

from tui.pictures import FAILED, WAITING, after, both_sizes
from tui.store import a_store, app_over

SCREENS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "a run that waits": ({"run_id": WAITING}, ("see:35 · live",)),
    "a run that failed": ({"run_id": FAILED}, ("see:24 · finished",)),
    "the events of a run": ({"run_id": WAITING}, ("see:35 · live", "4", "see:WaitStarted")),
    "the state of a run": (
        {"run_id": WAITING},
        ("see:35 · live", "see:approval", "3", "j", "see:charmander"),
    ),
}


@both_sizes
@pytest.mark.parametrize("what", SCREENS)
def test_looks(what: str, size: tuple[int, int], snap_compare: Any) -> None:
    options, steps = SCREENS[what]
    app = app_over(a_store(), **options)
    assert snap_compare(app, terminal_size=size, run_before=after(*steps))


@pytest.mark.parametrize("theme", ["light", "ansi", "ansi-light", "mono"])
@pytest.mark.parametrize("run_id", [None, FAILED], ids=["list", "run"])
def test_the_other_themes(theme: str, run_id: str | None, snap_compare: Any) -> None:
    app = app_over(a_store(), theme=theme, run_id=run_id)
    run_before = after("see:All 28", "j j j j") if run_id is None else after("see:24 · finished")
    assert snap_compare(app, terminal_size=(120, 36), run_before=run_before)


@pytest.mark.parametrize("run_id", [None, FAILED], ids=["list", "run"])
def test_ascii_only(run_id: str | None, snap_compare: Any) -> None:
    app = app_over(a_store(), plain_glyphs=True, theme="ansi", run_id=run_id)
    run_before = after("see:All 28", "j j j j") if run_id is None else after("see:finished")
    assert snap_compare(app, terminal_size=(80, 24), run_before=run_before)
