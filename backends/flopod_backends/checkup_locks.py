"""Which files of a store another process keeps locked.

A shared lock is asked for and given back at once: that tells without the kernel's own list, which
not every system has. The list only adds who it is.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from flopod_backends.checkup_findings import Finding, Kind, Level

_SAMPLES = 10
_PAUSE = 0.02
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


def held(paths: Iterable[Path]) -> Iterator[Finding]:
    """Find the files that are locked whenever one looks, for a moment."""
    stuck = [path for path in paths if locked(path)]
    for _ in range(_SAMPLES):
        if not stuck:
            return
        time.sleep(_PAUSE)
        stuck = [path for path in stuck if locked(path)]
    for path in stuck:
        yield Finding(
            Level.WARNING,
            Kind.LOCKED,
            str(path),
            f"locked all the time by {_holder(path)}",
            "nobody else can write there until it goes on or ends",
        )


def locked(path: Path) -> bool:
    """Return whether somebody has the file locked right now."""
    try:
        fd = os.open(path, _FLAGS)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _holder(path: Path) -> str:
    try:
        seen = os.stat(path)
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return "another process"
    at = f"{os.major(seen.st_dev):02x}:{os.minor(seen.st_dev):02x}:{seen.st_ino}"
    # `1: FLOCK  ADVISORY  WRITE 1234 08:01:131 0 EOF`
    pids = [fields[4] for line in lines if at in (fields := line.split()) and "FLOCK" in fields]
    return f"process {pids[0]}{_described(pids[0])}" if pids else "another process"


def _described(pid: str) -> str:
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""
    return f" ({name}{', which is stopped' if state in 'Tt' else ''})"
