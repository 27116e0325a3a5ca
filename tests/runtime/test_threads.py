"""The threads that steps run in when they are plain functions."""

from __future__ import annotations

import asyncio
import threading

from flopod.threads import Threads


def name() -> str:
    return str(threading.get_ident())


async def test_quick_steps_one_after_the_other_share_a_thread() -> None:
    threads = Threads()
    assert len({await threads.call(name).arrival for _ in range(50)}) == 1


async def test_a_step_never_waits_for_a_thread_that_another_will_not_give_back() -> None:
    threads, let_go = Threads(), threading.Event()
    stuck = [threads.call(let_go.wait).arrival for _ in range(20)]
    async with asyncio.timeout(30):
        assert await threads.call(name).arrival
    assert not any(step.done() for step in stuck)
    let_go.set()
    assert all(await asyncio.gather(*stuck))


async def test_steps_that_all_wait_for_each_other_all_run_at_once() -> None:
    threads, together = Threads(), threading.Barrier(20)
    async with asyncio.timeout(30):
        await asyncio.gather(*(threads.call(together.wait).arrival for _ in range(20)))


async def test_a_thread_is_used_again_after_its_caller_was_cancelled() -> None:
    threads, let_go = Threads(), threading.Event()
    abandoned = threads.call(let_go.wait).arrival
    abandoned.cancel()
    other = await threads.call(name).arrival
    let_go.set()
    async with asyncio.timeout(30):
        seen = {await threads.call(name).arrival for _ in range(10)}
    assert len(seen | {other}) <= 2
