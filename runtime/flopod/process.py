"""This process as a worker: who it is, told so that no later process can be taken for it.

A pid is used again after a while, so a worker is known by its pid and the moment its process
started, as the kernel counts it since the boot that it also names.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from flopod.backend import LEASE_TIME, WorkerInfo, WorkflowInfo
from flopod.stored import utc_now


def this_process(
    concurrency: int = 0,
    workflows: Sequence[WorkflowInfo] = (),
    now: datetime | None = None,
) -> WorkerInfo:
    """Return this process as a worker of its own, with a new `worker_id` at every call."""
    since, host, pid = now or utc_now(), this_host(), os.getpid()
    return WorkerInfo(
        worker_id=f"{host}-{pid}-{os.urandom(4).hex()}",
        host=host,
        pid=pid,
        process_start=process_start(pid) or "",
        since=since,
        expires_at=since + LEASE_TIME,
        workflows=tuple(workflows),
        concurrency=concurrency,
    )


def this_host() -> str:
    """Return the name that this machine gives itself."""
    return socket.gethostname()


def process_start(pid: int) -> str | None:
    """Return what tells the process from a later one of its pid; empty where it can't be known.

    None: there is no such process, or it has ended and only waits for its parent to notice.
    """
    return _own_start(pid) if pid == os.getpid() else _start(pid)


@cache
def _own_start(pid: int) -> str | None:
    # Asked at each claim and each list, and slow to read for a process of many threads.
    return _start(pid)


# A child of a child may have the pid of an ancestor that is gone.
os.register_at_fork(after_in_child=_own_start.cache_clear)


def _start(pid: int) -> str | None:
    if not _has_proc():
        return "" if _exists(pid) else None
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name of the program, in brackets, may itself hold spaces and brackets.
    state, *fields = stat[stat.rindex(b")") + 2 :].split()
    return None if state in (b"Z", b"X") else f"{fields[18].decode()}@{_boot_id()}"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@cache
def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


@cache
def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
