"""Steps for executors: functions of a module's top level, which another process can load."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from flopod import NonRetryable

where: ContextVar[str] = ContextVar("where", default="outside")


def pid() -> int:
    return os.getpid()


def thread() -> str:
    return threading.current_thread().name


def told() -> str:
    return where.get()


def add(one: int, other: int) -> int:
    return one + other


def note(file: str) -> int:
    """Leave a line in a file; return how many there are."""
    with Path(file).open("a") as lines:
        lines.write("called\n")
    return len(Path(file).read_text().splitlines())


class Awkward(Exception):
    """One that pickle writes and cannot read again."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one}, {other}")


def fail() -> None:
    raise Awkward("no", "never")


def fail_for_good(file: str) -> None:
    note(file)
    raise NonRetryable("do not try again")


def leave() -> None:
    raise SystemExit("enough")


def unsendable() -> Any:
    return threading.Lock()


def die_once(file: str) -> str:
    """Kill the process at the first call."""
    if note(file) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def until_there(file: str) -> str:
    """Go on until there is such a file."""
    note(f"{file}.calls")
    while not Path(file).exists():
        time.sleep(0.005)
    return "there"
