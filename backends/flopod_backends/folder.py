"""The folder of a file store: what lies where, and small files read only when they changed."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from flopod.errors import BackendError
from flopod_backends.fs import FileSystem, Key, told

T = TypeVar("T")
LOG = ".jsonl"
SIDECAR = ".summary.json"
_OLD = 3600 * 10**9


class Folder:
    """Where everything of a store lies."""

    def __init__(self, root: Path, fs: FileSystem, parents: bool = False) -> None:
        """Take the folder `root`; `parents`: those above it are made too."""
        self.root = root
        self._parents = parents
        self.fs = fs
        self.events = root / "events"
        self.trash = root / "trash"
        self._names = root / "names"
        self._lock = root / "lock"
        self._tmp = root / "tmp"
        self._rooms = (
            self.events,
            self.trash,
            self._names,
            self._tmp,
            root / "leases",
            root / "workers",
        )
        self._above_made: list[Path] = []

    def prepare(self) -> None:
        """Make what is missing.

        Raises:
            BackendError: it cannot be made.
        """
        if not self._parents and not self.fs.is_folder(self.root.parent):
            raise BackendError(f"{self.root.parent} is no directory; make it, or name another one")
        if self.fs.is_folder(self.root) is False:
            raise BackendError(f"{self.root} is no directory; name another one")
        with told(self.root):
            above = self._above() if self._parents else ()
            for path in (*above, self.root, *self._rooms):
                self._make(path)
            self._above_made = [path.parent for path in above]
            self._sweep()

    def _make(self, path: Path) -> None:
        try:
            self.fs.make_folder(path)
        except OSError:
            # What cannot be written to can be read all the same, if it is a store already.
            if not self.fs.is_folder(self.events):
                raise

    def settle(self) -> None:
        """Wait until the folders are on the disk, whoever made them: before the first append."""
        with told(self.root):
            for path in (*self._above_made, self.root.parent, self.root):
                # A folder of others, which we may enter but not read, is theirs to keep.
                with suppress(PermissionError):
                    self.fs.fsync_folder(path)

    def _above(self) -> list[Path]:
        return [path for path in reversed(self.root.parents) if self.fs.is_folder(path) is None]

    def _sweep(self) -> None:
        # What a killed program was about to put in its place.
        old = time.time_ns() - _OLD
        for name, key in self.fs.keys(self._tmp).items():
            if key.mtime < old:
                self.fs.remove(self._tmp / name)

    def log(self, run_id: str) -> Path:
        """Return where the log of a run lies."""
        return self.events / f"{run_id}{LOG}"

    def sidecar(self, run_id: str) -> Path:
        """Return where the summary of a run lies."""
        return self.events / f"{run_id}{SIDECAR}"

    def beside(self) -> Path:
        """Return a name for a file that is to be put in its place later."""
        return self._tmp / f"{os.getpid()}-{secrets.token_hex(4)}"

    def replace(self, path: Path, data: bytes, durable: bool = False) -> None:
        """Put a file in the place of another, whole or not at all."""
        self.fs.replace(path, data, self.beside(), durable)

    def named(self, run_id: str) -> str:
        """Give a run its id for itself; return which run has it, whatever the case of its letters.

        The links tell that without a look at all the other logs.
        """
        name = self._names / run_id.casefold()
        if self.fs.link(name, f"../events/{run_id}{LOG}"):
            return run_id
        to = self.fs.linked(name)
        return Path(to).name.removesuffix(LOG) if to else run_id

    def unname(self, run_id: str) -> None:
        """Let another run have this id."""
        name = self._names / run_id.casefold()
        if self.fs.linked(name) == f"../events/{run_id}{LOG}":
            self.fs.remove(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other program from changing leases and workers."""
        with told(self._lock):
            fd = self.fs.open_log(self._lock)
        try:
            self.fs.lock(fd, self._lock)
            try:
                yield
            finally:
                # Before it is closed: a child forked just now may still have it open.
                self.fs.unlock(fd)
        finally:
            self.fs.close(fd)


class Shelf(Generic[T]):
    """A folder of small JSON files of one kind; one that cannot be read counts as not there."""

    def __init__(self, folder: Folder, name: str, kind: type[T]) -> None:
        self._folder = folder
        self._path = folder.root / name
        self._decoder = msgspec.json.Decoder(kind)
        self._kept: dict[str, tuple[Key, T | None]] = {}

    def all(self) -> dict[str, T]:
        """Return what lies here, by name."""
        keys = self._folder.fs.keys(self._path)
        names = {name.removesuffix(".json"): key for name, key in keys.items()}
        for gone in self._kept.keys() - names.keys():
            self._kept.pop(gone, None)
        found = {name: self._get(name, key) for name, key in names.items()}
        return {name: value for name, value in found.items() if value is not None}

    def get(self, name: str) -> T | None:
        """Return what lies under this name."""
        key = self._folder.fs.key(f"{self._path}/{name}.json")
        return self._get(name, key) if key else None

    def put(self, name: str, value: T) -> None:
        """Lay something under this name."""
        self._folder.replace(self._file(name), msgspec.json.encode(value))

    def remove(self, name: str) -> None:
        """Take away what lies under this name, if anything."""
        self._folder.fs.remove(self._file(name))

    def _file(self, name: str) -> Path:
        return self._path / f"{name}.json"

    def _get(self, name: str, key: Key) -> T | None:
        kept = self._kept.get(name)
        if kept is None or kept[0] != key:
            kept = self._kept[name] = (key, self._read(name))
        return kept[1]

    def _read(self, name: str) -> T | None:
        read = self._folder.fs.read(self._file(name))
        try:
            return self._decoder.decode(read[1]) if read else None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
