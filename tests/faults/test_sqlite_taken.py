"""A SQLite store whose files somebody else takes away while it is open (R44)."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from stories import step, submitted

from faults.sqlite_stores import filled, killed, seen
from flopod.errors import BackendError
from flopod_backends import SqliteBackend


def beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}{end}")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.iterdir() if stat.S_ISREG(path.lstat().st_mode))
    return {path.name: path.read_bytes() for path in files}


TAKEN: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "moved away": ("", lambda file: file.rename(beside(file, ".old")), "deleted or moved away"),
    "deleted": ("", Path.unlink, "deleted or moved away"),
    "its log deleted": ("-wal", Path.unlink, "deleted or moved away"),
    "its index deleted": ("-shm", Path.unlink, "deleted or moved away"),
    "its log replaced": (
        "-wal",
        lambda file: (file.unlink(), file.write_bytes(b"")),
        "replaced by another file",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.parametrize("alone", [False, True], ids=["", "alone"])
async def test_files_taken_away_while_open_are_noticed_and_nothing_is_made_anew(
    name: str, alone: bool, store: SqliteBackend, path: Path
) -> None:
    if alone:
        for _ in range(20):
            await store.append("r1", [step()])
    end, take, phrase = TAKEN[name]
    file = beside(path, end)
    take(file)
    left = contents(path.parent)
    for call in (
        lambda: store.append("r1", [step()]),
        lambda: store.events("r1"),
        lambda: store.counts(),
        lambda: store.delete("r1"),
    ):
        with pytest.raises(BackendError, match=phrase) as error:
            await call()
        assert str(file) in str(error.value)
        assert "\n" not in str(error.value)
    assert contents(path.parent) == left


async def test_a_folder_moved_away_while_open_is_noticed_a_moment_later(
    store: SqliteBackend, path: Path
) -> None:
    while not store._place._seen:
        await store.append("r1", [step()])
    path.parent.rename(path.parent.with_name(f"{path.parent.name}.old"))
    said = ""
    async with asyncio.timeout(5):
        while "deleted or moved away" not in said:
            try:
                await store.append("r1", [step()])
            except BackendError as error:
                said = str(error)
    assert not path.parent.exists()


async def test_a_store_replaced_by_another_one_is_noticed(
    store: SqliteBackend, path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    twin = SqliteBackend(other)
    await twin.append("theirs", [submitted()])
    await twin.close()
    shutil.move(other, path)
    with pytest.raises(BackendError, match="replaced by another file"):
        await store.append("r1", [step()])


async def test_a_store_that_was_put_back_goes_on(store: SqliteBackend, path: Path) -> None:
    path.rename(beside(path, ".old"))
    with pytest.raises(BackendError, match="moved away"):
        await store.append("r1", [step()])
    beside(path, ".old").rename(path)
    [event] = await store.append("r1", [step()])
    assert event.seq == 2


async def test_who_watches_is_told_that_the_store_was_taken_away(
    store: SqliteBackend, path: Path
) -> None:
    changes = store.changes()
    assert await anext(changes) == {}
    path.rename(beside(path, ".old"))
    with pytest.raises(BackendError, match="moved away"):
        await anext(changes)
    await changes.aclose()


async def test_a_log_deleted_while_open_loses_nothing_when_its_programs_end(
    store: SqliteBackend, path: Path
) -> None:
    for _ in range(5):
        await store.append("r1", [step()])
    beside(path, "-wal").unlink()
    with pytest.raises(BackendError, match="-wal was deleted"):
        await store.append("r1", [step()])
    await store.close()
    assert len((await seen(path))[1]["r1"]) == 6


async def test_a_store_cut_while_open_is_told(store: SqliteBackend, path: Path) -> None:
    await store.append("r1", [step()])
    await store.close()
    again = SqliteBackend(path)
    assert len(await again.events("r1")) == 2
    os.truncate(path, 4096)
    other = SqliteBackend(path)
    for handle in (other, again):
        with pytest.raises(BackendError, match="is damaged"):
            await handle.append("r2", [step("x", "y" * 100_000)])
        await handle.close()


def test_what_a_killed_process_left_is_read_from_its_log(path: Path) -> None:
    logs = filled(path)
    killed(path)
    assert beside(path, "-wal").stat().st_size > 0
    _, found = asyncio.run(seen(path))
    assert found["r1"][:-1] == logs["r1"]
    assert found["r1"][-1].path == "last"


def test_a_lost_index_of_the_log_is_made_anew(path: Path) -> None:
    logs = filled(path)
    killed(path)
    beside(path, "-shm").unlink()
    _, found = asyncio.run(seen(path))
    assert len(found["r1"]) == len(logs["r1"]) + 1
