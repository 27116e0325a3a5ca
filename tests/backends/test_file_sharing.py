"""What a store in files makes of others: foreign files, ids alike, forked children."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from errno import EIO
from pathlib import Path

import pytest
from stories import step, submitted

from flopod.backend import RunQuery
from flopod.errors import BackendError, RunExistsError
from flopod.summary import Status
from flopod_backends import FileBackend
from flopod_backends.fs import FileSystem, Key


class TestForeignFiles:
    @pytest.mark.parametrize("kind", ["a directory", "a pipe", "a link"])
    async def test_what_is_no_file_is_no_run_and_its_id_is_refused_in_one_line(
        self, kind: str, opened: Callable[..., FileBackend], log: Path
    ) -> None:
        store = opened()
        await store.append("r0", [submitted()])
        match kind:
            case "a directory":
                log.mkdir()
            case "a pipe":
                os.mkfifo(log)
            case _:
                log.symlink_to(log.with_name("r0.jsonl"))
        assert await store.summary("r1") is None
        assert await store.events("r1") == []
        assert [run.run_id for run in await store.list_runs(RunQuery())] == ["r0"]
        async with asyncio.timeout(5):
            with pytest.raises(
                BackendError, match=r"^[^\n]*r1\.jsonl[^\n]*(no file|link|director)"
            ):
                await store.append("r1", [submitted()])
        assert len(await store.events("r0")) == 1

    async def test_an_empty_file_is_no_run_and_can_become_one(
        self, opened: Callable[..., FileBackend], log: Path
    ) -> None:
        store = opened()
        await store.append("r0", [submitted()])
        log.touch()
        assert await store.summary("r1") is None
        [recorded] = await store.append("r1", [submitted()])
        assert recorded.seq == 1

    async def test_a_refused_append_leaves_no_file_behind(
        self, opened: Callable[..., FileBackend], log: Path
    ) -> None:
        def refuse(run: object) -> None:
            raise BackendError("no")

        with pytest.raises(BackendError, match="no"):
            await opened().append("r1", [submitted()], guard=refuse)
        assert list(log.parent.iterdir()) == []

    async def test_a_log_that_cannot_be_read_hides_no_other_run(
        self, opened: Callable[..., FileBackend], log: Path, sidecar: Path
    ) -> None:
        class Broken(FileSystem):
            def read(self, path: Path, offset: int = 0) -> tuple[Key, bytes] | None:
                if path == log:
                    raise OSError(EIO, "Input/output error", str(path))
                return super().read(path, offset)

        store = FileBackend(log.parents[1])
        for run_id in ("r1", "r2"):
            await store.append(run_id, [submitted()])
        await store.close()
        sidecar.unlink()
        store = opened(Broken())
        listed = {run.run_id: run.status for run in await store.list_runs(RunQuery())}
        assert listed == {"r1": Status.DAMAGED, "r2": Status.QUEUED}
        with pytest.raises(BackendError, match="Input/output error; see what"):
            await store.events("r1")


class TestIdsAlike:
    async def test_an_id_that_differs_in_case_only_is_refused_and_the_other_one_named(
        self, opened: Callable[..., FileBackend], folder: Path
    ) -> None:
        store = opened()
        await store.append("Run1", [submitted()])
        with pytest.raises(
            RunExistsError, match=r"'Run1' exists already.*'run1' differs"
        ) as refused:
            await store.append("run1", [submitted()])
        assert refused.value.run_id == "Run1"
        with pytest.raises(RunExistsError):
            await opened().append("RUN1", [submitted()])
        assert [path.name for path in (folder / "events").glob("*.jsonl")] == ["Run1.jsonl"]
        await store.append("Run1", [step()])

    async def test_it_is_free_again_when_the_other_run_is_deleted(
        self, opened: Callable[..., FileBackend], folder: Path
    ) -> None:
        store = opened()
        await store.append("Run1", [submitted()])
        await store.delete("Run1")
        await store.append("run1", [submitted()])
        await store.delete("run1")
        await store.append("RUN1", [submitted()])
        (folder / "events" / "RUN1.jsonl").unlink()
        await store.append("run1", [submitted()])

    async def test_no_start_looks_at_the_other_logs(self, folder: Path) -> None:
        class Blind(FileSystem):
            def keys(self, folder: Path) -> dict[str, Key]:
                assert folder.name != "events", "the folder of all logs was read"
                return super().keys(folder)

        store = FileBackend(folder, fs=Blind())
        for n in range(5):
            await store.append(f"r{n}", [submitted()])
        await store.close()


HELD = """
import os, sys, time
from pathlib import Path
from flopod_backends.folder import Folder
from flopod_backends.fs import FileSystem
from flopod_backends.run_log import RunLog

folder = Folder(Path(sys.argv[1]), FileSystem())
with RunLog(folder, "r1", lambda run_id: None).held(), folder.locked():
    child = os.fork()
    if child:
        print(child, flush=True)
    os.close(1)
    time.sleep(60)
"""
FORKED = """
import asyncio, os, sys
from flopod.errors import FlopodError
from flopod.events import Event, LogEmitted
from flopod_backends import FileBackend

async def append():
    await store.append("r1", [Event(LogEmitted(level="info", message="hello"))])

store = FileBackend(sys.argv[1])
asyncio.run(append())
if not os.fork():
    try:
        asyncio.run(append())
    except FlopodError as error:
        print(error, flush=True)
    asyncio.run(store.close())
    os._exit(0)
os.wait()
asyncio.run(append())
asyncio.run(store.close())
"""


@asynccontextmanager
async def script(text: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-c", text, str(folder)),
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


class TestForks:
    async def test_a_child_does_not_hold_what_its_dead_parent_had_locked(
        self, opened: Callable[..., FileBackend], folder: Path
    ) -> None:
        store = opened()
        await store.append("r1", [submitted()])
        async with script(HELD, folder) as parent:
            assert parent.stdout
            child = int(await parent.stdout.readline())
            try:
                parent.kill()
                await parent.wait()
                async with asyncio.timeout(5):
                    await store.append("r1", [step()])
                    await store.delete("r1")
            finally:
                os.kill(child, 9)

    async def test_a_child_cannot_use_the_store_that_its_parent_opened(
        self, opened: Callable[..., FileBackend], folder: Path
    ) -> None:
        async with script(FORKED, folder) as parent, asyncio.timeout(10):
            output, _ = await parent.communicate()
        [line] = output.decode().splitlines()
        assert "was opened by process" in line and "open it again here" in line
        assert parent.returncode == 0
        assert [event.seq for event in await opened().events("r1")] == [1, 2]
