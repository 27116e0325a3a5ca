"""A line that is cut, or a terminal that reads no more: the app ends or waits, the runs go on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tui import stalls
from tui.opening import opened, some_runs

STALL = 3.0
"""Seconds for which nobody reads the screen; `make soak` has longer ones."""


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)], ids=["hup", "hup ignored"])
def test_an_app_without_a_terminal_is_gone_within_seconds(
    tmp_path: Path, ignored: tuple[signal.Signals, ...]
) -> None:
    with opened(some_runs(tmp_path), ignored=ignored) as app:
        app.until_seen("done-00")
        os.close(app.master)
        app.master = os.open(os.devnull, os.O_RDONLY)
        end = time.monotonic() + 5
        while os.waitpid(app.pid, os.WNOHANG) == (0, 0):
            assert time.monotonic() < end, "the app goes on without a terminal"
            time.sleep(0.02)


def test_a_terminal_that_reads_no_more_stalls_no_run(tmp_path: Path) -> None:
    stalls.stall(tmp_path, STALL)
