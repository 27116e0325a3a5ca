"""From a URL or the environment to a store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from stories import submitted

from flopod.errors import BackendError
from flopod_backends import (
    FileBackend,
    MemoryBackend,
    SqliteBackend,
    open_backend,
    resolve_data_dir,
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Begin with none of our variables, in an empty directory."""
    for name in ("FLOPOD_BACKEND", "FLOPOD_DATA_DIR", "FLOPOD_DATA_SCOPE", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def refusal(url: str | None = None) -> str:
    with pytest.raises(BackendError) as error:
        open_backend(url)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_url_names_a_store() -> None:
    assert isinstance(open_backend("memory:"), MemoryBackend)
    assert isinstance(open_backend("sqlite:runs.db"), SqliteBackend)
    assert isinstance(open_backend("file:runs"), FileBackend)


@pytest.mark.parametrize(
    "url", ["memory:", "sqlite:runs.db", "sqlite:/a/b.db?synchronous=normal", "file:runs"]
)
def test_a_store_tells_the_url_that_opens_it(url: str) -> None:
    assert open_backend(url).url == url


def test_opening_a_named_store_touches_nothing(tmp_path: Path) -> None:
    for url in ("memory:", "sqlite:runs.db", "file:runs"):
        open_backend(url)
    assert list(tmp_path.iterdir()) == []


def test_what_names_no_store_is_refused() -> None:
    assert "sqlite:PATH" in refusal("runs.db")
    assert "sqlite:PATH" in refusal("")
    assert "write sqlite:PATH" in refusal("sqlite:")
    assert "write file:PATH" in refusal("file:")
    assert "no kind of store" in refusal("redis:somewhere")
    assert "memory" in refusal("memory:something")
    assert "full or normal" in refusal("sqlite:runs.db?synchronous=off")
    assert "'mode'" in refusal("sqlite:runs.db?mode=ro")


def test_postgres_without_its_driver_says_what_to_install() -> None:
    without = "import sys; sys.modules['asyncpg'] = None; from flopod_backends import open_backend"
    program = f"{without}; open_backend('postgresql://host/db')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "install flopod[postgres]" in done.stderr


def test_a_password_is_never_told(environment: pytest.MonkeyPatch) -> None:
    assert "secret" not in refusal("mysql://user:secret@host/db")
    assert open_backend("postgresql://user:secret@host/db").url == "postgresql://user@host/db"
    environment.setenv("DATABASE_URL", "postgres://user:secret@host/db")
    assert open_backend().url == "postgres://user@host/db"


def test_without_a_url_it_is_sqlite_in_the_data_directory(tmp_path: Path) -> None:
    assert open_backend().url == "sqlite:.flopod/flopod.db"
    assert (tmp_path / ".flopod").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["sqlite", "file"])
async def test_a_store_in_the_data_directory_works_at_once(
    environment: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    environment.setenv("FLOPOD_BACKEND", kind)
    environment.setenv("FLOPOD_DATA_DIR", str(tmp_path / "not" / "there" / "yet"))
    store = open_backend()
    await store.append("r1", [submitted()])
    await store.close()


def test_the_environment_chooses_the_store(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("FLOPOD_DATA_DIR", str(tmp_path / "data"))
    for kind, url in (
        ("sqlite", f"sqlite:{tmp_path}/data/flopod.db"),
        ("file", f"file:{tmp_path}/data"),
        ("memory", "memory:"),
    ):
        environment.setenv("FLOPOD_BACKEND", kind)
        assert open_backend().url == url


def test_a_url_wins_over_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FLOPOD_BACKEND", "nonsense")
    environment.setenv("DATABASE_URL", "postgres://host/db")
    assert open_backend("memory:").url == "memory:"


def test_a_database_url_counts_only_if_it_names_postgres(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FLOPOD_BACKEND", "memory")
    for url in ("mysql://host/db", "", "sqlite:other.db"):
        environment.setenv("DATABASE_URL", url)
        assert open_backend().url == "memory:"
    environment.setenv("DATABASE_URL", "postgresql://host/db")
    assert open_backend().url == "postgresql://host/db"


def test_an_unknown_or_empty_kind_is_refused(environment: pytest.MonkeyPatch) -> None:
    for kind in ("", "SQLite", "redis"):
        environment.setenv("FLOPOD_BACKEND", kind)
        assert f"FLOPOD_BACKEND is '{kind}'; it is sqlite, file or memory" in refusal()


def test_a_url_in_the_place_of_a_kind_is_refused_without_its_password(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("FLOPOD_BACKEND", "postgresql://u:s3cret@h/d")
    told = refusal()
    assert "FLOPOD_BACKEND is 'postgresql:'" in told and "DATABASE_URL" in told
    assert "s3cret" not in told


def test_the_scheme_of_a_url_may_be_in_capitals(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "POSTGRESQL://host/db")
    assert open_backend().url == "postgresql://host/db"


@pytest.mark.parametrize(
    "url",
    [
        *("postgresql://u:s3#cret@h/d", "postgresql://u:s3/cret@h/d", "postgresql://[::1/d"),
        *("postgresql:d", "postgres:"),
    ],
)
def test_a_postgres_url_that_is_none_is_told_with_how_it_is_written(url: str) -> None:
    told = refusal(url)
    assert "write postgresql://user@host:port/database" in told
    assert "s3" not in told


def test_the_data_directory_is_the_named_one_else_the_users_else_a_local_one(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert resolve_data_dir() == Path(".flopod")
    environment.setenv("FLOPOD_DATA_SCOPE", "user")
    environment.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    environment.setenv("HOME", str(tmp_path))
    assert resolve_data_dir().name == "flopod"
    assert tmp_path in resolve_data_dir().parents
    environment.setenv("FLOPOD_DATA_DIR", str(tmp_path / "named"))
    assert resolve_data_dir() == tmp_path / "named"


def test_an_empty_directory_or_an_unknown_scope_is_refused(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("FLOPOD_DATA_SCOPE", "galaxy")
    with pytest.raises(BackendError, match="FLOPOD_DATA_SCOPE is 'galaxy'"):
        resolve_data_dir()
    environment.setenv("FLOPOD_DATA_DIR", "")
    with pytest.raises(BackendError, match="FLOPOD_DATA_DIR is empty"):
        resolve_data_dir()


def test_a_data_directory_that_cannot_be_made_is_told(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    environment.setenv("FLOPOD_DATA_DIR", str(tmp_path / "file" / "data"))
    assert "FLOPOD_DATA_DIR" in refusal()


def test_a_store_in_memory_loads_no_driver() -> None:
    program = (
        "import sys\n"
        "from flopod_backends import MemoryBackend\n"
        "MemoryBackend()\n"
        "print({'aiosqlite', 'sqlite3', 'watchfiles'} & sys.modules.keys())\n"
    )
    path = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
