"""Hints of changed files, from whatever tells them on this system."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from flopod_backends import watch

LONG = 60.0
TOLD = [watch.by_watchfiles, watch.hints]
if sys.platform == "linux":
    TOLD.append(watch.by_inotify)


def is_log(path: str) -> bool:
    return path.endswith(".log")


@pytest.mark.parametrize("told", TOLD)
async def test_a_change_of_a_wanted_file_is_told(told: watch.Told, tmp_path: Path) -> None:
    async def until_told() -> frozenset[str]:
        async for paths in told(tmp_path, is_log, 0.05):
            if paths:
                return paths
            # The watch stands: it gave the poll.
            (tmp_path / "other.txt").write_text("changed")
            (tmp_path / "run.log").write_text("changed")
        raise AssertionError("it ended")

    async with asyncio.timeout(LONG):
        assert await until_told() == {str(tmp_path / "run.log")}


@pytest.mark.parametrize("told", TOLD)
async def test_it_is_time_for_the_poll_when_nothing_is_told(
    told: watch.Told, tmp_path: Path
) -> None:
    async with asyncio.timeout(LONG):
        async for paths in told(tmp_path, is_log, 0.01):
            assert paths == frozenset()
            break


async def test_where_nothing_can_be_watched_there_is_the_poll(tmp_path: Path) -> None:
    async with asyncio.timeout(LONG):
        async for paths in watch.hints(tmp_path / "not there", is_log):
            assert paths == frozenset()
            break


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is of Linux")
async def test_a_busy_file_is_told_of_now_and_then(tmp_path: Path) -> None:
    log, told = tmp_path / "run.log", 0
    log.touch()

    async def count() -> None:
        nonlocal told
        async for paths in watch.hints(tmp_path, is_log):
            told += bool(paths)

    counting = asyncio.create_task(count())
    clock = asyncio.get_running_loop().time
    began, writes = clock(), 0
    while clock() < began + 0.5:
        log.write_text("x")
        writes += 1
        await asyncio.sleep(0)
    counting.cancel()
    assert 0 < told <= 0.5 / 0.01 + 1 < writes


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is of Linux")
async def test_where_hints_were_lost_everything_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())  # noqa: ASYNC240
    told: list[frozenset[str]] = []

    async def listen() -> None:
        async for paths in watch.by_inotify(tmp_path, is_log, LONG):
            told.append(paths)
            heard.set()

    heard, listening = asyncio.Event(), asyncio.create_task(listen())
    async with asyncio.timeout(LONG):
        await asyncio.sleep(0)  # The watch stands.
        with (tmp_path / "a").open("wb", 0) as one, (tmp_path / "b").open("wb", 0) as other:
            for _ in range(queue // 2 + 10):  # Nobody listens; what is told twice is kept once.
                one.write(b"x")
                other.write(b"x")
        await heard.wait()
    listening.cancel()
    assert told[0] == frozenset()
