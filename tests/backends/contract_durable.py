"""What a store promises that outlives the process: reopened, shared, killed in the middle."""

from __future__ import annotations

import asyncio
import random
from itertools import chain

import pytest
from other_process import other_process, said, tell
from stories import STORY, Reopen, step, submitted, told_of

from flopod.backend import Backend, RunQuery
from flopod.errors import StaleAppendError
from flopod.events import Event

KILLS = 8
"""Of processes that only append; `faults/test_kills.py` has many more, of workers."""


class DurabilityContract:
    async def test_everything_is_still_there_after_reopening(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        recorded = await backend.append("r1", STORY)
        await backend.append("r2", [submitted()])
        listed = await backend.list_runs(RunQuery())
        await backend.close()
        again = reopen()
        assert await again.events("r1") == recorded
        assert await again.list_runs(RunQuery()) == listed
        assert await again.summary("r1") == told_of("r1", recorded)
        [more] = await again.append("r1", [step()])
        assert more.seq == len(STORY) + 1

    async def test_a_store_can_be_opened_again_by_its_url(self, backend: Backend) -> None:
        from flopod_backends import open_backend

        await backend.append("r1", [submitted()])
        again = open_backend(backend.url)
        assert again.url == backend.url
        assert len(await again.events("r1")) == 1
        await again.close()

    async def test_another_handle_sees_what_was_appended(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        other = reopen()
        assert await other.summary("r1") is None
        for n in range(1, 6):
            await backend.append("r1", [step(f"s{n}")])
            assert len(await other.events("r1")) == n
            assert await other.summary("r1") == await backend.summary("r1")

    async def test_appends_through_two_handles_take_turns(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        other = reopen()
        for n in range(10):
            [mine] = await backend.append("r1", [step()])
            [theirs] = await other.append("r1", [step()])
            assert (mine.seq, theirs.seq) == (2 * n + 1, 2 * n + 2)
        assert await backend.summary("r1") == told_of("r1", await other.events("r1"))

    async def test_an_append_that_another_handle_overtook_is_refused_if_it_expected_otherwise(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        await backend.append("r1", [submitted()])
        await reopen().append("r1", [step()])
        with pytest.raises(StaleAppendError):
            await backend.append("r1", [step()], expect=1)
        await backend.append("r1", [step()], expect=2)

    async def test_eight_handles_on_one_run_never_share_a_number(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        async def append(handle: Backend) -> list[int]:
            answers = [await handle.append("r1", [step(), step()]) for _ in range(10)]
            return [event.seq for answer in answers for event in answer]

        handles = [backend, *(reopen() for _ in range(7))]
        numbers = await asyncio.gather(*map(append, handles))
        assert sorted(chain(*numbers)) == [*range(1, 161)]
        found = await backend.events("r1")
        assert [event.seq for event in found] == [*range(1, 161)]
        assert await reopen().summary("r1") == told_of("r1", found)

    async def test_other_processes_on_one_run_never_share_a_number(self, backend: Backend) -> None:
        url, count = backend.url, 40
        async with (
            other_process("append-many", url, "r1", str(count)) as one,
            other_process("append-many", url, "r1", str(count)) as two,
        ):
            for process in (one, two):
                assert await said(process) == "ready"
                await tell(process, "go")
            mine = [(await backend.append("r1", [step()]))[0].seq for _ in range(count)]
            theirs = [int(n) for p in (one, two) for n in (await said(p)).split()]
        assert sorted(mine + theirs) == [*range(1, 3 * count + 1)]
        found = await backend.events("r1")
        assert await backend.summary("r1") == told_of("r1", found)

    async def test_a_killed_process_loses_nothing_that_was_acknowledged(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        chance = random.Random(11)
        acknowledged = 0
        for _ in range(KILLS // 4):
            runs = [f"r{n}" for n in range(4)]
            acknowledged += sum(await asyncio.gather(*(_killed(backend, r, chance) for r in runs)))
        assert acknowledged > 40
        for run_id in runs:
            found = await reopen().events(run_id)
            assert await reopen().summary(run_id) == told_of(run_id, found)


async def _killed(backend: Backend, run_id: str, chance: random.Random) -> int:
    """Kill a process that appends to the run; return how many events it was told are recorded."""
    before = len(await backend.events(run_id))
    async with other_process("append", backend.url, run_id) as process:
        last = int(await said(process))
        await asyncio.sleep(chance.random() * 0.05)
        process.kill()
        while line := await said(process):
            last = int(line)
    found = await _settled(backend, run_id)
    assert [event.seq for event in found] == [*range(1, len(found) + 1)]
    assert len(found) >= last
    assert len(found) % 3 == 0
    summary = await backend.summary(run_id)
    assert summary and summary.last_seq == len(found)
    [event] = (await backend.append(run_id, [step(), step(), step()]))[:1]
    assert event.seq == len(found) + 1
    return last - before


async def _settled(backend: Backend, run_id: str) -> list[Event]:
    """Return the log once nothing more comes: a server may be at work on what a dead one sent."""
    found: list[Event] = []
    while len(more := await backend.events(run_id)) != len(found):
        found = more
        await asyncio.sleep(0.05)
    return found
