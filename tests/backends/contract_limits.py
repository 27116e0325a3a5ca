"""What a store promises of workflows of which only so many runs are held at once."""

from __future__ import annotations

import asyncio

import msgspec
from other_process import other_process, said, tell
from stories import Clock, Reopen, at, called, completed, sleeping, started, submitted, worker

from flopod.backend import LEASE_TIME, Backend, WorkerInfo, WorkflowInfo
from flopod.stored import utc_now


def limited(clock: Clock, most: int = 2) -> WorkerInfo:
    """Return a worker of `order`, of which `most` may be held at once, and of `other`."""
    infos = (WorkflowInfo(name="order", concurrency=most), WorkflowInfo(name="other"))
    return msgspec.structs.replace(worker(clock), workflows=infos)


async def taken(backend: Backend, by: WorkerInfo, limit: int = 100) -> list[str]:
    """Return what a worker claims of all workflows that it has."""
    leases = await backend.claim(by, workflows=[w.name for w in by.workflows], limit=limit)
    return [lease.run_id for lease in leases]


async def queued(backend: Backend, many: int, workflow: str = "order", minutes: float = 0) -> None:
    """Queue runs of a workflow, one after the other."""
    for n in range(many):
        event = submitted(minutes + (n - many) / 60, workflow)
        await backend.append(f"{workflow}-{n}", [event])


class LimitsContract:
    async def test_no_more_than_the_limit_are_held(self, backend: Backend, clock: Clock) -> None:
        await queued(backend, 5)
        assert await taken(backend, limited(clock)) == ["order-0", "order-1"]
        assert await taken(backend, limited(clock)) == []

    async def test_those_due_longest_are_taken_across_workflows_with_and_without_a_limit(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 3, "order", minutes=-1)
        await queued(backend, 3, "other")
        found = await taken(backend, limited(clock), limit=3)
        assert found == ["order-0", "order-1", "other-0"]
        assert await taken(backend, limited(clock)) == ["other-1", "other-2"]

    async def test_a_workflow_at_its_limit_starves_no_other(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 9, "order", minutes=-1)
        await queued(backend, 2, "other")
        assert await taken(backend, limited(clock, most=1), limit=1) == ["order-0"]
        assert await taken(backend, limited(clock, most=1), limit=1) == ["other-0"]
        assert await taken(backend, limited(clock, most=1), limit=1) == ["other-1"]

    async def test_what_is_given_back_or_ended_makes_room(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 5)
        by = limited(clock)
        first, second = await backend.claim(by, workflows=["order"], limit=5)
        await backend.append(first.run_id, [started(), sleeping(at(60))], lease=first)
        assert await taken(backend, by) == []
        await backend.release(first)
        assert await taken(backend, by) == ["order-2"]
        await backend.append(second.run_id, [started(), completed()], lease=second)
        assert await taken(backend, by) == ["order-3"]
        assert await taken(backend, by) == []

    async def test_a_child_at_its_end_is_told_of_though_there_is_no_room(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 3)
        by = limited(clock, most=1)
        assert await taken(backend, by) == ["order-0"]
        await backend.append("child", [called(), started(), completed()])
        clock.forward(seconds=1)
        [lease] = await backend.claim(by, workflows=["order"], limit=5)
        assert (lease.run_id, lease.owing) == ("child", True)
        assert await taken(backend, by) == []

    async def test_a_sleeper_that_is_due_waits_for_room_too(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 2)
        await backend.append("early", [submitted(-9), started(-9), sleeping(at(-8))])
        assert await taken(backend, limited(clock)) == ["early", "order-0"]

    async def test_a_run_that_was_taken_by_its_id_counts(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 3)
        await backend.claim_run(limited(clock), "order-2")
        assert await taken(backend, limited(clock)) == ["order-0"]

    async def test_a_dead_workers_slots_are_free_again(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 4)
        gone = msgspec.structs.replace(limited(clock), process_start="1@an-earlier-boot")
        assert await taken(backend, gone) == ["order-0", "order-1"]
        assert await taken(backend, limited(clock)) == ["order-0", "order-1"]

    async def test_a_retired_workers_slots_are_free_again(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 4)
        by = limited(clock)
        assert await taken(backend, by) == ["order-0", "order-1"]
        await backend.retire(by.worker_id)
        assert await taken(backend, limited(clock), limit=1) == ["order-0"]
        assert await taken(backend, limited(clock)) == ["order-1"]

    async def test_a_worker_that_was_taken_for_dead_comes_back_to_no_more_than_the_limit(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 4)
        paused, heir = limited(clock), limited(clock)
        assert await taken(backend, paused) == ["order-0", "order-1"]
        clock.forward(seconds=31)
        heir = msgspec.structs.replace(heir, expires_at=clock() + LEASE_TIME)
        assert await taken(backend, heir, limit=1) == ["order-0"]
        await backend.renew(msgspec.structs.replace(paused, expires_at=clock() + LEASE_TIME))
        assert sum(info.held for info in await backend.workers()) == 1
        assert await taken(backend, heir) == ["order-1"]
        assert await taken(backend, heir) == []

    async def test_whatever_claims_at_once_the_limit_is_held_and_reached(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 20)
        await queued(backend, 20, "other")
        takers = (taken(backend, limited(clock, most=7), limit=4) for _ in range(12))
        found = [run_id for answer in await asyncio.gather(*takers) for run_id in answer]
        found += await taken(backend, limited(clock, most=7))
        assert len(found) == len(set(found)) == 27
        assert sum(run_id.startswith("order") for run_id in found) == 7

    async def test_the_limit_of_who_claims_counts(self, backend: Backend, clock: Clock) -> None:
        await queued(backend, 6)
        assert len(await taken(backend, limited(clock, most=4))) == 4
        assert await taken(backend, limited(clock, most=2)) == []
        assert len(await taken(backend, limited(clock, most=5))) == 1

    async def test_workers_are_told_with_the_number_of_runs_that_they_hold(
        self, backend: Backend, clock: Clock
    ) -> None:
        await queued(backend, 3, "other")
        one = limited(clock)
        clock.forward(seconds=1)
        two = limited(clock)
        [first, *_] = await backend.claim(one, workflows=["other"], limit=2)
        await backend.renew(two)
        assert [info.held for info in await backend.workers()] == [2, 0]
        assert [info.renewed_at for info in await backend.workers()] == [one.since, two.since]
        await backend.release(first)
        assert await taken(backend, two, limit=1) == [first.run_id]
        assert [info.held for info in await backend.workers()] == [1, 1]


class LimitsOfOthersContract:
    async def test_handles_that_claim_at_once_hold_the_limit(
        self, backend: Backend, reopen: Reopen, clock: Clock
    ) -> None:
        await queued(backend, 20)
        handles = [backend, reopen(), reopen(), reopen()]
        takers = (taken(handle, limited(clock, 3), limit=2) for _ in range(3) for handle in handles)
        found = [run_id for answer in await asyncio.gather(*takers) for run_id in answer]
        found += await taken(backend, limited(clock, 3))
        assert len(found) == len(set(found)) == 3

    async def test_processes_that_claim_at_once_hold_the_limit(
        self, backend: Backend, reopen: Reopen
    ) -> None:
        await queued(backend, 30, minutes=-1_000_000)
        ours = reopen(utc_now)
        async with (
            other_process("claim-limited", backend.url, "order", "5") as one,
            other_process("claim-limited", backend.url, "order", "5") as two,
        ):
            for process in (one, two):
                assert await said(process) == "ready"
            for process in (one, two):
                await tell(process, "go")
            found = [run_id for p in (one, two) for run_id in (await said(p)).split()]
            assert len(found) == len(set(found)) == 5
            one.kill()
            await one.wait()
            held = await ours.workers()
            free = 5 - sum(info.held for info in held)
            by = msgspec.structs.replace(
                worker(utc_now), workflows=(WorkflowInfo(name="order", concurrency=5),)
            )
            assert len(await taken(ours, by)) == free
