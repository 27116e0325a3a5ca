"""The file store on a real disk that is full: it says so, loses nothing, and goes on later."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from flopod.backend import RunQuery
from flopod.errors import BackendError
from flopod.events import Event, RunSubmitted
from flopod_backends import FileBackend

PROGRAM = Path(__file__).with_name("full_disk.py")


def _mount(*arguments: str | Path) -> None:
    """Mount something, where this process may."""
    try:
        subprocess.run(["mount", *arguments], capture_output=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here; needs root")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 512 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=512k", "tmpfs", folder)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@asynccontextmanager
async def program(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the program that fills the disk."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PROGRAM), *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        async with asyncio.timeout(30):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process) -> str:
    """Return the next line that it says."""
    assert process.stdout
    return (await process.stdout.readline()).decode().strip()


async def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(disk: Path) -> None:
    ballast = disk / "ballast"
    ballast.write_bytes(b"x" * (256 << 10))
    await _fills_and_goes_on(disk / "runs", "No space left", free=ballast)


async def test_a_limit_for_files_is_told_and_the_run_goes_on_without_it(tmp_path: Path) -> None:
    await _fills_and_goes_on(tmp_path / "runs", "File too large", "100000")


async def test_a_store_on_a_read_only_disk_is_read_and_not_written_to(disk: Path) -> None:
    store = FileBackend(disk / "runs")
    recorded = await store.append("r1", [Event(RunSubmitted(workflow="order"))])
    await store.close()
    shutil.rmtree(disk / "runs" / "trash")
    _mount("-o", "remount,ro", disk)
    store = FileBackend(disk / "runs")
    assert [run.run_id for run in await store.list_runs(RunQuery())] == ["r1"]
    assert await store.events("r1") == recorded
    for run_id in ("r1", "r2"):
        with pytest.raises(BackendError, match=r"Read-only file system; make it writable"):
            await store.append(run_id, recorded)
    assert await store.events("r1") == recorded
    await store.close()


async def _fills_and_goes_on(
    folder: Path, why: str, *arguments: str, free: Path | None = None
) -> None:
    log = folder / "events" / "r1.jsonl"
    async with program(str(folder), *arguments) as process:
        error, last = await said(process), int(await said(process))
        assert why in error and "; " in error and str(log) in error
        # What was begun is cut back, not left to the next one who comes.
        assert log.read_bytes().count(b"\n") == last
        if free:
            free.unlink()
        assert process.stdin
        process.stdin.write(b"go on\n")
        assert int(await said(process)) == last + 9
    store = FileBackend(folder)
    events = await store.events("r1")
    await store.close()
    assert [event.seq for event in events] == [*range(1, last + 10)]
