"""Where a SQLite store lies: made whole or not at all, and noticed when it is taken away.

SQLite goes on writing to its files when they were moved, replaced or deleted, though nobody will
find them again. So the place is looked at before each commit, which takes one quick call: as long
as nothing in the folder was made, renamed or deleted, its time stays the same.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias
from weakref import WeakSet

from flopod.errors import BackendError
from flopod_backends import sqlite_schema
from flopod_backends.mounts import refuse_network

_Key: TypeAlias = tuple[int, int]
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_READ_WRITE = os.R_OK | os.W_OK
_EFFECTIVE = os.access in os.supports_effective_ids
_TICK = 0.02
"""Seconds within which a file system may give two changes of a folder the same time; and how long
we may take to notice that the whole folder was moved away."""


class Place:
    """The files of one store."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = os.path.realpath(path)
        """Where it is, after links: SQLite has its other files beside this one."""
        self._folder = os.path.dirname(self.file)
        self._pid = os.getpid()
        self._keys: dict[str, _Key] = {}
        self._folder_fd = -1
        self._seen = 0
        """The folder's time when its files were seen to be the same, some ticks after it."""
        self._looked = 0.0
        self._kept: tuple[object, ...] = ()

    def prepare(self) -> None:
        """Make the store if there is nothing; refuse what can be seen to be none.

        Raises:
            BackendError: it is none, or cannot be made or written.
        """
        self._check_folder()
        try:
            found = os.stat(self.file)
        except FileNotFoundError:
            self._make()
        except OSError as error:
            raise BackendError(f"{self.path} cannot be opened: {error.strerror}") from error
        else:
            self._check_file(found)

    def opened(self, *kept: object) -> None:
        """Note that the store is open: its files must stay where they are from now on.

        Args:
            kept: never let go of in a child process that this one forks.
        """
        self._pid, self._seen, self._kept = os.getpid(), 0, kept
        self._folder_fd = os.open(self._folder, _FOLDER)
        names = (self.file, f"{self.file}-wal", f"{self.file}-shm")
        self._keys = {name: key for name in names if (key := _key(name))}
        _OPEN.add(self)

    def closed(self) -> None:
        """Note that it is not open any more."""
        self._kept = ()
        _OPEN.discard(self)
        if self._folder_fd >= 0:
            os.close(self._folder_fd)
            self._folder_fd = -1

    @property
    def foreign(self) -> bool:
        """It was opened by the process from which this one was forked."""
        return os.getpid() != self._pid

    def check_process(self) -> None:
        """Refuse to go on in another process than the one that opened the store.

        Raises:
            BackendError: this is another one.
        """
        if self.foreign:
            raise BackendError(
                f"{self.path} was opened by process {self._pid}, from which this one was forked, "
                "and only that one can use it; start this one anew (multiprocessing: 'spawn')"
            )

    def check(self) -> None:
        """Refuse to go on where the process or the files are not those that opened the store.

        Raises:
            BackendError: it is so.
        """
        self.check_process()
        changed, now = os.fstat(self._folder_fd).st_mtime_ns, time.time()
        if changed == self._seen and 0 <= now - self._looked < _TICK:
            return
        for name, key in self._keys.items():
            self._check_same(name, key)
        self._seen = changed if now - changed / 1e9 > _TICK else 0
        self._looked = now

    def _check_same(self, name: str, key: _Key) -> None:
        found = _key(name)
        if found == key:
            return
        what = "replaced by another file" if found else "deleted or moved away"
        raise BackendError(
            f"{name} was {what} while the store was open, nothing is written any more; "
            "put it back, or stop every program that has it open"
        )

    def _check_folder(self) -> None:
        if not os.path.isdir(self._folder):
            raise BackendError(f"{self._folder} is no directory; make it, or name another file")
        if os.statvfs(self._folder).f_flag & os.ST_RDONLY:
            raise BackendError(
                f"{self.path} is on a file system that is mounted read-only; name another file"
            )
        refuse_network(self.path)

    def _check_file(self, found: os.stat_result) -> None:
        if stat.S_ISDIR(found.st_mode):
            raise BackendError(f"{self.path} is a directory; name a file in it")
        if not stat.S_ISREG(found.st_mode):
            raise BackendError(f"{self.path} is no regular file; name another one")
        if not found.st_size:
            raise BackendError(
                f"{self.path} is an empty file, which no store is; "
                "put the store back, or delete the file to begin a new one"
            )
        places = (self.file, self._folder)
        if not all(os.access(it, _READ_WRITE, effective_ids=_EFFECTIVE) for it in places):
            raise BackendError(
                f"{self.path} cannot be written; check the permissions of the file and its folder"
            )
        if (found.st_dev, found.st_ino) in _INHERITED:
            raise BackendError(
                f"{self.path} was open in the process from which this one was forked, and only "
                "that one can use it; start this one anew (multiprocessing: 'spawn')"
            )

    def _make(self) -> None:
        left = f"{self.file}-wal"
        with suppress(FileNotFoundError):
            if os.stat(left).st_size:
                raise BackendError(
                    f"{self.path} is not there but {left} is, with what was written last; "
                    "put the store back beside it, or move that file away"
                )
        new = os.path.join(self._folder, f".{self.path.name}.{os.urandom(4).hex()}.new")
        try:
            self._put(new)
        except OSError as error:
            raise BackendError(
                f"{self.path} cannot be made: {error.strerror}; name another file, or see to that"
            ) from error
        finally:
            with suppress(OSError):
                os.unlink(new)

    def _put(self, new: str) -> None:
        data = sqlite_schema.empty()
        _write(new, data)
        try:
            os.link(new, self.file)
        except FileExistsError:
            return  # Another program made it meanwhile.
        except OSError:
            # A file system without links.
            _write(self.file, data)
        folder = os.open(self._folder, _FOLDER)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write(path: str, data: bytes) -> None:
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        # Whatever the umask; SQLite gives its other files the mode of this one.
        os.fchmod(fd, 0o600)
        file.write(data)
        file.flush()
        os.fsync(fd)


def _key(name: str) -> _Key | None:
    try:
        found = os.stat(name)
    except PermissionError as error:
        raise BackendError(
            f"{name} can no longer be looked at ({error.strerror}); check the permissions of its "
            "directory"
        ) from None
    except OSError:
        return None
    return found.st_dev, found.st_ino


_OPEN: WeakSet[Place] = WeakSet()
_INHERITED: dict[_Key, tuple[object, ...]] = {}
"""The stores that were open when this process was forked, and their connections: to close one of
them would let go of its parent's locks, or tidy up what its parent still uses."""


def _leave() -> None:
    for place in _OPEN:
        key = place._keys.get(place.file)
        if key:
            _INHERITED[key] = place._kept
    _OPEN.clear()


os.register_at_fork(after_in_child=_leave)
