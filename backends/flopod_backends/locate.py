"""Where the runs are kept: from a URL, or from the environment, to a store.

The one place that reads FLOPOD_BACKEND and DATABASE_URL.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl

from flopod.backend import Backend
from flopod.errors import BackendError, brief
from flopod_backends.data_dir import resolve_data_dir

_TAKEN = "memory:, sqlite:PATH, file:DIR, postgresql://…"
_POSTGRES = ("postgresql", "postgres")
_DATABASE = "flopod.db"


def open_backend(url: str | None = None) -> Backend:
    """Return the store that `url` names, or the one that the environment asks for.

    Without a url: `DATABASE_URL` if it names Postgres, else `FLOPOD_BACKEND` (`sqlite`, `file` or
    `memory`; `sqlite` if it is not set) in the data directory, which is made if need be.

    Raises:
        BackendError: nothing can be opened by that name.
    """
    url = database_url() if url is None else url
    if url is not None:
        return _named(url)
    return _default(os.environ.get("FLOPOD_BACKEND", "sqlite"))


def database_url() -> str | None:
    """Return what DATABASE_URL says, if it names Postgres."""
    url = os.environ.get("DATABASE_URL", "")
    return url if _scheme(url) in _POSTGRES else None


def _default(kind: str) -> Backend:
    match kind:
        case "memory":
            return _memory()
        case "file":
            return _file()
        case "sqlite":
            folder = resolve_data_dir()
            _make_private(folder)
            return _sqlite(str(folder / _DATABASE))
    # Not the rest of a URL, which may hold a password.
    scheme, colon, _ = kind.partition(":")
    hint = "; a URL is for --backend or DATABASE_URL" if colon else ""
    raise BackendError(
        f"FLOPOD_BACKEND is {brief(scheme + colon)}; it is sqlite, file or memory{hint}"
    )


def _named(url: str) -> Backend:
    match _scheme(url), url.partition(":")[2]:
        case "memory", "":
            return _memory()
        case "sqlite", rest if rest:
            return _sqlite(rest)
        case "file", rest if rest:
            return _file(rest)
        case ("sqlite" | "file") as scheme, _:
            raise BackendError(f"{url!a} names no path; write {scheme}:PATH")
        case "postgresql" | "postgres", _:
            return _postgres(url)
        case "", _:
            raise BackendError(f"{brief(url)} names no kind of store; taken are {_TAKEN}")
        case scheme, _:
            # Not the rest of it, which may hold a password.
            raise BackendError(f"{brief(scheme + ':')} is no kind of store; taken are {_TAKEN}")


def _scheme(url: str) -> str:
    scheme, colon, _ = url.partition(":")
    return scheme.lower() if colon else ""


def _memory() -> Backend:
    from flopod_backends.memory import MemoryBackend

    return MemoryBackend()


def _file(folder: str | None = None) -> Backend:
    from flopod_backends.file import FileBackend

    return FileBackend(None if folder is None else Path(folder).expanduser())


def _sqlite(rest: str) -> Backend:
    from flopod_backends.sqlite import SqliteBackend

    path, _, query = rest.partition("?")
    settings = dict(parse_qsl(query, keep_blank_values=True))
    synchronous = settings.pop("synchronous", "full")
    if settings:
        raise BackendError(f"sqlite: setting {brief(min(settings))} is unknown; it is synchronous")
    return SqliteBackend(Path(path).expanduser(), synchronous)


def _postgres(url: str) -> Backend:
    try:
        from flopod_backends.postgres import PostgresBackend
    except ModuleNotFoundError as error:
        raise BackendError(
            f"Postgres needs {error.name}, which is not there; install flopod[postgres]"
        ) from error
    return PostgresBackend(url)


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BackendError(
            f"the data directory {folder} cannot be made: {error.strerror}; set FLOPOD_DATA_DIR"
        ) from error
