"""The terminal driver: Textual's, asking for clicks, the wheel and drags, and no other motion.

Mode 1003 reports every cell that the pointer crosses: over SSH a flood, and nothing here hovers.
"""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

MODES = (1000, 1002, 1006)
"""Buttons, motion while one is held, coordinates beyond 223."""


class QuietMouseDriver(LinuxDriver):
    """Draws on the terminal, and is told of no motion without a button."""

    def _enable_mouse_support(self) -> None:
        self._switch_mouse("h")

    def _disable_mouse_support(self) -> None:
        self._switch_mouse("l")

    def _switch_mouse(self, to: str) -> None:
        if self._mouse:
            self.write("".join(f"\x1b[?{mode}{to}" for mode in MODES))
            self.flush()
