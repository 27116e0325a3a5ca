"""What becomes of a SQLite store whose files somebody else has touched (R44)."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from stories import step, submitted

from faults.sqlite_stores import execute, filled, killed, refusal, seen
from flopod.errors import BackendError
from flopod_backends import SqliteBackend, open_backend
from flopod_backends.mounts import ALLOW
from flopod_backends.sqlite_schema import VERSION, empty
from flopod_tui.cli import main

GUARDS_NOTHING = "CREATE TRIGGER append_insert INSTEAD OF INSERT ON append BEGIN SELECT 1; END"


def beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def garbage_for_runs(path: Path) -> None:
    connection = sqlite3.connect(path)
    sql = "SELECT rootpage FROM sqlite_master WHERE name = 'runs'"
    [[page]] = connection.execute(sql).fetchall()
    connection.close()
    overwrite(path, (page - 1) * 4096, os.urandom(4096))


def another_program(path: Path) -> None:
    path.unlink()
    execute(path, "CREATE TABLE bookmarks (url)")


def emptied(path: Path) -> None:
    path.unlink()
    execute(path, "VACUUM")


def gone_but_for_its_log(path: Path) -> None:
    killed(path)
    path.unlink()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_link_to_a_folder(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent)


NO_TEXT = """
UPDATE sqlite_master SET name = CAST(x'64ff' AS TEXT), sql = 'CREATE TABLE (' WHERE name = 'deleted'
"""
"""SQLite tells of it in its own words, with these bytes among them."""

BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no database": (lambda path: path.write_text("dear diary " * 1000), "no SQLite database"),
    "garbage for a header": (lambda path: overwrite(path, 0, os.urandom(100)), "no SQLite"),
    "NULs for a header": (lambda path: overwrite(path, 0, bytes(100)), "no SQLite database"),
    "an empty file": (lambda path: cut(path, 0), "an empty file"),
    "cut to a part of a page": (lambda path: cut(path, 60), "is damaged"),
    "cut in the middle": (lambda path: cut(path, 5 * 4096), "is damaged"),
    "the page of the runs is garbage": (garbage_for_runs, "is damaged"),
    "a trigger that guards nothing": (
        lambda path: execute(path, "DROP TRIGGER append_insert", GUARDS_NOTHING),
        "'append_insert' is not as flopod makes it",
    ),
    "a trigger is missing": (
        lambda path: execute(path, "DROP TRIGGER forget_insert"),
        "'forget_insert' is not as flopod makes it",
    ),
    "a table is missing": (lambda path: execute(path, "DROP TABLE leases"), "'leases' is not as"),
    "an index is missing": (lambda path: execute(path, "DROP INDEX runs_due"), "'runs_due' is not"),
    "a schema of bytes that are no text": (
        lambda path: execute(path, "PRAGMA writable_schema = 1", NO_TEXT),
        "is damaged",
    ),
    "a newer format": (
        lambda path: execute(path, f"PRAGMA user_version = {VERSION + 1}"),
        "newer flopod",
    ),
    "an older format": (lambda path: execute(path, "PRAGMA user_version = 0"), "older flopod"),
    "another program's": (another_program, "another program"),
    "a database of nothing": (emptied, "another program"),
    "gone, its log is left": (gone_but_for_its_log, "-wal is, with what was written last"),
    "a pipe": (a_pipe, "no regular file"),
    "a folder": (a_link_to_a_folder, "is a directory"),
}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.iterdir() if stat.S_ISREG(path.lstat().st_mode))
    return {path.name: path.read_bytes() for path in files}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_store_is_refused_in_one_line_and_left_as_it_is(
    name: str, path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    filled(path)
    break_it, phrase = BROKEN[name]
    break_it(path)
    before = contents(path.parent)
    capfd.readouterr()
    assert main(["runs", "--backend", f"sqlite:{path}"]) == 3
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert str(path) in err
    assert phrase in err
    assert "; " in err, "the next step"
    after = contents(path.parent)
    assert after.pop(f"{path.name}-shm", b"") is not None
    before.pop(f"{path.name}-shm", None)
    assert after == before


async def test_a_store_is_whole_before_it_has_its_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, seen_whole = os.link, []

    def linked(source: str, target: str) -> None:
        assert not path.exists()
        seen_whole.append(Path(source).read_bytes() == empty())
        link(source, target)

    monkeypatch.setattr(os, "link", linked)
    store = SqliteBackend(path)
    await store.counts()
    await store.close()
    assert seen_whole == [True]
    assert list(path.parent.iterdir()) == [path]


async def test_a_store_that_cannot_be_made_leaves_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(source: str, target: str) -> None:
        raise InterruptedError(source)

    monkeypatch.setattr(os, "link", interrupted)
    monkeypatch.setattr("flopod_backends.sqlite_place._write", interrupted)
    with pytest.raises(BackendError, match="cannot be made"):
        await SqliteBackend(path).counts()
    assert list(path.parent.iterdir()) == []


async def test_a_file_system_without_links_can_have_a_store(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: str, target: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    store = SqliteBackend(path)
    await store.append("r1", [submitted()])
    await store.close()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0, 0o077, 0o777])
async def test_files_are_their_owners_alone_whatever_the_umask(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = SqliteBackend(path)
        await store.append("r1", [submitted()])
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    await store.close()
    assert modes == dict.fromkeys(["runs.db", "runs.db-wal", "runs.db-shm"], 0o600)


@pytest.mark.parametrize("umask", [0, 0o077])
async def test_the_data_directory_is_its_owners_alone(
    tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOPOD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("FLOPOD_BACKEND", raising=False)
    before = os.umask(umask)
    try:
        store = open_backend()
        await store.append("r1", [submitted()])
    finally:
        os.umask(before)
    await store.close()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["a b.db", "what?.db", "50%41.db", "a#b.db", "ä\u2028.db", "-x"])
async def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    store = SqliteBackend(tmp_path / name)
    for _ in range(20):
        await store.append("r1", [step()])
    assert {file.name for file in tmp_path.iterdir()} == {name, f"{name}-wal", f"{name}-shm"}
    await store.close()
    assert len((await seen(tmp_path / name))[1]["r1"]) == 20


async def test_a_link_leads_to_the_store_and_its_log_is_beside_it(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, path = tmp_path / "link.db", tmp_path / "there" / "runs.db"
    link.symlink_to(path)
    store = SqliteBackend(link)
    await store.append("r1", [submitted()])
    assert beside(path, "-wal").exists()
    path.rename(beside(path, ".old"))
    with pytest.raises(BackendError, match="moved away"):
        await store.append("r1", [step()])
    await store.close()


async def test_a_network_file_system_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ALLOW, raising=False)
    monkeypatch.setattr("flopod_backends.mounts.network", lambda *_: "nfs4")
    said = await refusal(path)
    assert str(path) in said
    assert ALLOW in said
    assert list(path.parent.iterdir()) == []
