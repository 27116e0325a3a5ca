"""The folder of a file store: what lies where, and small files read only when they changed."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
        self._lock = root / "lock"
        self._tmp = root / "tmp"

    def prepare(self) -> None:
        """Make what is missing.

        Raises:
            BackendError: it cannot be made.
        """
        if not self._parents and not self.root.parent.is_dir():
            raise BackendError(f"{self.root.parent} is no directory; make it, or name another one")
        if self.root.exists() and not self.root.is_dir():
            raise BackendError(f"{self.root} is no directory; name another one")
        with told(self.root):
            rooms = (
                self.events,
                self.trash,
                self._tmp,
                self.root / "leases",
                self.root / "workers",
            )
            for path in (*(self._above() if self._parents else ()), self.root, *rooms):
                self.fs.make_folder(path)
            self._sweep()

    def _above(self) -> list[Path]:
        return [path for path in reversed(self.root.parents) if not path.exists()]

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

    def replace(self, path: Path, data: bytes) -> None:
        """Put a file in the place of another, whole or not at all."""
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.fs.replace(path, data, self._tmp / name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other program from changing leases and workers."""
        with told(self._lock):
            fd = self.fs.open_log(self._lock)
        try:
            self.fs.lock(fd, self._lock)
            yield
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
        key = self._folder.fs.key(self._file(name))
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
