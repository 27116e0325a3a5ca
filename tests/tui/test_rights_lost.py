"""A store that may no longer be read while people look at it: told, lived through, and over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from flopod_backends import open_backend
from tui.opening import opened
from tui.store import failing, finished, waiting

# To root all files are open, unless these rights (CAP_DAC_*) are taken from it before it begins.
AS_ANYBODY = """
import ctypes, os, sys
for right in (1, 2):
    ctypes.CDLL(None).prctl(24, right)
os.execv(sys.executable, [sys.executable, "-m", "flopod_tui", *sys.argv[1:]])
"""
STORES = {"file": "runs", "sqlite": "runs/flopod.db"}


async def fill(url: str) -> None:
    """Write three runs, of which the newest has failed."""
    backend = open_backend(url)
    for hours, story in enumerate((failing, waiting, finished), 1):
        await story(f"run-{hours}", timedelta(hours=hours)).record(backend)
    await backend.close()


@pytest.mark.parametrize("kind", STORES)
def test_a_store_that_may_no_longer_be_read_is_told_and_shown_as_it_was(
    kind: str, tmp_path: Path
) -> None:
    (folder := tmp_path / "runs").mkdir()
    url = f"{kind}:{tmp_path / STORES[kind]}"
    asyncio.run(fill(url))
    given = ("--no-worker", "--backend", url)
    with opened(tmp_path, *given, program=("-c", AS_ANYBODY)) as app:
        app.do("see:run-3", "see:All 3", "enter", "see:RunFailed", "see:classify")
        folder.chmod(0)
        app.until_seen(f"✗ {tmp_path}", "RunFailed", "classify")
        app.do("question_mark", "see:Help", "escape", "escape", "see:✗ LOST", "see:run-3")
        folder.chmod(0o700)
        app.until_seen("can be read again", "live")
        app.do("enter", "see:RunFailed")
