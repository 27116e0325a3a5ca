"""Copying to where the user sits: through tmux, through the terminal (OSC 52), and into a file.

A terminal does not say whether it took the text, so nothing here claims that it has. The file is
always written: it is what remains when the terminal has no clipboard for us.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Any

from textual.app import App

from flopod_tui.settings.places import clip_file, short, write_private
from flopod_tui.text.format import size

LONGEST = 74_994
"""Encoded bytes that are sent to a terminal; longer texts are known to be dropped."""
TMUX = ("tmux", "load-buffer", "-w", "-")
PATIENCE = 1.0
"""Seconds for tmux to take a text."""


def copy(app: App[Any], text: str) -> str:
    """Copy a text, and return which way was used, for people."""
    text = text.encode(errors="backslashreplace").decode()
    session = getattr(app, "session", None)
    wanted = session.settings.clipboard if session is not None else "auto"
    told = _sent(app, text, wanted, os.environ)
    file = _kept(text)
    return "; ".join(one for one in (told, file) if one)


def _sent(app: App[Any], text: str, wanted: str, environ: Mapping[str, str]) -> str:
    """Send the text on, and return what is known of it."""
    if wanted == "file":
        return ""
    if wanted == "tmux" or (wanted == "auto" and environ.get("TMUX")):
        trouble = _to_tmux(text)
        if not trouble:
            return "copied to tmux"
        if wanted == "tmux":
            return trouble
    length = 4 * ((len(text.encode()) + 2) // 3)
    if length > LONGEST:
        return f"too long for the terminal ({size(length)} encoded, it takes {size(LONGEST)})"
    app.copy_to_clipboard(text)
    return "sent to the terminal"


def _to_tmux(text: str) -> str:
    """Hand the text to tmux; return why that failed, empty if it did not."""
    try:
        done = subprocess.run(
            TMUX, input=text.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = error.strerror if isinstance(error, OSError) else "it does not answer"
        return f"not copied to tmux ({reason})"
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        return f"not copied to tmux ({reason or f'exit code {done.returncode}'})"
    return ""


def _kept(text: str) -> str:
    """Keep the text in the file, and return where."""
    file = clip_file()
    try:
        write_private(file, text)
    except OSError as error:
        return f"not kept in {short(file)} ({error.strerror})"
    return f"kept in {short(file)}"
