"""The real program in a terminal of our own, read through a terminal emulator."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
LEFT_ON = ("\x1b[?1049h", "\x1b[?1000h", "\x1b[?25l")
"""Alternate screen, mouse reports, hidden cursor: what the app switches on."""
SWITCHED_BACK = ("\x1b[?1049l", "\x1b[?1000l", "\x1b[?25h")


class Terminal:
    """A program and the terminal that it runs in."""

    def __init__(self, *arguments: str, env: Mapping[str, str], size: tuple[int, int]) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.output = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            paths = os.pathsep.join(str(ROOT / name) for name in ("runtime", "backends", "tui"))
            os.execve(
                sys.executable,
                [sys.executable, "-m", "flopod_tui", *arguments],
                {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "TERM": "xterm-256color", **env},
            )
        lines = struct.pack("HHHH", size[1], size[0], 0, 0)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, lines)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def read(self, seconds: float) -> bool:
        """Take in what the program writes; False: it writes no more."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.output += data
        self.stream.feed(data)
        return bool(data)

    def until(self, holds: Callable[[], bool]) -> None:
        """Read until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"never came to hold; on the screen:\n{self.text}"
            self.read(0.05)

    def until_seen(self, text: str) -> None:
        """Read until a text stands on the screen."""
        self.until(lambda: text in self.text)

    def quiet(self) -> None:
        """Read until nothing more comes for a moment."""
        size = -1
        while size != len(self.output):
            size = len(self.output)
            self.read(0.4)

    def send(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def ended(self) -> int:
        """Read to the end; return the exit code."""
        while self.read(PATIENCE):
            pass
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def restored(self) -> bool:
        """Say whether everything that was switched on is switched back."""
        shown = self.output.decode(errors="replace")
        pairs = zip(LEFT_ON, SWITCHED_BACK, strict=True)
        return all(shown.rfind(on) < shown.rfind(back) for on, back in pairs)
