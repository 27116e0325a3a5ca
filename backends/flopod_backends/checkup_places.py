"""What can be wrong with files and folders as such: their kinds, modes and owners.

Nothing is opened here: a FIFO would keep us waiting, and to close a file of SQLite's would drop the
locks that this process has on it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from flopod_backends.checkup_findings import Finding, Kind, Level

OLD = 60.0
"""Seconds after which a file that was to be put in its place at once is left over."""
_OTHERS = 0o077
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def entries(folder: Path) -> dict[str, os.stat_result]:
    """Return what lies in a folder, links not followed; nothing if it is not there."""
    found = {}
    try:
        for name in sorted(os.listdir(folder)):
            try:
                found[name] = os.lstat(folder / name)
            except FileNotFoundError:
                continue
    except FileNotFoundError:
        return {}
    return found


def no_file(path: Path, seen: os.stat_result) -> str:
    """Return what this is instead of a file; empty if it is one."""
    kind = _KINDS.get(stat.S_IFMT(seen.st_mode), "")
    if stat.S_ISLNK(seen.st_mode):
        return f"{kind} to {os.readlink(path)[:200]}"
    return kind


def places(paths: Iterable[Path]) -> Iterator[Finding]:
    """Check the modes and owners of what is there; the first path is the store's own."""
    owner = None
    for path in paths:
        try:
            seen = os.lstat(path)
        except FileNotFoundError:
            continue
        owner = seen.st_uid if owner is None else owner
        yield from _mode(path, seen)
        if seen.st_uid != owner:
            yield Finding(
                Level.WARNING,
                Kind.OTHER_OWNER,
                str(path),
                f"belongs to user {seen.st_uid}, the store to user {owner}",
                "programs of the store's user may not be able to write it; chown it",
            )


def private(mode: int) -> int:
    """Return the mode that lets in the owner only."""
    return 0o700 if stat.S_ISDIR(mode) else 0o600


def _mode(path: Path, seen: os.stat_result) -> Iterator[Finding]:
    mode = stat.S_IMODE(seen.st_mode)
    if mode & _OTHERS and (stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode)):
        wanted = f"{private(seen.st_mode):04o}"
        yield Finding(
            Level.WARNING,
            Kind.LAX_MODE,
            str(path),
            f"other users of this machine have rights here (mode {mode:04o})",
            f"it should be {wanted}",
            mend=f"its mode is set to {wanted}",
        )
