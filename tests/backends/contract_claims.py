"""What a store promises of which runs a worker gets, and when."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from stories import (
    Clock,
    at,
    called,
    completed,
    delivered,
    failed,
    sleeping,
    started,
    submitted,
    waiting,
    worker,
)

from flopod import kin
from flopod.backend import LEASE_TIME, Backend, RunQuery
from flopod.events import Event
from flopod.summary import TELLING_TIME, Status, due_at


async def claimed(backend: Backend, clock: Clock, *workflows: str, limit: int = 100) -> list[str]:
    """Return what a new worker can claim."""
    leases = await backend.claim(worker(clock), workflows=workflows or ("order",), limit=limit)
    return [lease.run_id for lease in leases]


class ClaimsContract:
    async def test_a_queued_run_can_be_claimed(self, backend: Backend, clock: Clock) -> None:
        await backend.append("r1", [submitted()])
        taker = worker(clock)
        [lease] = await backend.claim(taker, workflows=["order"], limit=10)
        assert (lease.run_id, lease.worker_id) == ("r1", taker.worker_id)

    async def test_what_a_live_worker_holds_nobody_else_gets(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted()])
        taker = worker(clock)
        await backend.claim(taker, workflows=["order"], limit=10)
        assert await claimed(backend, clock) == []
        assert await backend.claim(taker, workflows=["order"], limit=10) == []

    async def test_a_run_of_another_workflow_is_not_claimed(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted(workflow="other")])
        await backend.append("by-hand", [submitted(workflow="")])
        assert await claimed(backend, clock, "order", "third") == []
        assert await claimed(backend, clock, "other", "order") == ["r1"]

    async def test_a_claim_takes_those_due_longest_up_to_its_limit(
        self, backend: Backend, clock: Clock
    ) -> None:
        for n in (3, 1, 4, 2):
            await backend.append(f"r{n}", [submitted(-n)])
        assert await claimed(backend, clock, limit=2) == ["r4", "r3"]
        assert await claimed(backend, clock, limit=0) == []
        assert await claimed(backend, clock, limit=9) == ["r2", "r1"]

    async def test_a_sleeper_is_claimed_when_it_is_due_and_not_before(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted(), started(), sleeping(at(5))])
        assert await claimed(backend, clock) == []
        clock.forward(minutes=5, microseconds=-1)
        assert await claimed(backend, clock) == []
        clock.forward(microseconds=1)
        assert await claimed(backend, clock) == ["r1"]

    async def test_a_waiting_run_is_claimed_when_its_event_was_delivered(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted(), started(), waiting()])
        assert await claimed(backend, clock) == []
        await backend.append("r1", [delivered()])
        assert await claimed(backend, clock) == ["r1"]

    @pytest.mark.parametrize("end", [completed(), failed()], ids=["completed", "failed"])
    async def test_a_stopped_run_is_not_claimed(
        self, backend: Backend, clock: Clock, end: Event
    ) -> None:
        dead = worker(clock)
        await backend.append("r1", [submitted()])
        await backend.claim(dead, workflows=["order"], limit=1)
        await backend.append("r1", [end])
        await backend.retire(dead.worker_id)
        assert await claimed(backend, clock) == []

    async def test_what_a_worker_held_that_was_not_renewed_can_be_claimed(
        self, backend: Backend, clock: Clock
    ) -> None:
        taker = worker(clock)
        await backend.append("r1", [submitted(), started(), waiting()])
        await backend.claim_run(taker, "r1")
        clock.forward(seconds=20)
        renewed = msgspec.structs.replace(taker, expires_at=clock() + LEASE_TIME)
        await backend.renew(renewed)
        clock.forward(seconds=20)
        assert await claimed(backend, clock) == []
        clock.forward(seconds=20)
        assert await claimed(backend, clock) == ["r1"]

    async def test_what_a_worker_held_whose_process_is_gone_can_be_claimed(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted()])
        gone = msgspec.structs.replace(worker(clock), process_start="1@an-earlier-boot")
        await backend.claim(gone, workflows=["order"], limit=1)
        assert await claimed(backend, clock) == ["r1"]

    async def test_what_a_retired_worker_held_can_be_claimed(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted(), started(), sleeping(at(60))])
        taker = worker(clock)
        await backend.claim_run(taker, "r1")
        assert await claimed(backend, clock) == []
        await backend.retire(taker.worker_id)
        assert await claimed(backend, clock) == ["r1"]

    async def test_what_was_given_back_is_claimed_when_it_is_due(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted(), started(), sleeping(at(60))])
        await backend.release(await backend.claim_run(worker(clock), "r1"))
        assert await claimed(backend, clock) == []
        clock.forward(hours=1)
        assert await claimed(backend, clock) == ["r1"]

    async def test_what_was_given_back_with_work_left_is_claimed_at_once(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted(), started(), sleeping(at(60))])
        await backend.release(await backend.claim_run(worker(clock), "r1"), again=True)
        assert await claimed(backend, clock) == ["r1"]
        assert await claimed(backend, clock) == []

    async def test_a_superseded_lease_gives_nothing_back(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [submitted()])
        old = await backend.claim_run(worker(clock), "r1")
        await backend.claim_run(worker(clock), "r1")
        await backend.release(old, again=True)
        assert await claimed(backend, clock) == []

    async def test_many_workers_never_get_the_same_run(
        self, backend: Backend, clock: Clock
    ) -> None:
        for n in range(40):
            await backend.append(f"r{n}", [submitted()])
        takers = [claimed(backend, clock, limit=7) for _ in range(10)]
        taken = [run_id for answer in await asyncio.gather(*takers) for run_id in answer]
        taken += await claimed(backend, clock)
        assert sorted(taken) == sorted(f"r{n}" for n in range(40))

    async def test_the_next_run_due_is_told(self, backend: Backend, clock: Clock) -> None:
        assert await backend.next_due(["order"]) is None
        await backend.append("r1", [submitted(), started(), sleeping(at(60))])
        await backend.append("r2", [submitted(workflow="other"), started(), sleeping(at(30))])
        await backend.append("r3", [submitted(), started(), waiting()])
        await backend.append("r4", [submitted(), started(), completed()])
        assert await backend.next_due(["order"]) == at(60)
        assert await backend.next_due(["order", "other"]) == at(30)
        assert await backend.next_due(["third"]) is None
        await backend.append("r5", [submitted()])
        due = await backend.next_due(["order"])
        assert due and due <= clock()

    async def test_a_run_that_is_held_is_not_due(self, backend: Backend, clock: Clock) -> None:
        await backend.append("r1", [submitted(), started()])
        lease = await backend.claim_run(worker(clock), "r1")
        assert await backend.next_due(["order"]) is None
        await backend.append("r1", [sleeping(at(60))])
        await backend.release(lease)
        assert await backend.next_due(["order"]) == at(60)

    async def test_what_a_dead_worker_left_is_due_now(self, backend: Backend, clock: Clock) -> None:
        await backend.append("r1", [submitted(), started(), waiting()])
        await backend.claim_run(worker(clock), "r1")
        assert await backend.next_due(["order"]) is None
        clock.forward(seconds=31)
        due = await backend.next_due(["order"])
        assert due and due <= clock()

    async def test_every_run_that_is_due_can_be_claimed_and_no_other(
        self, backend: Backend, clock: Clock
    ) -> None:
        logs = {
            "a": [submitted()],
            "b": [submitted(), started()],
            "c": [submitted(), started(), sleeping(at(-1))],
            "d": [submitted(), started(), sleeping(at(1))],
            "e": [submitted(), started(), waiting(), delivered()],
            "f": [submitted(), started(), waiting()],
            "g": [submitted(), started(), completed()],
        }
        for run_id, events in logs.items():
            await backend.append(run_id, events)
        summaries = {run_id: await backend.summary(run_id) for run_id in logs}
        due = {r for r, s in summaries.items() if s and (d := due_at(s)) and d <= clock()}
        # What is told as interrupted is running, as far as its log knows.
        assert summaries["b"] and summaries["b"].status is Status.INTERRUPTED
        assert set(await claimed(backend, clock)) == due | {"b"} == {"a", "b", "c", "e"}

    async def test_a_child_at_its_end_is_claimed_until_its_parent_was_told(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [called(), started()])
        [lease] = await backend.claim(worker(clock), workflows=["order"], limit=1)
        await backend.append("r1", [completed()], lease=lease)
        assert await claimed(backend, clock) == [], "whoever ended it has a moment to do it"
        assert await backend.next_due(["order"]) == at(0) + TELLING_TIME
        clock.forward(seconds=1)
        assert await claimed(backend, clock) == ["r1"]
        await backend.append("r1", [Event(kin.EndTold(), at=at(1))])
        clock.forward(days=1)
        assert await claimed(backend, clock) == []
        assert await backend.next_due(["order"]) is None

    async def test_a_child_at_its_end_is_claimed_again_when_its_worker_died_telling(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [called(), started(), completed()])
        clock.forward(seconds=1)
        assert await claimed(backend, clock) == ["r1"]
        assert await claimed(backend, clock) == []
        clock.forward(seconds=2 * LEASE_TIME.total_seconds())
        assert await claimed(backend, clock) == ["r1"]

    async def test_a_child_at_its_end_is_claimed_again_when_its_worker_retired_telling(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [called(), started(), completed()])
        clock.forward(seconds=1)
        teller = worker(clock)
        assert await backend.claim(teller, workflows=["order"], limit=1)
        await backend.retire(teller.worker_id)
        assert await claimed(backend, clock) == ["r1"]

    async def test_a_child_at_its_end_is_told_of_by_a_worker_that_does_not_know_its_workflow(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", [called(), started(), completed()])
        assert await backend.next_due(["other"]) == at(0) + TELLING_TIME
        clock.forward(seconds=1)
        teller = worker(clock)
        [lease] = await backend.claim(teller, workflows=["other"], limit=1)
        assert (lease.run_id, lease.owing) == ("r1", True)
        assert await backend.next_due(["other"]) is None
        await backend.retire(teller.worker_id)
        due = await backend.next_due([])
        assert due and due <= clock()
        assert await claimed(backend, clock, "other") == ["r1"]
        await backend.append("r1", [Event(kin.EndTold(), at=at(1))])
        clock.forward(seconds=2 * LEASE_TIME.total_seconds())
        assert await claimed(backend, clock, "other") == []

    async def test_a_parent_is_claimed_when_one_that_it_called_has_ended(
        self, backend: Backend, clock: Clock
    ) -> None:
        opened = Event(kin.ChildCalled(child="r2", workflow="order"), "sub", at(0))
        await backend.append("r1", [submitted(), started(), opened])
        run = await backend.summary("r1")
        assert run is not None and run.status is Status.WAITING
        assert await claimed(backend, clock) == []
        await backend.append("r1", [Event(kin.ChildEnded(child="r2"), "sub", at(0))])
        assert await claimed(backend, clock) == ["r1"]

    async def test_a_child_names_its_parent_in_every_list(self, backend: Backend) -> None:
        await backend.append("r1", [called(parent="r0")])
        [run] = await backend.list_runs(RunQuery())
        assert run.parent == "r0"
