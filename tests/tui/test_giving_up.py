"""`--exit-on-lost`: the app leaves a store that stays lost, and only then."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from flopod_tui import giving_up
from flopod_tui.giving_up import GivingUp
from tui.opening import opened, some_runs
from tui.terminal import SOURCES


def test_a_store_that_is_found_again_is_not_left() -> None:
    now = [0.0]
    lost = GivingUp(True, lambda: now[0])
    for at, trouble, leaves in (
        *((0, "", False), (1, "gone", False), (30.9, "gone", False)),
        *((31, "", False), (32, "gone", False), (61, "gone", False), (62, "gone", True)),
    ):
        now[0] = float(at)
        assert bool(lost.why(trouble)) is leaves, at
    assert lost.why("gone") == "flopod: the store was lost for 30 s: gone"


def test_who_has_not_asked_for_it_stays() -> None:
    now = [0.0]
    lost = GivingUp(False, lambda: now[0])
    lost.why("gone")
    now[0] = 1000.0
    assert lost.why("gone") == ""


@pytest.mark.parametrize("flags", [("--exit-on-lost",), ()])
def test_the_app_leaves_with_4_and_one_line(tmp_path: Path, flags: tuple[str, ...]) -> None:
    hasty = tmp_path / "sitecustomize.py"
    hasty.write_text(f"import {giving_up.__name__} as room\nroom.PATIENCE = 2.0\n")
    folder = some_runs(tmp_path)

    paths = os.pathsep.join([str(tmp_path), SOURCES])
    with opened(folder, "--no-worker", *flags, PYTHONPATH=paths) as app:
        app.until_seen("done-00", "All 42")
        for file in folder.glob("flopod.db*"):
            shutil.move(file, f"{file}.gone")
        app.until_seen("✗")
        if not flags:
            app.listen(4)
            app.do("q")
        assert app.ended() == (4 if flags else 0)
        told = app.output.decode().rpartition("\x1b[?1004l")[2]
    assert ("the store was lost for 2 s" in told) is bool(flags)
    assert app.restored()
