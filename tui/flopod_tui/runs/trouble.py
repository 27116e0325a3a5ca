"""What is said where a store cannot be read: what was tried, whose it is, what to do next."""

from __future__ import annotations

import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path

from flopod_tui.text.format import safe
from flopod_tui.text.spans import Spans


def trouble_lines(url: str, error: str) -> list[Spans]:
    """Return the lines that stand in place of a list that could not be read."""
    place = _nearest(place_of(url))
    lines: list[Spans] = [[], [("   ✗ ", "error"), (safe(error, 500), "")]]
    if place is not None:
        lines.append([(f"     {_owned(place)}; you are {_who(os.geteuid())}", "quiet")])
    lines += [[(f"   Tried to list the runs of {safe(url, 300)}. Nothing was changed.", "")], []]
    lines.append([("   r", "key"), (" look again", ""), ("     it is tried every 2 s", "quiet")])
    lines.append([(f"   from a shell: {_command(url)}", "quiet")])
    return lines


def place_of(url: str) -> Path | None:
    """Return the file or directory of a store; None for one that has none."""
    scheme, _, place = url.partition("?")[0].partition(":")
    return Path(place) if scheme in ("sqlite", "file") and place else None


def _nearest(place: Path | None) -> Path | None:
    """Return the first of the place and the directories above it that can be looked at."""
    for one in (place, *place.parents) if place else ():
        with suppress(OSError):
            one.stat()
            return one
    return None


def _owned(place: Path) -> str:
    seen = place.stat()
    kind = "directory" if stat.S_ISDIR(seen.st_mode) else "file"
    mode = stat.S_IMODE(seen.st_mode)
    return f"{safe(str(place), 200)}: {kind}, owner {_name(seen.st_uid)}, mode {mode:04o}"


def _who(uid: int) -> str:
    return f"{_name(uid)} (uid {uid})"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"{uid}"


def _command(url: str) -> str:
    return f"flopod doctor --backend {safe(url, 300)}"
