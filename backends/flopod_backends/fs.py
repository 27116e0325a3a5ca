"""The few system calls that the file store makes, behind a seam that tests can replace."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flopod.errors import BackendError

PATIENCE = 30.0
"""Seconds after which a lock is no longer waited for."""
_PAUSE = 0.002
_COMMON = os.O_CLOEXEC | os.O_NOFOLLOW


class Key(NamedTuple):
    """Tells whether a file is still as it was seen."""

    inode: int
    size: int
    mtime: int

    @classmethod
    def of(cls, stat: os.stat_result) -> Key:
        """Return the key of a file with this `stat`."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)


class FileSystem:
    """The real one."""

    def open_log(self, path: Path) -> int:
        """Open a file for reading and appending, made if it is not there."""
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _COMMON, 0o600)

    def close(self, fd: int) -> None:
        """Close a file, which gives up its lock too."""
        os.close(fd)

    def write(self, fd: int, data: memoryview) -> int:
        """Write what can be written; return how much that was."""
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        """Wait until what was written is on the disk."""
        os.fsync(fd)

    def fsync_folder(self, path: Path) -> None:
        """Wait until the names in a folder are on the disk."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.fsync(fd)
        finally:
            os.close(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file."""
        os.ftruncate(fd, size)

    def read_from(self, fd: int, offset: int) -> bytes:
        """Return a file's content from `offset` on."""
        chunks = []
        while chunk := os.pread(fd, 1 << 24, offset):
            chunks.append(chunk)
            offset += len(chunk)
        return b"".join(chunks)

    def read(self, path: Path, offset: int = 0) -> tuple[Key, bytes] | None:
        """Return a file's key and content from `offset` on; None when it is not there."""
        try:
            # A pipe put in the place of a file must not make us wait for its other end.
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _COMMON)
        except FileNotFoundError:
            return None
        try:
            data = self.read_from(fd, offset)
            return Key.of(os.fstat(fd)), data
        finally:
            os.close(fd)

    def key(self, file: int | Path) -> Key | None:
        """Return the key of a file, open or not; None when it is not there."""
        try:
            return Key.of(os.stat(file))
        except FileNotFoundError:
            return None

    def keys(self, folder: Path) -> dict[str, Key]:
        """Return the keys of the regular files in a folder, by name."""
        with os.scandir(folder) as entries:
            return {name: key for entry in entries for name, key in _key(entry)}

    def replace(self, path: Path, data: bytes, beside: Path) -> None:
        """Put a file in the place of another, whole or not at all; `beside` is its first name."""
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _COMMON, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[self.write(fd, view) :]
        finally:
            os.close(fd)
        os.replace(beside, path)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        """Make a folder that only its owner can enter, if it is not there."""
        path.mkdir(mode=0o700, exist_ok=True)

    def lock(self, fd: int, name: object) -> None:
        """Wait for the exclusive lock of an open file.

        Raises:
            BackendError: another program held it for too long.
        """
        given_up = time.monotonic() + PATIENCE
        while True:
            try:
                return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > given_up:
                    raise BackendError(
                        f"{name} has been locked by another program for {PATIENCE:.0f} s; "
                        "stop that one"
                    ) from None
            time.sleep(_PAUSE)

    def unlock(self, fd: int) -> None:
        """Give up the lock of an open file."""
        fcntl.flock(fd, fcntl.LOCK_UN)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell an error of the system as one line that names the file."""
    try:
        yield
    except OSError as error:
        raise BackendError(f"{error.filename or path}: {error.strerror}") from error


def _key(entry: os.DirEntry[str]) -> Iterator[tuple[str, Key]]:
    try:
        if entry.is_file(follow_symlinks=False):
            yield entry.name, Key.of(entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return
