"""A text in the editor of one's choice: by way of a file that only this user can read."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

LONGEST = 2_000_000
"""Bytes of a file that a form takes; a longer one is for a shell, as `@FILE`."""


class EditorError(Exception):
    """There is no editor, or it gave nothing back."""


def editor_of(environment: Mapping[str, str]) -> list[str]:
    """Return the editor's command.

    Raises:
        EditorError: none is named.
    """
    for name in ("VISUAL", "EDITOR"):
        if words := shlex.split(environment.get(name, "")):
            return words
    raise EditorError("no editor is named: set VISUAL or EDITOR")


def edited(text: str, command: list[str]) -> str:
    """Return the text as the editor left it; waits until it ends.

    Raises:
        EditorError: it can't be run, or it failed: the text stays what it was.
    """
    with tempfile.TemporaryDirectory(prefix="flopod-") as folder:
        file = Path(folder) / "value.json"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        try:
            code = subprocess.run([*command, str(file)], check=False).returncode
        except OSError as error:
            raise EditorError(f"{command[0]}: {error.strerror}; nothing was taken") from None
        if code:
            raise EditorError(f"{command[0]} ended with {code}; nothing was taken")
        return content_of(file)


def content_of(name: str | Path) -> str:
    """Return the text of a file; `~` stands for the home directory.

    Raises:
        EditorError: it is no text, too long, or cannot be read.
    """
    file = Path(name).expanduser()
    try:
        with file.open("rb") as opened:
            data = opened.read(LONGEST + 1)
    except OSError as error:
        raise EditorError(f"{file}: {error.strerror}") from None
    if len(data) > LONGEST:
        raise EditorError(
            f"{file.name} has more than 2 MB: deliver or start it from a shell, @FILE"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise EditorError(f"{file.name} is not UTF-8 at byte {error.start + 1}") from None
