"""What a store promises of who holds a run, and of the workers there are."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from contract_claims import claimed
from other_process import other_process, said
from stories import (
    Clock,
    Reopen,
    elsewhere,
    started,
    step,
    submitted,
    worker,
)

from flopod.backend import LEASE_TIME, Backend, Lease
from flopod.errors import LeaseLostError, RunBusyError
from flopod.stored import utc_now


class LeasesContract:
    async def test_one_run_can_be_taken_before_it_exists(
        self, backend: Backend, clock: Clock
    ) -> None:
        lease = await backend.claim_run(worker(clock), "r1")
        await backend.append("r1", [submitted()], lease=lease, expect=0)
        assert await claimed(backend, clock) == []
        assert await backend.summary("r1")

    async def test_a_holder_in_the_same_process_is_superseded(
        self, backend: Backend, clock: Clock
    ) -> None:
        old = await backend.claim_run(worker(clock), "r1")
        new = await backend.claim_run(worker(clock), "r1")
        assert new.epoch > old.epoch
        await backend.append("r1", [submitted()], lease=new)
        with pytest.raises(LeaseLostError):
            await backend.append("r1", [step()], lease=old)

    async def test_a_run_held_on_another_host_is_busy_until_that_worker_is_dead(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.claim_run(elsewhere(clock), "r1")
        with pytest.raises(RunBusyError, match="far-away"):
            await backend.claim_run(worker(clock), "r1")
        clock.forward(seconds=31)
        await backend.claim_run(worker(clock), "r1")

    async def test_an_append_under_a_lost_lease_is_refused_whole(
        self, backend: Backend, clock: Clock
    ) -> None:
        old = await backend.claim_run(worker(clock), "r1")
        await backend.append("r1", [submitted()], lease=old)
        new = await backend.claim_run(worker(clock), "r1")
        for lost in (old, Lease("r1", "nobody", 1), Lease("r1", new.worker_id, new.epoch + 1)):
            with pytest.raises(LeaseLostError):
                await backend.append("r1", [step(), step()], lease=lost)
        assert len(await backend.events("r1")) == 1
        await backend.append("r1", [step()], lease=new)
        await backend.append("r1", [step()])

    async def test_a_lost_lease_does_not_hurt_the_appends_beside_it(
        self, backend: Backend, clock: Clock
    ) -> None:
        old = await backend.claim_run(worker(clock), "r1")
        await backend.claim_run(worker(clock), "r1")
        appends = [
            backend.append(f"r{n % 2}", [step()], lease=old if n == 5 else None) for n in range(10)
        ]
        answers = await asyncio.gather(*appends, return_exceptions=True)
        assert [n for n, answer in enumerate(answers) if isinstance(answer, LeaseLostError)] == [5]
        assert len(await backend.events("r0")) == 5
        assert len(await backend.events("r1")) == 4

    async def test_an_append_under_a_lease_given_back_is_refused(
        self, backend: Backend, clock: Clock
    ) -> None:
        lease = await backend.claim_run(worker(clock), "r1")
        await backend.release(lease)
        with pytest.raises(LeaseLostError):
            await backend.append("r1", [submitted()], lease=lease)

    async def test_a_lease_does_not_outlive_its_run(self, backend: Backend, clock: Clock) -> None:
        taker = worker(clock)
        old = await backend.claim_run(taker, "r1")
        await backend.append("r1", [submitted()], lease=old)
        await backend.delete("r1")
        with pytest.raises(LeaseLostError):
            await backend.append("r1", [step()], lease=old)
        assert await backend.events("r1") == []

    async def test_the_workers_told_are_those_alive_that_claim(
        self, backend: Backend, clock: Clock
    ) -> None:
        first = worker(clock, "order", "invoice")
        clock.forward(seconds=1)
        second = worker(clock, "order")
        by_hand = msgspec.structs.replace(worker(clock), concurrency=0)
        for info in (second, first, by_hand):
            await backend.renew(info)
        assert await backend.workers() == [first, second]
        await backend.retire(second.worker_id)
        assert await backend.workers() == [first]
        clock.forward(seconds=31)
        assert await backend.workers() == []

    async def test_a_claim_registers_the_worker(self, backend: Backend, clock: Clock) -> None:
        taker = worker(clock, "order")
        assert await backend.claim(taker, workflows=["order"], limit=1) == []
        assert await backend.workers() == [taker]

    async def test_a_worker_that_was_taken_for_dead_can_come_back(
        self, backend: Backend, clock: Clock
    ) -> None:
        paused = worker(clock)
        await backend.append("r1", [submitted()])
        await backend.append("r2", [submitted(workflow="other")])
        [one] = await backend.claim(paused, workflows=["order"], limit=1)
        [two] = await backend.claim(paused, workflows=["other"], limit=1)
        clock.forward(seconds=31)
        assert await claimed(backend, clock, "order") == ["r1"]
        await backend.renew(msgspec.structs.replace(paused, expires_at=clock() + LEASE_TIME))
        assert await claimed(backend, clock, "other") == []
        await backend.append("r2", [started()], lease=two)
        with pytest.raises(LeaseLostError):
            await backend.append("r1", [started()], lease=one)


class LeasesOfOthersContract:
    async def test_a_run_held_by_another_process_is_busy_until_that_is_gone(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        ours = reopen(utc_now)
        async with other_process("hold", backend.url, "r1") as holder:
            epoch = int(await said(holder))
            with pytest.raises(RunBusyError, match=str(holder.pid)):
                await ours.claim_run(worker(utc_now), "r1")
            holder.kill()
            await holder.wait()
            lease = await ours.claim_run(worker(utc_now), "r1")
            assert lease.epoch > epoch

    async def test_two_handles_never_both_get_a_run(
        self, backend: Backend, reopen: Reopen, clock: Clock
    ) -> None:
        for n in range(30):
            await backend.append(f"r{n}", [submitted()])
        handles = [backend, reopen(), reopen(), reopen()]
        takers = [claimed(handle, clock, limit=4) for handle in handles for _ in range(3)]
        taken = [run_id for answer in await asyncio.gather(*takers) for run_id in answer]
        taken += await claimed(backend, clock)
        assert sorted(taken) == sorted(f"r{n}" for n in range(30))

    async def test_a_lease_lost_to_another_handle_is_lost(
        self, backend: Backend, reopen: Reopen, clock: Clock
    ) -> None:
        old = await backend.claim_run(worker(clock), "r1")
        await backend.append("r1", [submitted()], lease=old)
        await reopen().claim_run(worker(clock), "r1")
        with pytest.raises(LeaseLostError):
            await backend.append("r1", [step()], lease=old)

    async def test_leases_and_workers_are_still_there_after_reopening(
        self, backend: Backend, reopen: Reopen, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted()])
        taker = worker(clock, "order")
        [lease] = await backend.claim(taker, workflows=["order"], limit=1)
        await backend.close()
        again = reopen()
        assert await again.workers() == [msgspec.structs.replace(taker, held=1)]
        assert await claimed(again, clock) == []
        await again.append("r1", [started()], lease=lease)
