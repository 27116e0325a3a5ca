"""What is left of a crash: a report in a private file, and one line that says where.

Textual would print every local variable, and those hold payloads. A plain traceback holds none.
"""

from __future__ import annotations

import os
import time
from pathlib import Path


def write_report(error: BaseException, directory: Path) -> Path:
    """Write the traceback to a new file that only this user can read; return where."""
    import traceback  # Here, as all that only a crash needs: it would delay every start.

    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{versions()}\n\n{''.join(traceback.format_exception(error))}")
    return path


def told(error: BaseException, directory: Path | None) -> str:
    """Write the report, if there is a place for it, and return the line for people."""
    what = f"flopod: the app ended on an error ({type(error).__name__}); the runs go on."
    try:
        return f"{what} Report: {write_report(error, directory)}" if directory else what
    except OSError as problem:
        return f"{what} No report could be written: {problem.strerror}"


def versions() -> str:
    """Return what this runs on, for a report."""
    import platform

    names = " ".join(f"{name} {_version(name)}" for name in ("flopod", "textual"))
    return f"{names} python {platform.python_version()} {platform.system()}"


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "from its sources"
