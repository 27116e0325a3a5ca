"""The places where runs are kept: memory, files, SQLite, Postgres.

All keep one promise, `flopod.backend`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopod_backends.data_dir import resolve_data_dir as resolve_data_dir
    from flopod_backends.file import FileBackend as FileBackend
    from flopod_backends.locate import open_backend as open_backend
    from flopod_backends.memory import MemoryBackend as MemoryBackend
    from flopod_backends.postgres import PostgresBackend as PostgresBackend
    from flopod_backends.sqlite import SqliteBackend as SqliteBackend

# Loaded at first use: a store's driver is of no use to the programs that use another store.
_ROOMS = {
    "FileBackend": "file",
    "MemoryBackend": "memory",
    "PostgresBackend": "postgres",
    "SqliteBackend": "sqlite",
    "open_backend": "locate",
    "resolve_data_dir": "data_dir",
}

__all__ = [
    "FileBackend",
    "MemoryBackend",
    "PostgresBackend",
    "SqliteBackend",
    "open_backend",
    "resolve_data_dir",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
