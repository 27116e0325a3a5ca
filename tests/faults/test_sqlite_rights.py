"""A SQLite store that may not be written, by permission or by its file system (R44)."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC221, ASYNC240

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stories import submitted

from faults.sqlite_stores import filled, refusal
from flopod.errors import BackendError
from flopod_backends import SqliteBackend

NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        yield  # Bits of permission mean something to everyone but root.
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a store that belongs to whom `as_nobody` is, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled(folder / "runs.db")
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.chown(folder / "runs.db", NOBODY, NOBODY)
        yield folder / "runs.db"
        folder.chmod(0o700)


@pytest.mark.parametrize("mode", [0o400, 0o000])
async def test_a_file_without_write_permission_is_refused(shared: Path, mode: int) -> None:
    shared.chmod(mode)
    with as_nobody():
        assert "check the permissions" in await refusal(shared)


@pytest.mark.parametrize("there", [True, False])
async def test_a_folder_without_write_permission_is_refused(shared: Path, there: bool) -> None:
    path = shared if there else shared.with_name("new.db")
    shared.parent.chmod(0o500)
    with as_nobody():
        assert str(path) in (said := await refusal(path))
    assert "check the permissions" in said or "cannot be made" in said
    assert [file.name for file in shared.parent.iterdir()] == ["runs.db"]


async def test_rights_that_are_lost_while_it_is_open_are_told_as_such(shared: Path) -> None:
    with as_nobody():
        store = SqliteBackend(shared)
        await store.append("r1", [submitted()])
        shared.parent.chmod(0o000)
        with pytest.raises(BackendError, match="Permission denied"):
            await store.append("r2", [submitted()])
        shared.parent.chmod(0o700)
        await store.append("r2", [submitted()])
        await store.close()


def as_root(*command: str) -> None:
    """Run a command that only root may; skip the test where it does not work."""
    if os.geteuid() != 0 or not shutil.which(command[0]):
        pytest.skip(f"needs root and {command[0]}")
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    if done.returncode:
        pytest.skip(f"{command[0]} does not work here: {done.stderr.strip()}")


async def test_an_immutable_file_is_refused_even_to_root(path: Path) -> None:
    store = SqliteBackend(path)
    await store.append("r1", [submitted()])
    await store.close()
    as_root("chattr", "+i", str(path))
    try:
        assert "check the permissions" in await refusal(path)
    finally:
        as_root("chattr", "-i", str(path))


async def test_a_file_system_mounted_read_only_is_refused(tmp_path: Path) -> None:
    as_root("mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path))
    try:
        store = SqliteBackend(tmp_path / "runs.db")
        await store.append("r1", [submitted()])
        await store.close()
        as_root("mount", "-o", "remount,ro", str(tmp_path))
        assert "mounted read-only" in await refusal(tmp_path / "runs.db")
        assert "mounted read-only" in await refusal(tmp_path / "new.db")
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True, timeout=20)
