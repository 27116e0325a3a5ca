"""The real program in a terminal of our own, read through a terminal emulator.

It counts what the program sends and the CPU that it takes, tells it what a modern terminal tells
(it knows synchronized output), changes its size, and can stop reading: the slow end of a line.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyte
from pyte.screens import Char
from rich.cells import cell_len

ROOT = Path(__file__).parents[2]
SOURCES = os.pathsep.join(str(ROOT / name) for name in ("runtime", "backends", "tui"))
PATIENCE = 20.0
LEFT_ON = ("\x1b[?1049h", "\x1b[?1000h", "\x1b[?25l")
"""Alternate screen, mouse reports, hidden cursor: what the app switches on."""
SWITCHED_BACK = ("\x1b[?1049l", "\x1b[?1000l", "\x1b[?25h")
ASKED, ANSWERED = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
"""Do you know synchronized output? Yes."""
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~",
    "f1": "\x1bOP",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f10": "\x1b[21~",
    "slash": "/",
    "colon": ":",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
    "exclamation_mark": "!",
    "minus": "-",
    "equals_sign": "=",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
}
"""What a terminal sends for a key that Textual calls so."""


def typed(key: str) -> str:
    """Return what a terminal sends for a key."""
    if key.startswith("ctrl+"):
        return chr(ord(key[-1]) & 0x1F)
    return KEYS.get(key, key)


def line_of(screen: pyte.Screen, y: int) -> str:
    """Return a line; what is left of a wide character when its other half is overwritten is blank.

    So terminals show it; pyte's own `display` stumbles over it between two writes of the app.
    """
    cells = [screen.buffer[y][x].data for x in range(screen.columns)]
    befores = ["", *cells]
    return "".join(
        cell or ("" if cell_len(before[:1]) == 2 else " ")
        for cell, before in zip(cells, befores, strict=False)
    )


class Terminal:
    """A program and the terminal that it runs in."""

    def __init__(
        self,
        *arguments: str,
        env: Mapping[str, str],
        size: tuple[int, int],
        program: Sequence[str] = ("-m", "flopod_tui"),
        ignored: Iterable[signal.Signals] = (),
    ) -> None:
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.output = b""
        self.before: list[int] = []
        """How the terminal was set before the program came."""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            self._become(program, arguments, env, size, ignored)
        self.modes = termios.tcgetattr(self.master)[:4]
        self.resize(*size, tell=False)

    @staticmethod
    def _become(
        program: Sequence[str],
        arguments: Sequence[str],
        env: Mapping[str, str],
        size: tuple[int, int],
        ignored: Iterable[signal.Signals],
    ) -> None:
        _set_size(0, *size)
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        basic = {"PATH": os.environ["PATH"], "PYTHONPATH": SOURCES, "TERM": "xterm-256color"}
        os.execve(sys.executable, [sys.executable, *program, *arguments], {**basic, **env})

    # What it shows

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line_of(self.screen, y).rstrip() for y in range(self.screen.lines))

    def cells(self) -> list[Char]:
        """Return every cell that was written to."""
        return [cell for row in self.screen.buffer.values() for cell in row.values()]

    def unreadable(self) -> list[Char]:
        """Return the cells whose text has the colour of their ground."""
        drawn = [cell for cell in self.cells() if cell.data.strip()]
        return [cell for cell in drawn if cell.fg == cell.bg and cell.fg != "default"]

    def read(self, seconds: float) -> bool:
        """Take in what the program writes; False: it writes no more."""
        if not self.ready(seconds):
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.take(data)
        return bool(data)

    def ready(self, seconds: float) -> bool:
        """Wait until there is something to read; say whether there is."""
        return bool(select.select([self.master], [], [], seconds)[0])

    def take(self, data: bytes) -> None:
        """Draw what the program wrote."""
        if ASKED in self.output[-len(ASKED) :] + data:
            os.write(self.master, ANSWERED)
        self.output += data
        self.stream.feed(data)

    def until(self, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Read until what is shown is such."""
        end = time.monotonic() + patience
        while not holds():
            size = len(self.output)
            # To look at a screen costs much: again only when there is news.
            while size == len(self.output):
                there = self.read(0.05) and time.monotonic() < end
                assert there, f"never came to hold; on the screen:\n{self.text}"

    def until_seen(self, *texts: str) -> None:
        """Read until these texts stand on the screen."""

        def all_there() -> bool:
            shown = self.text
            return all(text in shown for text in texts)

        self.until(all_there)

    def until_gone(self, text: str) -> None:
        """Read until a text no longer stands on the screen."""
        self.until(lambda: text not in self.text)

    def quiet(self, seconds: float = 0.4) -> None:
        """Read until nothing more comes for a moment."""
        size = -1
        while size != len(self.output):
            size = len(self.output)
            self.read(seconds)

    def listen(self, seconds: float) -> int:
        """Read for so long; return how many bytes came."""
        before, end = len(self.output), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)
        return len(self.output) - before

    # What is done to it

    def send(self, keys: str) -> None:
        """Type."""
        os.write(self.master, keys.encode())

    def do(self, *steps: str) -> None:
        """Press keys by their names; `see:text` is waited for."""
        for step in steps:
            if step.startswith("see:"):
                self.until_seen(step[4:])
                continue
            for key in step.split():
                self.send(typed(key))
                self.read(0.02)
                if key == "escape":  # alone, and not the beginning of the next key
                    self.quiet(0.15)

    def resize(self, columns: int, lines: int, *, tell: bool = True) -> None:
        """Change the size of the window."""
        _set_size(self.master, columns, lines)
        self.screen.resize(lines, columns)
        if tell:
            os.kill(self.pid, signal.SIGWINCH)

    # What it costs, and how it ends

    def spent(self) -> float:
        """Return the seconds of CPU that the program has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def memory(self) -> float:
        """Return the most memory that the program has held, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1000

    def ended(self) -> int:
        """Read to the end; return the exit code."""
        while self.read(PATIENCE):
            pass
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def restored(self) -> bool:
        """Say whether everything that was switched on is switched back, echo and all."""
        shown = self.output.decode(errors="replace")
        pairs = zip(LEFT_ON, SWITCHED_BACK, strict=True)
        return all(shown.rfind(on) < shown.rfind(back) for on, back in pairs)


def _set_size(terminal: int, columns: int, lines: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
