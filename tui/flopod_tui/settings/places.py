"""Where this program keeps what is a person's own: settings, state, the copied text.

Never in the data directory, which may be shared or read-only.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import platformdirs

NAME = "flopod"


def settings_file() -> Path:
    """Return where the settings are read from."""
    return platformdirs.user_config_path(NAME, False) / "tui.toml"


def state_file() -> Path:
    """Return where the app remembers what it is to remember."""
    return platformdirs.user_state_path(NAME, False) / "tui.json"


def clip_file() -> Path:
    """Return where the last copied text is kept: in memory, if the system has a place for that."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(runtime) / NAME if runtime else state_file().parent
    return folder / "clip.txt"


def short(file: Path) -> str:
    """Return a path for people, the home directory as `~`."""
    home = str(Path.home())
    return f"~{str(file)[len(home) :]}" if str(file).startswith(f"{home}/") else str(file)


def write_private(file: Path, text: str) -> None:
    """Replace a file, whole or not at all, by one that only this user can read.

    Raises:
        OSError: it can't be written.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as output:
            output.write(text)
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise


@contextmanager
def alone(folder: Path, patience: float = 0.2) -> Iterator[None]:
    """Keep other apps from changing the files of a folder, as long as that takes no time.

    The lock is the folder's own: it leaves no file behind, and ends with its program, however that
    ends. Where it cannot be had, one goes on without: an app must not wait for another's sake.
    """
    fd = None
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        end = monotonic() + patience
        while fd is not None and not _locked(fd) and monotonic() < end:
            sleep(patience / 40)
        yield
    finally:
        if fd is not None:
            os.close(fd)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks
    return True


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet, and that only this user can read.

    Raises:
        OSError: it can't be written, or is there already.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(file, flags, 0o600), "w", encoding="utf-8") as output:
        output.write(text)
