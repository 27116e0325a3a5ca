"""Steps on a cluster: Dask's executor, on one that lives in this process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flopod import Retry, Runtime
from runtime import pooled
from runtime.lives import RUN, told
from runtime.test_executors import ended

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


async def test_steps_are_called_on_the_cluster(dask: Executor) -> None:
    async def body(wf: Runtime) -> Any:
        async def item(value: int, index: int) -> Any:
            return await wf.activity("add", partial(pooled.add, value, 1))

        # A function without a name of its own can be sent too: Dask writes out what it is.
        thread = await wf.activity("where", lambda: pooled.thread())
        return [thread, (await wf.each("all", range(8), item, concurrency=4)).results, wf.run_id]

    (thread, results, run_id), _ = await ended(dask, body)
    assert "Dask" in thread and run_id == RUN
    assert results == [*range(1, 9)]


async def test_the_same_function_is_called_as_often_as_it_is_asked_for(
    dask: Executor, tmp_path: Path
) -> None:
    file = str(tmp_path / "calls")

    async def body(wf: Runtime) -> Any:
        async def item(value: int, index: int) -> Any:
            return await wf.activity("note", partial(pooled.note, file))

        await wf.each("all", range(3), item, concurrency=3)

    await ended(dask, body)
    assert pooled.note(file) == 4


async def test_a_failure_there_is_the_steps_and_is_retried_by_its_policy(dask: Executor) -> None:
    async def body(wf: Runtime) -> Any:
        return await wf.activity("fail", pooled.fail, retry=Retry(3, delay=0))

    error, backend = await ended(dask, body)
    assert error == "Awkward: no, never"
    assert len(await told(backend, RUN, "ActivityRetrying")) == 2


async def test_a_time_limit_holds_there_too(dask: Executor, tmp_path: Path) -> None:
    file = tmp_path / "go"

    async def body(wf: Runtime) -> Any:
        return await wf.activity("long", partial(pooled.until_there, str(file)), timeout="50ms")

    error, _ = await ended(dask, body)
    file.touch()
    assert "took longer than 0.05 s" in error


async def test_what_cannot_be_sent_there_names_the_executor(dask: Executor) -> None:
    lock = pooled.unsendable()

    async def body(wf: Runtime) -> Any:
        return await wf.activity("held", partial(print, lock), retry=Retry(5))

    error, backend = await ended(dask, body)
    assert "the executor ClientExecutor cannot be sent" in error
    assert await told(backend, RUN, "ActivityRetrying") == []
