"""What a store promises to those who watch it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import chain

from other_process import other_process, said, tell
from stories import Reopen, step, submitted

from flopod.backend import Backend


class Watch:
    """What a watcher was told."""

    def __init__(self) -> None:
        self.told: list[Mapping[str, int]] = []
        self._news = asyncio.Condition()

    async def listen(self, backend: Backend) -> None:
        async for batch in backend.changes():
            async with self._news:
                self.told.append(batch)
                self._news.notify_all()

    async def until(self, *run_ids: str) -> None:
        """Wait until anything, and all of these runs, were told since the last time."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self.told and {*run_ids} <= {*chain(*self.told)})
            self.told.clear()


@asynccontextmanager
async def watching(backend: Backend) -> AsyncIterator[Watch]:
    """Watch the store until the end of the block."""
    watch = Watch()
    listening = asyncio.ensure_future(watch.listen(backend))
    try:
        await watch.until()
        yield watch
    finally:
        listening.cancel()
        await asyncio.wait([listening])


class ChangesContract:
    async def test_an_append_is_told(self, backend: Backend) -> None:
        async with watching(backend) as watch:
            await backend.append("r1", [submitted()])
            await watch.until("r1")
            await backend.append("r1", [step()])
            await watch.until("r1")

    async def test_the_first_batch_is_empty_and_the_next_holds_only_what_changed(
        self, backend: Backend
    ) -> None:
        await backend.append("r1", [submitted()])
        told = backend.changes()
        assert await anext(told) == {}
        await backend.append("r2", [submitted(), step()])
        assert await anext(told) == {"r2": 2}
        await told.aclose()

    async def test_changes_of_many_runs_are_told(self, backend: Backend) -> None:
        async with watching(backend) as watch:
            await asyncio.gather(*(backend.append(f"r{n}", [submitted()]) for n in range(50)))
            await watch.until(*(f"r{n}" for n in range(50)))

    async def test_a_delete_is_told(self, backend: Backend) -> None:
        await backend.append("r1", [submitted()])
        async with watching(backend) as watch:
            await backend.delete("r1")
            await watch.until("r1")

    async def test_every_watcher_is_told(self, backend: Backend) -> None:
        async with watching(backend) as one, watching(backend) as two:
            await backend.append("r1", [submitted()])
            await one.until("r1")
            await two.until("r1")

    async def test_an_append_whose_caller_was_cancelled_is_told_if_it_was_done(
        self, backend: Backend
    ) -> None:
        async with watching(backend) as watch:
            append = asyncio.ensure_future(backend.append("r1", [submitted()]))
            await asyncio.sleep(0)
            append.cancel()
            # Whatever became of the first, the second comes after it.
            await backend.append("r1", [step()])
            await watch.until("r1")
            assert len(await backend.events("r1")) in (1, 2)

    async def test_a_watch_ends_when_its_store_is_closed(self, backend: Backend) -> None:
        told = backend.changes()
        assert await anext(told) == {}
        more = asyncio.ensure_future(anext(told, None))
        await asyncio.sleep(0)
        await backend.close()
        assert await more is None


class ChangesOfOthersContract:
    async def test_an_append_through_another_handle_is_told(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        other = reopen()
        await other.append("r0", [submitted()])
        async with watching(backend) as watch:
            for n in range(5):
                await other.append("r1", [step(f"s{n}")])
                await watch.until("r1")

    async def test_a_delete_through_another_handle_is_told(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        await backend.append("r1", [submitted()])
        async with watching(backend) as watch:
            await reopen().delete("r1")
            await watch.until("r1")

    async def test_an_append_of_another_process_is_told_within_a_tenth_of_a_second(
        self, backend: Backend
    ) -> None:
        waits = []
        async with other_process("append-when-told", backend.url, "r1") as process:
            assert await said(process) == "ready"
            async with watching(backend) as watch:
                for _ in range(10):
                    await tell(process, "go on")
                    assert await said(process)
                    done = time.perf_counter()
                    await watch.until("r1")
                    waits.append(time.perf_counter() - done)
        assert sorted(waits)[len(waits) // 2] < 0.1, waits
