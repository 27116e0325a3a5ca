"""Cancellation, at every await of every public call."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest
from stories import step

from faults.cancelled_calls import cancelled_everywhere, opened
from faults.public_calls import CALLS, job
from flopod import Control, Worker
from flopod.backend import Backend
from flopod.stored import decoded
from runtime.lives import finished

WAITERS = 70


@pytest.mark.parametrize("kind", ["memory", "sqlite", "file"])
@pytest.mark.parametrize("name", CALLS)
async def test_a_call_cancelled_at_any_await_says_so_and_leaves_a_sound_store(
    name: str, kind: str, tmp_path: Path
) -> None:
    backend = opened(kind, tmp_path)
    found = await cancelled_everywhere(backend, name)
    assert found.trials > 0
    await backend.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "file"])
@pytest.mark.parametrize("turns", [1, 2, 3, 5, 8])
async def test_who_gives_up_opening_a_store_does_not_give_it_up_for_others(
    kind: str, turns: int, tmp_path: Path
) -> None:
    backend = opened(kind, tmp_path)
    first, second = (asyncio.create_task(Control(backend).list_runs()) for _ in range(2))
    for _ in range(turns):
        await asyncio.sleep(0)
    first.cancel()
    assert await second == []
    await backend.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "file"])
async def test_what_was_queued_is_recorded_though_its_caller_is_gone(
    kind: str, tmp_path: Path
) -> None:
    """What is appended after it may build on it: a start that rode with it, for one."""
    backend = opened(kind, tmp_path)
    await backend.append("r", [step("first")])
    paths = [f"s{n}" for n in range(4)]
    calls = [asyncio.create_task(backend.append("r", [step(path)])) for path in paths]
    await asyncio.sleep(0)
    calls[1].cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert [event.path for event in await backend.events("r")] == ["first", *paths]
    await backend.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "file"])
async def test_a_waiter_that_goes_away_touches_no_run(kind: str, tmp_path: Path) -> None:
    backend = opened(kind, tmp_path)
    dice = random.Random(kind)
    control = Control(backend, [job])
    runs = [await control.start("job", run_id=f"r{n}") for n in range(3)]

    async def wait(batches: Any) -> None:
        async with aclosing(batches):
            async for _ in batches:
                pass

    async def come_and_go(number: int) -> None:
        watch = control.watch_runs() if number % 2 else control.tail(dice.choice(runs))
        waiter = asyncio.create_task(wait(watch))
        for _ in range(dice.randrange(60)):
            await asyncio.sleep(0)
        waiter.cancel()
        with suppress(asyncio.CancelledError):
            await waiter

    async with Worker(backend, [job]):
        await asyncio.gather(*map(come_and_go, range(WAITERS)))
        ends = [await finished(backend, run_id) for run_id in runs]
    assert [run.status for run in ends] == ["ok"] * len(runs)
    assert [await _result(backend, run_id) for run_id in runs] == [4] * len(runs)
    calls = [e.path for e in await backend.events("r0") if e.type == "ActivityStarted"]
    assert len(calls) == len(set(calls))
    await backend.close()


async def _result(backend: Backend, run_id: str) -> Any:
    last: Any = (await backend.events(run_id))[-1].fact
    return decoded(last.output)
