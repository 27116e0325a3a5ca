"""The runs that a process holds outside of any worker: they are there together."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from flopod import Control, Runtime, create_runtime, run_workflow, workflow
from flopod.backend import WorkerInfo
from flopod.stored import utc_now
from flopod_backends import MemoryBackend


class Watched(MemoryBackend):
    """Notes who says that they live, and who goes."""

    def __init__(self) -> None:
        super().__init__()
        self.renewed: list[str] = []
        self.retired: list[str] = []
        self.renewed_often = asyncio.Event()

    async def renew(self, worker: WorkerInfo) -> None:
        self.renewed.append(worker.worker_id)
        if len(self.renewed) >= 5:
            self.renewed_often.set()
        await super().renew(worker)

    async def retire(self, worker_id: str) -> None:
        self.retired.append(worker_id)
        await super().retire(worker_id)


@workflow
async def one_step(wf: Runtime, number: int) -> int:
    async def same() -> int:
        await asyncio.sleep(0)
        return number

    return await wf.activity("step", same)


async def test_a_hundred_runs_at_once_are_one_worker_that_goes_with_the_last() -> None:
    store = Watched()
    calls = (run_workflow(one_step, number, backend=store) for number in range(100))
    assert await asyncio.gather(*calls) == [*range(100)]
    assert len(store.retired) == 1


async def test_a_thousand_runs_of_one_second_have_a_thousand_ids() -> None:
    store = Watched()
    await asyncio.gather(*(run_workflow(one_step, 7, backend=store) for _ in range(1000)))
    assert len(await Control(store).list_runs(limit=None)) == 1000


async def test_a_new_run_is_never_another_program_s_run_that_has_its_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, second = Watched(), utc_now()
    monkeypatch.setattr("flopod.running.utc_now", lambda: second)
    for number in (7, 8):
        monkeypatch.setattr("flopod.running._entropy", itertools.count(70))
        assert await run_workflow(one_step, number, backend=store) == number
    assert len(await Control(store).list_runs()) == 2


async def test_each_of_several_runs_in_a_row_leaves_nothing_behind() -> None:
    store = Watched()
    for number in range(3):
        await run_workflow(one_step, number, backend=store)
    assert len(set(store.retired)) == len(store.retired) == 3


async def test_one_heartbeat_keeps_all_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopod.presence.LEASE_TIME", timedelta(milliseconds=30))
    store = Watched()
    runs = [await create_runtime(f"run-{number}", store) for number in range(10)]
    async with asyncio.timeout(30):
        await store.renewed_often.wait()
    assert len(set(store.renewed)) == 1
    for wf in runs:
        assert not store.retired
        await wf.close()
    assert store.retired == store.renewed[:1]


def test_a_run_in_a_later_loop_is_there_on_its_own() -> None:
    store = Watched()

    async def opened_and_left() -> None:
        await create_runtime("left-open", store)

    asyncio.run(opened_and_left())
    assert asyncio.run(run_workflow(one_step, 7, backend=store)) == 7
    assert len(store.retired) == 1
