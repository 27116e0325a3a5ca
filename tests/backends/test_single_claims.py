"""Claims of single runs that come at the same moment are decided together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from flopod.backend import Lease, WorkerInfo
from flopod.errors import BackendError, RunBusyError
from flopod.process import this_process
from flopod_backends.single_claims import Answers, SingleClaims


class Store:
    """Decides as it is told to, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.released: list[Lease] = []
        self.busy: set[str] = set()
        self.overtaken: set[str] = set()
        self.deciding, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()
        self.claims = SingleClaims(self.decide, self.release)

    async def decide(self, asked: Mapping[str, WorkerInfo]) -> Answers:
        self.asked.append(sorted(asked))
        self.deciding.set()
        await self.gate.wait()
        overtaken, self.overtaken = self.overtaken, set()
        return {run_id: self.answer(run_id) for run_id in asked if run_id not in overtaken}

    def answer(self, run_id: str) -> Lease | RunBusyError:
        if run_id in self.busy:
            return RunBusyError(run_id, "host:1")
        return Lease(run_id, "w1", len(self.asked))

    async def release(self, lease: Lease) -> None:
        self.released.append(lease)


async def test_those_of_one_moment_are_asked_for_at_once() -> None:
    store = Store()
    leases = await asyncio.gather(
        *(store.claims.claim(this_process(), f"r{n}") for n in range(100))
    )
    assert len({lease.run_id for lease in leases}) == 100
    assert len(store.asked) == 1


async def test_a_busy_run_is_refused_and_the_others_are_taken() -> None:
    store = Store()
    store.busy = {"r1"}
    claims = (store.claims.claim(this_process(), run_id) for run_id in ("r0", "r1", "r2"))
    first, second, third = await asyncio.gather(*claims, return_exceptions=True)
    assert isinstance(first, Lease) and isinstance(third, Lease)
    assert isinstance(second, RunBusyError)


async def test_two_claims_of_one_run_are_decided_one_after_the_other() -> None:
    store = Store()
    first, second = await asyncio.gather(
        *(store.claims.claim(this_process(), "r1") for _ in range(2))
    )
    assert first.epoch < second.epoch
    assert store.asked == [["r1"], ["r1"]]


async def test_one_that_was_overtaken_is_asked_for_again() -> None:
    store = Store()
    store.overtaken = {"r1"}
    assert (await store.claims.claim(this_process(), "r1")).run_id == "r1"
    assert len(store.asked) == 2


async def test_a_lease_that_nobody_waits_for_any_more_is_given_back() -> None:
    store = Store()
    store.gate.clear()
    claim = asyncio.create_task(store.claims.claim(this_process(), "r1"))
    await store.deciding.wait()
    claim.cancel()
    with pytest.raises(asyncio.CancelledError):
        await claim
    store.gate.set()
    await store.claims.drain()
    assert [lease.run_id for lease in store.released] == ["r1"]


@pytest.mark.parametrize("error", [BackendError("no room"), RuntimeError("a bug")])
async def test_whatever_goes_wrong_in_the_store_reaches_all_who_asked(error: Exception) -> None:
    async def broken(asked: Mapping[str, WorkerInfo]) -> Answers:
        raise error

    claims = SingleClaims(broken, Store().release)
    answers = await asyncio.gather(
        *(claims.claim(this_process(), f"r{n}") for n in range(3)), return_exceptions=True
    )
    assert answers == [error] * 3
