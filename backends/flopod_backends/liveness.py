"""Whether a worker is alive: renewed in time, and, where that can be seen, its process is there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime

from flopod.backend import WorkerInfo
from flopod.process import process_start, this_host


def alive(info: WorkerInfo, now: datetime) -> bool:
    """Return whether the worker was renewed in time and its process, if on this host, exists."""
    return info.expires_at > now and present(info)


def present(info: WorkerInfo) -> bool:
    """Return whether the worker's process exists, as far as that can be seen from this host."""
    return info.host != this_host() or process_start(info.pid) == info.process_start


def same_process(info: WorkerInfo) -> bool:
    """Return whether the worker is one of this very process."""
    if (info.host, info.pid) != (this_host(), os.getpid()):
        return False
    return process_start(info.pid) == info.process_start


def living(infos: Iterable[WorkerInfo], now: datetime) -> dict[str, WorkerInfo]:
    """Return those of `infos` that are alive, by their id."""
    return {info.worker_id: info for info in infos if alive(info, now)}
