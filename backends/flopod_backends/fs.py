"""The few system calls that the file store makes, behind a seam that tests can replace.

An open log is locked by its descriptor, which a forked child would share: the child closes what it
inherits, so that a run is never held by a program that knows nothing of it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from flopod.errors import BackendError

PATIENCE = 30.0
"""Seconds after which a lock is no longer waited for."""
_PAUSE = 0.002
_COMMON = os.O_CLOEXEC | os.O_NOFOLLOW
_ROOM = "make room and go on; what is recorded is kept"
_NEXT = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "raise the limit for the size of files and go on; what is recorded is kept",
    errno.EIO: "see what the system says of this disk; what is recorded is kept",
    errno.EROFS: "make it writable, or name another store",
    errno.EACCES: "use it as its owner, or name another store",
    errno.EPERM: "use it as its owner, or name another store",
    errno.EMFILE: "raise the limit for open files",
    errno.ENFILE: "raise the limit for open files",
    errno.ELOOP: "it is a link, and none is followed; put the file in its place",
    errno.ENOENT: "the folder of the store is gone; put it back, or name another store",
    errno.EISDIR: "it is a directory; move it away",
}
"""What to do about an error of the system."""
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a pipe",
    stat.S_IFLNK: "a link",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


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
        """Open a file for reading and appending, made if it is not there.

        Raises:
            BackendError: what is there is no file.
        """
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | _COMMON, 0o600)
        if kind := no_file(os.fstat(fd)):
            os.close(fd)
            raise BackendError(f"{path} is {kind} and no file; move it away")
        _inherited.add(fd)
        return fd

    def create(self, path: Path) -> int:
        """Make an empty file and open it as a log is opened."""
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC | _COMMON, 0o600)
        _inherited.add(fd)
        return fd

    def close(self, fd: int) -> None:
        """Close a file, which gives up its lock too."""
        _inherited.discard(fd)
        os.close(fd)

    def write(self, fd: int, data: memoryview) -> int:
        """Write what can be written; return how much that was."""
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        """Wait until what was written is on the disk, and how long the file is."""
        os.fdatasync(fd)

    def fsync_folder(self, path: Path) -> None:
        """Wait until the names in a folder are on the disk."""
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file."""
        os.ftruncate(fd, size)

    def distrust(self, fd: int) -> None:
        """Say that a write or sync of a file failed: programs may see what no disk holds.

        It is told by a bit of the file's mode, which needs no room on a full disk, is seen by every
        program, and goes with the file.
        """
        os.fchmod(fd, 0o600 | stat.S_ISVTX)

    def is_trusted(self, fd: int) -> bool:
        """Return whether nobody said so."""
        return not os.fstat(fd).st_mode & stat.S_ISVTX

    def read_from(self, fd: int, offset: int) -> bytes:
        """Return a file's content from `offset` on."""
        chunks = []
        while chunk := os.pread(fd, 1 << 24, offset):
            chunks.append(chunk)
            offset += len(chunk)
        return b"".join(chunks)

    def read(
        self, path: Path, offset: int = 0, size: int | None = None
    ) -> tuple[Key, bytes] | None:
        """Return a file's key and (`size` bytes of) its content from `offset` on; None: no file."""
        try:
            # A pipe put in the place of a file must not make us wait for its other end.
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | _COMMON)
        except FileNotFoundError:
            return None
        try:
            data = self.read_from(fd, offset) if size is None else os.pread(fd, size, offset)
            return Key.of(os.fstat(fd)), data
        finally:
            os.close(fd)

    def key(self, file: int | str | Path) -> Key | None:
        """Return the key of a file, open or not; None when it is not there, or no file."""
        try:
            found = os.fstat(file) if isinstance(file, int) else os.lstat(file)
        except FileNotFoundError:
            return None
        return Key.of(found) if stat.S_ISREG(found.st_mode) else None

    def keys(self, folder: Path) -> dict[str, Key]:
        """Return the keys of the regular files in a folder, by name."""
        with os.scandir(folder) as entries:
            return {name: key for entry in entries for name, key in _key(entry)}

    def replace(self, path: Path, data: bytes, beside: Path, durable: bool = False) -> None:
        """Put a file in the place of another, whole or not at all; `beside` is its first name.

        `durable`: wait until it is on the disk.
        """
        fd = self.create(beside)
        try:
            try:
                write_all(self, fd, data)
                if durable:
                    self.fsync(fd)
            finally:
                self.close(fd)
            self.rename(beside, path)
        except OSError:
            # A full disk needs the room.
            with suppress(OSError):
                self.remove(beside)
            raise
        if durable:
            self.fsync_folder(path.parent)

    def rename(self, path: Path, to: Path) -> None:
        """Give a file another name, in the place of whatever has that name."""
        os.replace(path, to)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)

    def link(self, path: Path, to: str) -> bool:
        """Make a link, at once and whole; tells whether it was made: the name may be taken."""
        try:
            os.symlink(to, path)
        except FileExistsError:
            return False
        return True

    def linked(self, path: Path) -> str | None:
        """Return where a link leads to; None: there is no such link."""
        try:
            return os.readlink(path)
        except OSError:
            return None

    def is_folder(self, path: Path) -> bool | None:
        """Return whether this is a folder; None: there is nothing."""
        return path.is_dir() if path.exists() else None

    def make_folder(self, path: Path) -> bool:
        """Make a folder that only its owner can enter; tells whether it was not there."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            return False
        return True

    def lock(self, fd: int, name: object) -> None:
        """Wait for the exclusive lock of an open file.

        Raises:
            BackendError: another program held it for too long.
        """
        given_up = time.monotonic() + PATIENCE
        while not self.try_lock(fd):
            if time.monotonic() > given_up:
                raise BackendError(
                    f"{name} has been locked by another program for {PATIENCE:.0f} s; stop that one"
                )
            time.sleep(_PAUSE)

    def try_lock(self, fd: int) -> bool:
        """Take the exclusive lock of an open file, if nobody else has it."""
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(self, fd: int) -> None:
        """Give up the lock of an open file."""
        fcntl.flock(fd, fcntl.LOCK_UN)


def write_all(fs: FileSystem, fd: int, data: bytes) -> None:
    """Write all of it.

    Raises:
        OSError: it cannot be written, or only a part of it.
    """
    view = memoryview(data)
    while view:
        written = fs.write(fd, view)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


def no_file(found: os.stat_result) -> str:
    """Return what this is instead of a regular file; empty: it is one."""
    kind = stat.S_IFMT(found.st_mode)
    return "" if kind == stat.S_IFREG else _KINDS.get(kind, "something else")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tell an error of the system as one line that names the file."""
    try:
        yield
    except OSError as error:
        raise in_one_line(path, error) from error


def in_one_line(path: Path, error: OSError) -> BackendError:
    """Return an error of the system as one line that says what to do."""
    text = f"{error.filename or path}: {error.strerror or error}"
    hint = _NEXT.get(error.errno or 0)
    return BackendError(f"{text}; {hint}" if hint else text)


def _key(entry: os.DirEntry[str]) -> Iterator[tuple[str, Key]]:
    try:
        if entry.is_file(follow_symlinks=False):
            yield entry.name, Key.of(entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return


_inherited: set[int] = set()
"""What a forked child would hold without knowing it."""


def _let_go() -> None:
    for fd in _inherited:
        with suppress(OSError):
            os.close(fd)
    _inherited.clear()


os.register_at_fork(after_in_child=_let_go)
