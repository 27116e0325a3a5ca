"""A program whose children use a store and are killed: `python victim.py`, one job a line.

It loads everything once and forks for each job, so that a life costs milliseconds. A child writes
each thing that it was told is done to its account, a file that outlives it; a job that comes to
its end ends the child with code 0.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from typing import Any

from faults.failpoints import Fuse, arm
from flopod_backends import FileBackend, PostgresBackend, SqliteBackend

fuse = Fuse()
JOBS = {
    "work": "faults.jobs_work:work",
    "finish": "faults.jobs_work:finish",
    "spread": "faults.jobs_fan:spread",
    "gap": "faults.jobs_gap:gap",
    "deliver": "faults.jobs_deliver:deliver",
    "serve": "faults.jobs_deliver:serve",
    "resume": "faults.jobs_own:resume",
    "start": "faults.jobs_own:start",
    "hold": "faults.jobs_own:hold",
}
STORES = {"file": FileBackend, "postgresql": PostgresBackend, "sqlite": SqliteBackend}


class Account:
    """What a child says it has done, a line each; one `write` each, so a kill tears none."""

    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(self, *words: object) -> None:
        os.write(self._fd, (" ".join(map(str, words)) + "\n").encode())


def opened(url: str) -> FileBackend | PostgresBackend | SqliteBackend:
    """Return a new handle on the store."""
    kind, _, path = url.partition(":")
    if kind == "postgresql":
        return PostgresBackend(url)
    return FileBackend(path) if kind == "file" else SqliteBackend(path)


def _job(name: str) -> Callable[..., Coroutine[Any, Any, None]]:
    module, _, function = JOBS[name].partition(":")
    job: Callable[..., Coroutine[Any, Any, None]] = getattr(
        importlib.import_module(module), function
    )
    return job


def _live(job: str, url: str, account: str, point: str = "", nth: int = 1, **given: Any) -> None:
    if point:
        fuse.set(point, nth)
        kind = url.partition(":")[0]
        arm(fuse, STORES[kind], kind)
    asyncio.run(_job(job)(url, Account(account), **given))


def _forked(line: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(2, 1)
        _live(**json.loads(line))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def _bury(children: set[int]) -> None:
    """Say which children have ended, and how."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        children.discard(pid)
        _say("ended", pid, os.waitstatus_to_exitcode(status))


def main() -> None:
    for job in JOBS.values():
        importlib.import_module(job.partition(":")[0])
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    lines = sys.stdin.buffer.raw
    _say("ready")
    try:
        while True:
            ready, _, _ = select.select([lines, woken], [], [])
            if woken in ready:
                os.read(woken, 4096)
                _bury(children)
            if lines in ready:
                if not (line := lines.readline()):
                    return
                pid = _forked(line.decode())
                children.add(pid)
                _say("born", pid)
    finally:
        for pid in children:
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.modules["faults.victim"] = sys.modules["__main__"]
    main()
