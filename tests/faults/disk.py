"""A disk in memory behind the file store's seam: it knows what is durable, and what a crash leaves.

What was written is at first only in the system's memory, where a killed program leaves it. A power
cut takes any part of that: of the bytes not synced yet some may be missing at the end, or be zeros
in whole blocks; of the names not synced yet each is kept or lost, whatever their order. A failed
sync drops the bytes it was to save from what any later sync would save, as Linux does: to try it
again is a broken promise in itself.
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterable, Iterator
from itertools import count, product
from pathlib import Path
from typing import TypeAlias

from faults.inode import Inode, Names, apply, in_folders, left_of, reachable, variants
from flopod_backends.fs import FileSystem, Key


class Crash(BaseException):
    """The program or the machine dies here."""


Fault: TypeAlias = Callable[[str], int | None]
"""Asked at each call, by its name: the number of an error, or None for none."""


class Disk(FileSystem):
    """The disk, and the system that programs reach it by."""

    def __init__(self, *there: Path) -> None:
        self._count = count(1)
        self._names: dict[Path, Inode] = {path: self._inode(False) for path in there}
        self._durable = dict(self._names)
        self._pending: list[Names] = []
        self._open: dict[int, Inode] = {}
        self._owners: dict[int, object] = {}
        self._locked: dict[Inode, int] = {}
        self._left = -1
        self.program: object = None
        """Which of several programs is at work."""
        self.dead = False
        self.calls = 0
        self.fault: Fault = lambda call: None
        self.at_call: Callable[[str], None] = lambda call: None
        self.dice = random.Random(0)
        self.shortens = False
        """Writes take only a part of what they are given."""

    # What a test does with it.

    def crash_after(self, calls: int) -> None:
        """Die at the call after so many."""
        self._left = calls

    def kill(self, program: object = None) -> None:
        """Forget a program, or all of them; the system goes on."""
        for fd in [fd for fd, owner in self._owners.items() if program in (None, owner)]:
            self._close(fd)
        self._left, self.dead, self.fault, self.shortens = -1, False, lambda call: None, False

    def cut_power(self, dice: random.Random) -> None:
        """Lose some of what was not synced."""
        for changes in self._pending:
            if dice.random() < 0.5:
                apply(self._durable, changes)
        for inode in {*self._durable.values(), *self._names.values()}:
            inode.durable = left_of(inode, dice)
        self._restart()

    def copy(self) -> Disk:
        """Return a disk with the same folders; no file is on this one yet."""
        disk = Disk()
        disk._names, disk._durable = dict(self._durable), dict(self._durable)
        disk._count = count(next(self._count))
        return disk

    def states(self, torn: Callable[[bytes], Iterable[int]]) -> Iterator[dict[Path, bytes]]:
        """Yield the files after each legal power cut; `torn`: where a write may end."""
        kept = list(product((False, True), repeat=len(self._pending)))
        for choice in kept:
            names = dict(self._durable)
            for changes, keep in zip(self._pending, choice, strict=True):
                if keep:
                    apply(names, changes)
            files = reachable(names)
            for data in product(*(variants(inode, torn) for inode in files.values())):
                yield dict(zip(files, data, strict=True))

    def file(self, path: Path) -> bytes | None:
        """Return what is in a file, as programs see it."""
        inode = self._names.get(path)
        return inode.data if inode else None

    def files(self, folder: Path) -> dict[str, bytes]:
        """Return what is in the files of a folder."""
        return {p.name: i.data for p, i in self._names.items() if p.parent == folder and i.is_file}

    def durable(self, folder: Path) -> dict[str, bytes]:
        """Return what is in the files of a folder whose names and bytes are all on the disk."""
        items = self._durable.items()
        return {p.name: i.durable for p, i in items if p.parent == folder and not i.pending}

    def put(self, path: Path, data: bytes, time: int = 0) -> None:
        """Lay a file there, durable, written at that time."""
        inode = self._names[path] = self._durable[path] = self._inode()
        inode.data = inode.durable = data
        inode.time = time

    # The seam.

    def open_log(self, path: Path) -> int:
        self._called("open_log")
        if path not in self._names:
            self._change(((path, self._inode()),))
        return self._opened(self._names[path])

    def create(self, path: Path) -> int:
        self._called("create")
        self._change(((path, self._inode()),))
        return self._opened(self._names[path])

    def close(self, fd: int) -> None:
        if self.dead:
            raise Crash
        self._close(fd)

    def write(self, fd: int, data: memoryview) -> int:
        if self.shortens:
            data = data[: 1 + self.dice.randrange(len(data))]
        try:
            self._called("write")
        except (Crash, OSError):
            # Even a killed program may have written a part, and so may one on a full disk.
            self._written(self._open[fd], bytes(data[: self.dice.randrange(len(data) + 1)]))
            raise
        self._written(self._open[fd], bytes(data))
        return len(data)

    def fsync(self, fd: int) -> None:
        inode = self._open[fd]
        assert not inode.spoiled, "a failed sync is tried again"
        try:
            self._called("fsync")
        except OSError:
            inode.durable = left_of(inode, self.dice)
            inode.pending = []
            inode.spoiled = True
            raise
        if inode.pending:
            inode.sync()

    def fsync_folder(self, path: Path) -> None:
        self._called("fsync_folder")
        for changes in [c for c in self._pending if any(p.parent == path for p, _ in c)]:
            apply(self._durable, changes)
            self._pending.remove(changes)

    def truncate(self, fd: int, size: int) -> None:
        self._called("truncate")
        inode = self._open[fd]
        inode.cut(size)
        inode.time = next(self._count)

    def distrust(self, fd: int) -> None:
        # It needs no room; where it fails for another reason, nobody can write any more.
        self._open[fd].trusted = False

    def is_trusted(self, fd: int) -> bool:
        self._called("is_trusted")
        return self._open[fd].trusted

    def read_from(self, fd: int, offset: int) -> bytes:
        self._called("read_from")
        return self._open[fd].data[offset:]

    def read(
        self, path: Path, offset: int = 0, size: int | None = None
    ) -> tuple[Key, bytes] | None:
        self._called("read")
        inode = self._names.get(path)
        return (inode.key, inode.data[offset:][:size]) if inode else None

    def key(self, file: int | str | Path) -> Key | None:
        self._called("key")
        path = Path(file) if isinstance(file, str) else file
        inode = self._open[path] if isinstance(path, int) else self._names.get(path)
        return inode.key if inode else None

    def keys(self, folder: Path) -> dict[str, Key]:
        self._called("keys")
        items = self._names.items()
        return {p.name: i.key for p, i in items if p.parent == folder and i.is_file}

    def rename(self, path: Path, to: Path) -> None:
        self._called("rename")
        self._change(((path, None), (to, self._names[path])))

    def remove(self, path: Path) -> None:
        self._called("remove")
        if path in self._names:
            self._change(((path, None),))

    def link(self, path: Path, to: str) -> bool:
        self._called("link")
        if path in self._names:
            return False
        inode = self._inode(False)
        inode.data = inode.durable = to.encode()
        self._change(((path, inode),))
        return True

    def linked(self, path: Path) -> str | None:
        self._called("linked")
        inode = self._names.get(path)
        return inode.data.decode() if inode else None

    def is_folder(self, path: Path) -> bool | None:
        self._called("is_folder")
        inode = self._names.get(path)
        return None if inode is None else not inode.is_file

    def make_folder(self, path: Path) -> bool:
        self._called("make_folder")
        if path in self._names:
            return False
        self._change(((path, self._inode(False)),))
        return True

    def lock(self, fd: int, name: object) -> None:
        self._called("lock")
        holder = self._locked.setdefault(self._open[fd], fd)
        assert holder == fd, f"{name} is locked for ever"

    def try_lock(self, fd: int) -> bool:
        self._called("try_lock")
        return self._locked.setdefault(self._open[fd], fd) == fd

    def unlock(self, fd: int) -> None:
        self._called("unlock")
        del self._locked[self._open[fd]]

    # What is behind.

    def _called(self, call: str) -> None:
        if self.dead:
            raise Crash
        self.at_call(call)
        self.calls += 1
        if self._left == 0:
            self.dead = True
            raise Crash
        self._left -= 1
        number = self.fault(call)
        if number:
            raise OSError(number, os.strerror(number))

    def _inode(self, is_file: bool = True) -> Inode:
        return Inode(next(self._count), is_file=is_file)

    def _opened(self, inode: Inode) -> int:
        fd = next(self._count)
        self._open[fd], self._owners[fd] = inode, self.program
        return fd

    def _close(self, fd: int) -> None:
        inode = self._open.pop(fd)
        del self._owners[fd]
        if self._locked.get(inode) == fd:
            del self._locked[inode]

    def _written(self, inode: Inode, data: bytes) -> None:
        inode.extend(data)
        inode.time = next(self._count)

    def _change(self, changes: Names) -> None:
        missing = [p for p, i in changes if i and p.parent not in self._names]
        if missing:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(missing[0]))
        apply(self._names, changes)
        self._pending.append(changes)

    def _restart(self) -> None:
        self._durable = in_folders(self._durable)
        self._names = dict(self._durable)
        for inode in self._names.values():
            inode.data, inode.pending = inode.durable, []
            inode.trusted, inode.spoiled = True, False
        self._pending = []
        self.kill()
