"""First paint: from the start of the program to the newest run on the screen, 100,000 stored.

The limit is an app of one widget, in the same round; both are told without the time that Python
itself takes to start.
"""

from __future__ import annotations

import asyncio
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ
from typing import Any

from listing import RUNS, fill
from rounds import medians

BARE_APP = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("painted")
Bare().run()
"""
NEWEST = f"run-{RUNS - 1:06}".encode()


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return milliseconds to the first paint of the run list."""
    path = scratch / "runs.db"
    asyncio.run(fill(path, RUNS))
    return {"runs": RUNS, **medians(_round(path) for _ in range(rounds))}


def _round(path: Path) -> dict[str, float]:
    app = [sys.executable, "-m", "flopod_tui", "--backend", f"sqlite:{path}", "tui", "--no-worker"]
    python = _until([sys.executable, "-c", "print('started')"], b"started")
    bare = _until([sys.executable, "-c", BARE_APP], b"painted")
    flopod = _until(app, NEWEST)
    return {
        "python_start_ms": python * 1e3,
        "bare_app_ms": (bare - python) * 1e3,
        "first_paint_ms": (flopod - python) * 1e3,
    }


def _until(command: Sequence[str], shown: bytes) -> float:
    """Return the seconds until the program has shown `shown` on a terminal of 120x36."""
    parent, child = pty.openpty()
    ioctl(child, TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, env=_env(), start_new_session=True
    )
    os.close(child)
    try:
        return _seen(parent, shown, start)
    finally:
        process.send_signal(signal.SIGTERM)
        _drain(parent)
        process.wait(10)
        os.close(parent)


def _env() -> dict[str, str]:
    roots = Path(__file__).resolve().parents[2]
    paths = os.pathsep.join(str(roots / name) for name in ("runtime", "backends", "tui"))
    return {**os.environ, "PYTHONPATH": paths, "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def _seen(terminal: int, shown: bytes, start: float) -> float:
    screen = b""
    while shown not in screen:
        ready, _, _ = select.select([terminal], [], [], 20)
        if not ready:
            raise RuntimeError(f"{shown!r} was never shown; the last output: {screen[-300:]!r}")
        screen += os.read(terminal, 65536)
    return time.perf_counter() - start


def _drain(terminal: int) -> None:
    """Read what the program still says, so that it can end."""
    while select.select([terminal], [], [], 0.5)[0]:
        try:
            if not os.read(terminal, 65536):
                return
        except OSError:  # the other end is closed
            return
