"""The terminal driver: Textual's, sending only what changes, and never waiting for the terminal.

A terminal that takes no more gets no more frames, and a whole one when it reads again. The mouse
is asked for clicks, the wheel and drags only: mode 1003 reports every cell that the pointer
crosses, over SSH a flood, and nothing here hovers.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import IO, Any

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers.linux_driver import LinuxDriver

from flopod_tui.terminal.canvas import Canvas, is_frame
from flopod_tui.terminal.keyboard import Stop, listen
from flopod_tui.terminal.writer import HUNG_UP, Writer, watch_for_hangup
from flopod_tui.text.glyphs import FRAMES, PLAIN

ASCII = PLAIN | FRAMES
MODES = (1000, 1002, 1006)
"""Buttons, motion while one is held, coordinates beyond 223."""
BEHIND = 30_000
"""Characters under way at which frames are left out: a screen or two."""


class QuietMouseDriver(LinuxDriver):
    """Draws on the terminal, and is told of no motion without a button."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._canvas = Canvas()
        self._held = ""
        """The mark that a frame begins, until it is sure that there is one."""
        self._behind = False
        self._watched = False
        self._stop = self.exit_event = Stop()

    def run_input_thread(self) -> None:
        """Wait for keys and clicks, at rest."""
        listen(self.fileno, self._stop, self.process_message, debug=self._debug)

    @property
    def mouse(self) -> bool:
        """Whether the terminal reports the mouse to us; else it is the terminal's, to select."""
        return bool(self._mouse)

    @mouse.setter
    def mouse(self, wanted: bool) -> None:
        self._switch_mouse("l")
        self._mouse = wanted
        self._switch_mouse("h")

    def forget(self) -> None:
        """Send the next frame whole: something else may have drawn on the terminal."""
        self._canvas.forget()

    def start_application_mode(self) -> None:
        """Take the terminal, and forget what it shows whenever its size changes."""
        start: Callable[[], None] = super().start_application_mode
        start()
        if self._writer_thread is None:
            return
        loop = asyncio.get_running_loop()
        self._writer_thread.stop()
        self._writer_thread = Writer(self._output, lambda: _tell(loop, self._caught_up))
        self._writer_thread.start()
        if not self._watched and os.isatty(self.fileno):
            self._watched = True
            watch_for_hangup(self.fileno, lambda: _tell(loop, self._hung_up))
        self._forget_when_resized()

    def write(self, data: str) -> None:
        """Write to the terminal what it does not show yet."""
        if data == SYNC_START:
            self._held = data
        elif data == SYNC_END and self._held:
            self._held = ""
        elif self._is_behind() and is_frame(data):
            self._leave_out()
        else:
            plain = getattr(self._app, "plain_glyphs", False)
            data = data.translate(ASCII) if plain else data
            if needed := self._canvas.needed(data, self._terminal_size()):
                super().write(self._held + needed)
                self._held = ""

    def _terminal_size(self) -> tuple[int, int]:
        try:
            return os.get_terminal_size(self._output.fileno())
        except OSError:
            return self._get_terminal_size()

    def close(self) -> None:
        """Let the terminal go, also one that takes nothing any more."""
        super().close()
        writer = self._writer_thread
        if isinstance(writer, Writer) and writer.failed:
            if writer.is_alive():
                # It holds stderr for good: say the rest to nobody, and end without Python's care.
                sys.stderr = open(os.devnull, "w")  # noqa: SIM115
                atexit.register(os._exit, self._app.return_code or HUNG_UP)
                return
            _let_go_of(self._output)

    # A terminal that is slow, resized, or gone

    @property
    def _output(self) -> IO[str]:
        assert self._file is not None  # Without stderr there is no app.
        return self._file

    def _is_behind(self) -> bool:
        writer = self._writer_thread
        return isinstance(writer, Writer) and writer.under_way > BEHIND

    def _leave_out(self) -> None:
        self.forget()
        if not self._behind:
            self._behind = True
            session = getattr(self._app, "session", None)
            if session is not None:
                session.pace.held_up()

    def _caught_up(self) -> None:
        if self._behind:
            self._behind = False
            self._app.refresh(repaint=True, layout=True)

    def _hung_up(self) -> None:
        self._app.exit(return_code=HUNG_UP)

    def _forget_when_resized(self) -> None:
        resized = signal.getsignal(signal.SIGWINCH)

        def heed(number: int, frame: FrameType | None) -> None:
            self.forget()
            if callable(resized):
                resized(number, frame)

        signal.signal(signal.SIGWINCH, heed)

    def _enable_mouse_pixels(self) -> None:
        """Leave the mouse in cells: Textual would not switch pixels off again."""

    def _enable_mouse_support(self) -> None:
        self._switch_mouse("h")

    def _disable_mouse_support(self) -> None:
        self._switch_mouse("l")

    def _switch_mouse(self, to: str) -> None:
        if self._mouse:
            super().write("".join(f"\x1b[?{mode}{to}" for mode in MODES))
            self.flush()


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Have the loop call something; it may have ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


def _let_go_of(file: IO[str]) -> None:
    """Have what is still to be said to a terminal that is gone go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, file.fileno())
    os.close(nowhere)
