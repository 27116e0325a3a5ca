"""Steps in an executor: processes, threads of a pool, a cluster on this machine."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flopod import Control, Retry, Runtime, Worker
from flopod.processes import Processes
from flopod_backends import MemoryBackend
from runtime import pooled
from runtime.lives import RUN, finished, log_lines, told, until
from runtime.work import job, started

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    """Give one process, for all these tests: to begin one takes a third of a second."""
    with ProcessPoolExecutor(1, SPAWN) as executor:
        yield executor


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(1, "pool") as executor:
        yield executor


async def ended(executor: Executor, body: Any) -> tuple[Any, MemoryBackend]:
    """Return the result of a run, or its error as text, and its store."""
    backend, made = MemoryBackend(), job(body)
    await started(backend, made)
    async with Worker(backend, [made], executor=executor):
        run = await finished(backend)
    if run.error:
        return str(run.error), backend
    return (await backend.events(RUN))[-1].data["output"], backend


async def test_plain_steps_are_called_there_and_async_ones_here(processes: Executor) -> None:
    async def here() -> int:
        return os.getpid()

    async def body(wf: Runtime) -> Any:
        there = await wf.activity("there", pooled.pid)
        added = await wf.activity("added", partial(pooled.add, 1, other=2))
        return [there, await wf.activity("here", here), added]

    (there, inside, added), _ = await ended(processes, body)
    assert there != os.getpid() == inside and added == 3
    assert processes.submit(pooled.add, 1, 1).result() == 2, "it was shut down"


async def test_a_function_that_cannot_be_sent_fails_at_once_and_names_the_executor(
    processes: Executor,
) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.activity("here", lambda: 1, retry=Retry(5))

    error, backend = await ended(processes, body)
    assert "the executor ProcessPoolExecutor cannot be sent" in error
    assert "<lambda>" in error and "functools.partial" in error
    assert await told(backend, RUN, "ActivityRetrying") == []


async def test_what_cannot_be_sent_back_is_told_likewise(processes: Executor) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.activity("lock", pooled.unsendable)

    error, _ = await ended(processes, body)
    assert "or cannot send back what it returned" in error and "lock" in error


async def test_what_a_function_raises_there_is_told_with_its_place(processes: Executor) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.activity("fail", pooled.fail, retry=Retry(2, delay=0))

    error, backend = await ended(processes, body)
    assert error == "Awkward: no, never"
    run = await Control(backend).get(RUN)
    assert run.error and "pooled.py" in run.error.traceback and run.error.attempts == 2
    assert processes.submit(pooled.add, 1, 1).result() == 2


async def test_what_need_not_be_tried_again_is_not(processes: Executor, tmp_path: Path) -> None:
    file = str(tmp_path / "calls")

    async def body(wf: Runtime) -> Any:
        return await wf.activity("fail", partial(pooled.fail_for_good, file), retry=Retry(5))

    assert (await ended(processes, body))[0] == "NonRetryable: do not try again"
    assert pooled.note(file) == 2


async def test_an_exit_there_is_the_steps_failure(processes: Executor) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.activity("leave", pooled.leave)

    assert (await ended(processes, body))[0] == "SystemExit: enough"


async def test_a_step_that_takes_too_long_is_never_called_twice_at_once(
    processes: Executor, tmp_path: Path
) -> None:
    file = tmp_path / "go"

    async def body(wf: Runtime) -> Any:
        step = partial(pooled.until_there, str(file))
        return await wf.activity("long", step, timeout="50ms", retry=Retry(2, delay=0))

    backend, made = MemoryBackend(), job(body)
    await started(backend, made)
    async with Worker(backend, [made], executor=processes):
        await until(backend, lambda run: bool(run.inner.retries) or run.finished)
        file.touch()
        await finished(backend)
    assert (await backend.events(RUN))[-1].data["output"] == "there"
    assert pooled.note(f"{file}.calls") == 3
    lines = log_lines(await backend.events(RUN))
    assert ("long", "a result came too late and was discarded") in lines


async def test_a_step_that_was_not_begun_in_time_is_never_called(tmp_path: Path) -> None:
    file, busy = str(tmp_path / "calls"), threading.Event()

    async def body(wf: Runtime) -> Any:
        return await wf.activity("queued", partial(pooled.note, file), timeout="20ms")

    with ThreadPoolExecutor(1) as executor:
        executor.submit(busy.wait)
        error, _ = await ended(executor, body)
        busy.set()
    assert "took longer than 0.02 s" in error
    assert pooled.note(file) == 1


async def test_a_run_cancelled_before_its_step_began_says_so(tmp_path: Path) -> None:
    file, busy = str(tmp_path / "calls"), threading.Event()

    async def body(wf: Runtime) -> Any:
        return await wf.activity("queued", partial(pooled.note, file))

    backend, made = MemoryBackend(), job(body)
    control = await started(backend, made)
    with ThreadPoolExecutor(1) as executor:
        executor.submit(busy.wait)
        async with Worker(backend, [made], executor=executor):
            await until(backend, lambda run: run.inner.active > 0)
            await control.cancel(RUN)
            assert (await finished(backend)).status == "cancelled"
        busy.set()
    assert pooled.note(file) == 1
    [(path, line)] = log_lines(await backend.events(RUN))
    assert path == "queued" and line.endswith("it was not begun")


async def test_a_broken_pool_fails_the_attempt_and_the_policy_decides(tmp_path: Path) -> None:
    async def body(wf: Runtime) -> Any:
        step = partial(pooled.die_once, str(tmp_path / "calls"))
        return await wf.activity("die", step, retry=Retry(2, delay=0))

    with ProcessPoolExecutor(1, SPAWN) as executor:
        error, backend = await ended(executor, body)
    assert "the executor ProcessPoolExecutor broke while it had 'die_once'" in error
    assert len(await told(backend, RUN, "ActivityRetrying")) == 1


async def test_our_own_pool_is_made_anew_when_a_process_dies(tmp_path: Path) -> None:
    async def body(wf: Runtime) -> Any:
        step = partial(pooled.die_once, str(tmp_path / "calls"))
        return await wf.activity("die", step, retry=Retry(2, delay=0))

    with Processes(1, partial(pooled.note, str(tmp_path / "begun"))) as executor:
        assert (await ended(executor, body))[0] == "alive"
    assert pooled.note(str(tmp_path / "begun")) == 3


async def test_threads_of_a_pool_have_the_context_and_the_log_of_the_run(
    threads: Executor,
) -> None:
    async def body(wf: Runtime) -> Any:
        pooled.where.set("inside")

        def later() -> Any:
            wf.log("from a thread")
            return pooled.thread()

        return [await wf.activity("told", pooled.told), await wf.activity("later", later)]

    (place, name), backend = await ended(threads, body)
    assert place == "inside" and name.startswith("pool")
    assert log_lines(await backend.events(RUN)) == [("later", "from a thread")]


async def test_an_executor_that_was_shut_down_is_told(threads: Executor) -> None:
    threads.shutdown()

    async def body(wf: Runtime) -> Any:
        return await wf.activity("add", pooled.pid)

    error, _ = await ended(threads, body)
    assert "the executor ThreadPoolExecutor did not call 'pid': RuntimeError" in error
