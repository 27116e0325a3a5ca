"""A run that appends alone does it on the loop; nobody waits there for a lock or a slow disk."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from stories import logged, submitted, told_of

from flopod.backend import Backend
from flopod.errors import BackendError
from flopod_backends import FileBackend, alone
from flopod_backends.alone import LEAST
from flopod_backends.file_writer import QUIET
from flopod_backends.fs import FileSystem


class Watched(FileSystem):
    """Notes for each sync of a log whether it was made on the loop."""

    def __init__(self) -> None:
        self.loop = threading.get_ident()
        self.here: list[bool] = []
        self.delay = 0.0
        self.error: OSError | None = None

    def fsync(self, fd: int) -> None:
        self.here.append(threading.get_ident() == self.loop)
        if self.error:
            raise self.error
        # A slow disk, for those tests that want one: the others sync to memory.
        time.sleep(self.delay)


SLOW_HERE = 0.2
"""On a busy machine anything may take some milliseconds."""


@pytest.fixture
def fs(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(alone, "SLOW", SLOW_HERE)
    monkeypatch.setattr(alone, "APART", 5.0)
    return Watched()


async def many(store: Backend, run_id: str, count: int = 4 * LEAST) -> None:
    for _ in range(count):
        await store.append(run_id, [logged()])


async def test_after_some_appends_in_a_row_it_needs_no_thread(
    fs: Watched, opened: Callable[..., FileBackend]
) -> None:
    store = opened(fs)
    await many(store, "r1")
    assert not any(fs.here[:LEAST])
    assert all(fs.here[-LEAST:])
    events = await opened().events("r1")
    assert [event.seq for event in events] == [*range(1, 4 * LEAST + 1)]
    assert await opened().summary("r1") == told_of("r1", events)


async def test_two_runs_in_turn_need_threads(
    fs: Watched, opened: Callable[..., FileBackend]
) -> None:
    store = opened(fs)
    for _ in range(2 * LEAST):
        await store.append("r1", [logged()])
        await store.append("r2", [logged()])
    assert not any(fs.here)


async def test_a_slow_disk_sends_it_to_a_thread_again(
    fs: Watched, opened: Callable[..., FileBackend]
) -> None:
    store = opened(fs)
    await many(store, "r1")
    fs.delay = 1.2 * SLOW_HERE
    fs.here.clear()
    await many(store, "r1", 3)
    assert sum(fs.here) == 1


async def test_the_others_on_the_loop_have_their_turn(
    fs: Watched, opened: Callable[..., FileBackend]
) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    store = opened(fs)
    await many(store, "r1")
    task = asyncio.create_task(other())
    await many(store, "r1")
    task.cancel()
    assert all(fs.here[-LEAST:])
    assert turns >= 4 * LEAST


async def test_the_loop_waits_for_no_lock(
    fs: Watched, opened: Callable[..., FileBackend], log: Path
) -> None:
    store, system = opened(fs), FileSystem()
    await many(store, "r1")
    fd = system.open_log(log)
    system.lock(fd, log)
    append = asyncio.create_task(store.append("r1", [logged()]))
    done, _ = await asyncio.wait([append], timeout=0.05)
    assert not done
    system.close(fd)
    assert [event.seq for event in await append] == [4 * LEAST + 1]


async def test_what_another_program_appended_is_taken_in(
    fs: Watched, opened: Callable[..., FileBackend]
) -> None:
    store, other = opened(fs), opened()
    await many(store, "r1")
    [theirs] = await other.append("r1", [logged()])
    [mine] = await store.append("r1", [logged()])
    assert (theirs.seq, mine.seq) == (4 * LEAST + 1, 4 * LEAST + 2)


async def test_its_summary_is_written_when_it_is_quiet_and_when_the_store_is_closed(
    fs: Watched, opened: Callable[..., FileBackend], sidecar: Path
) -> None:
    store = opened(fs)
    await store.append("r1", [submitted()])
    await many(store, "r1")
    await asyncio.sleep(3 * QUIET)
    quiet = sidecar.read_bytes()  # noqa: ASYNC240
    assert b'"seq":%d,' % (4 * LEAST + 1) in quiet
    await many(store, "r1")
    await store.close()
    assert b'"seq":%d,' % (8 * LEAST + 1) in sidecar.read_bytes()  # noqa: ASYNC240


async def test_an_error_there_is_told_and_the_log_goes_on_as_a_copy(
    fs: Watched, opened: Callable[..., FileBackend], log: Path
) -> None:
    store = opened(fs)
    await many(store, "r1")
    inode = log.stat().st_ino  # noqa: ASYNC240
    fs.error = OSError(28, "No space left on device")
    with pytest.raises(BackendError, match=r"r1.jsonl: No space left on device; make room"):
        await store.append("r1", [logged()])
    assert fs.here[-1]
    assert log.read_bytes().count(b"\n") == 4 * LEAST  # noqa: ASYNC240
    fs.error = None
    [recorded] = await store.append("r1", [logged()])
    assert recorded.seq == 4 * LEAST + 1
    assert log.stat().st_ino != inode  # noqa: ASYNC240
