"""A SQLite store on a full disk says so, loses nothing, and goes on when there is room (R11)."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.sqlite_full import squeezed
from faults.sqlite_full import trial as limited
from faults.sqlite_stores import filled, refusal, seen
from faults.trial import check
from flopod.events import LogEmitted

SIZES = 3


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 8 MB, where one can be mounted."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root to mount a small file system")
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    if done.returncode:
        pytest.skip(f"no small file system here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True, timeout=20)


@pytest.mark.parametrize("seed", range(SIZES))
async def test_a_run_that_met_a_limit_for_files_loses_no_step_and_ends_without_it(
    seed: int,
) -> None:
    check(await limited(seed))


@pytest.mark.parametrize("free", [200, 330, 460])
async def test_a_run_that_met_a_full_disk_loses_no_step_and_ends_when_there_is_room(
    free: int, small: Path
) -> None:
    ballast = small / "ballast"
    ballast.write_bytes(b"x" * (8192 - free) * 1024)
    check(await squeezed(small / "runs.db", free, ballast.unlink))


async def test_a_store_that_has_no_room_to_begin_is_not_there(small: Path) -> None:
    (small / "ballast").write_bytes(b"x" * (8192 - 20) * 1024)
    assert "No space left" in await refusal(small / "runs.db")
    assert os.listdir(small) == ["ballast"]


SYNCS = Path(__file__).with_name("sqlite_syncs.py")


@pytest.mark.parametrize("failing", ["6..8", "20", "26..28"])
async def test_a_sync_that_fails_refuses_its_append_and_loses_no_other(
    failing: str, tmp_path: Path
) -> None:
    if not shutil.which("strace"):
        pytest.skip("needs strace to let a sync fail")
    path = tmp_path / "runs.db"
    await asyncio.to_thread(filled, path)
    inject = ["-e", f"inject=fdatasync,fsync:error=EIO:when={failing}"]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", *inject]
    process = await asyncio.create_subprocess_exec(
        *(*command, sys.executable, str(SYNCS), str(path), "60"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    async with asyncio.timeout(60):
        out, errors = await process.communicate()
    if process.returncode:
        pytest.skip(f"strace does not work here: {errors.decode().strip()[:100]}")
    said = [line.split(maxsplit=2) for line in out.decode().splitlines()]
    refused = {number: why for what, number, why in said if what == "refused"}
    # Each thread that commits has its own count of syncs.
    assert 0 < len(refused) <= 6, "one for each sync that failed, none sent again"
    assert all("the disk gives an error" in why for why in refused.values())
    assert len(said) == 60
    _, logs = await seen(path)
    kept = [event.fact.message for event in logs["r1"] if isinstance(event.fact, LogEmitted)]
    assert kept == [number for what, number, _ in said if what == "kept"]
