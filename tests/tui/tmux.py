"""The real program in a real tmux, with a server and settings of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.terminal import SOURCES

PATIENCE = 30.0
NAMES = {
    "enter": "Enter",
    "escape": "Escape",
    "tab": "Tab",
    "space": "Space",
    "home": "Home",
    "end": "End",
    "pagedown": "PageDown",
    "up": "Up",
    "down": "Down",
    "comma": ",",
    "full_stop": ".",
    "question_mark": "?",
}
needs_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")


def named(key: str) -> str:
    """Return what tmux calls a key."""
    if key.startswith("ctrl+"):
        return f"C-{key[-1]}"
    return NAMES.get(key, key)


class Tmux:
    """One window of a tmux server that ends with the block."""

    def __init__(self, folder: Path, name: str, size: tuple[int, int]) -> None:
        self.folder, self.size = folder, size
        self.server = f"flopod-{os.getpid()}-{name}"

    def __enter__(self) -> Tmux:
        columns, lines = map(str, self.size)
        self.run("new-session", "-d", "-x", columns, "-y", lines, "cat")
        self.run("set", "-g", "remain-on-exit", "on")
        return self

    def __exit__(self, *error: object) -> None:
        self.run("kill-server")

    def run(self, *words: str) -> str:
        """Give tmux a command; return what it says."""
        command = ["tmux", "-L", self.server, "-f", os.devnull, *words]
        env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=20).stdout

    def open(self, *arguments: str, **env: str) -> None:
        """Start flopod in the window."""
        env = {"PYTHONPATH": SOURCES, "HOME": str(self.folder), **env}
        words = [f"{name}={value}" for name, value in env.items()]
        program = [sys.executable, "-m", "flopod_tui", *arguments]
        self.run("respawn-pane", "-k", shlex.join(["env", *words, *program]))

    def keys(self, *keys: str) -> None:
        """Press keys, by the names that tmux gives them."""
        self.run("send-keys", *keys)

    def do(self, *steps: str) -> None:
        """Press keys by the names that Textual gives them.

        `see:text` is waited for, `text:words` is typed, `pause:0.3` is what people do.
        """
        for step in steps:
            kind, _, rest = step.partition(":")
            if kind == "see":
                self.until_seen(rest)
            elif kind == "pause":
                time.sleep(float(rest))
            elif kind == "text":
                self.run("send-keys", "-l", rest)
            else:
                self.keys(*(named(key) for key in step.split()))

    @property
    def text(self) -> str:
        """What stands in the window."""
        return self.run("capture-pane", "-p")

    def until(self, holds: Callable[[str], bool]) -> str:
        """Wait until something holds of what stands in the window; return it."""
        end = time.monotonic() + PATIENCE
        while not holds(shown := self.text):
            assert time.monotonic() < end, f"never came to hold; in the window:\n{shown}"
            time.sleep(0.04)
        return shown

    def until_seen(self, *texts: str) -> str:
        """Wait until these texts stand there."""
        return self.until(lambda shown: all(text in shown for text in texts))
