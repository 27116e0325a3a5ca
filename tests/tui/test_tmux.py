"""The real demo in a real tmux, from the first start to the end, wide and narrow at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tui.flow import first_day
from tui.opening import NORMAL, WIDE, some_runs
from tui.terminal import SOURCES
from tui.tmux import Tmux, needs_tmux

pytestmark = needs_tmux


def play(folder: Path, size: tuple[int, int]) -> list[str]:
    """Have a first day in a window of this size; return what stands on the screen after each part.

    The last is what the shell shows when the app is left.
    """
    folder.mkdir()
    shown = []
    with Tmux(folder, str(size[0]), size) as tmux:
        tmux.open("demo", TMPDIR=str(folder))
        for steps in first_day(folder / "later"):
            tmux.do(*steps)
            shown.append(tmux.text)
        shown.append(tmux.until_seen("the worker of the demo has ended"))
    return shown


def test_a_first_day_wide_and_narrow(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        days = [pool.submit(play, tmp_path / str(size[0]), size) for size in (WIDE, NORMAL)]
    for day, (columns, _) in zip(days, (WIDE, NORMAL), strict=True):
        shown = day.result()
        assert "AT seq" not in shown[3]
        assert all(len(line) <= columns for screen in shown for line in screen.split("\n"))
        assert stands(tmp_path / str(columns)) == "ok"


def stands(folder: Path) -> str:
    """Return how the run that was started, failed, retried and approved stands in its store."""
    (demo,) = (path for path in folder.iterdir() if path.name.startswith("flopod-demo-"))
    words = [sys.executable, "-m", "flopod_tui", "runs", "--json"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "FLOPOD_DATA_DIR": str(demo)}
    done = subprocess.run(words, env=env, capture_output=True, check=True, timeout=30)
    known = ("missing-files", "disk", "flopod-itself", "standard-library")
    (run,) = (run for run in json.loads(done.stdout) if run["run_id"] not in known)
    return str(run["status"])


@pytest.mark.skipif(not shutil.which("bash"), reason="needs a shell that stops its jobs")
def test_suspended_and_back_it_draws_itself_again(tmp_path: Path) -> None:
    some_runs(tmp_path)
    with Tmux(tmp_path, "suspend", NORMAL) as tmux:
        env = f"PYTHONPATH={SOURCES} HOME={tmp_path} FLOPOD_DATA_DIR={tmp_path}"
        tmux.run("respawn-pane", "-k", f"env {env} PS1='$ ' bash --norc -i")
        tmux.do(f"text:{sys.executable} -m flopod_tui --no-worker", "enter", "see:All 42")
        tmux.do("ctrl+z", "see:Stopped")
        assert "All 42" not in tmux.text
        tmux.do("text:fg", "enter", "see:All 42", "see:RUN ", "question_mark", "see:Help")
