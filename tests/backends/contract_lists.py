"""What a store promises of the lists of its runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from stories import (
    NOON,
    Clock,
    at,
    completed,
    failed,
    logged,
    sleeping,
    started,
    step,
    submitted,
    waiting,
    worker,
)

from flopod.backend import Backend, RunQuery
from flopod.errors import RunNotFoundError
from flopod.summary import Status


async def ids(backend: Backend, **query: object) -> list[str]:
    return [run.run_id for run in await backend.list_runs(RunQuery(**query))]


async def some_runs(backend: Backend, clock: Clock) -> None:
    """Tell of one run for each status, the later the newer; a live worker holds `running`."""
    holder = worker(clock)
    await backend.renew(holder)
    await backend.append("queued", [submitted(1)])
    await backend.append("running", [submitted(2), started(2)])
    await backend.append("lost", [submitted(3), started(3), step(minutes=3)])
    await backend.append("sleeping", [submitted(4), started(4), sleeping(at(100), 4)])
    await backend.append("waiting", [submitted(5, "other"), started(5), waiting(minutes=5)])
    await backend.append("ok", [submitted(6), started(6), completed(6)])
    await backend.append("error", [submitted(7), started(7), failed(7)])
    await backend.claim_run(holder, "running")


class ListsContract:
    async def test_an_empty_store_lists_nothing(self, backend: Backend) -> None:
        assert await backend.list_runs(RunQuery()) == []
        assert await backend.counts() == {}

    async def test_a_list_shows_the_newest_run_first(self, backend: Backend, clock: Clock) -> None:
        await some_runs(backend, clock)
        assert await ids(backend) == [
            *("error", "ok", "waiting", "sleeping", "lost", "running", "queued")
        ]

    async def test_runs_submitted_at_the_same_time_are_listed_by_id(self, backend: Backend) -> None:
        for run_id in ("b", "a", "c"):
            await backend.append(run_id, [submitted(1)])
        await backend.append("later", [submitted(2)])
        assert await ids(backend) == ["later", "a", "b", "c"]

    async def test_a_run_that_was_never_submitted_is_listed_last(self, backend: Backend) -> None:
        await backend.append("a", [logged()])
        await backend.append("b", [submitted()])
        assert await ids(backend) == ["b", "a"]

    async def test_each_is_told_as_its_summary_is(self, backend: Backend, clock: Clock) -> None:
        await some_runs(backend, clock)
        for run in await backend.list_runs(RunQuery()):
            assert run == await backend.summary(run.run_id)

    async def test_a_run_that_nobody_executes_is_told_as_interrupted(
        self, backend: Backend, clock: Clock
    ) -> None:
        await some_runs(backend, clock)
        told = {run.run_id: (run.status, run.worker) for run in await backend.list_runs(RunQuery())}
        assert told["lost"] == (Status.INTERRUPTED, None)
        assert told["running"] == (Status.RUNNING, worker(clock).name)
        assert told["sleeping"] == (Status.SLEEPING, None)
        clock.forward(seconds=31)
        summary = await backend.summary("running")
        assert summary and (summary.status, summary.worker) == (Status.INTERRUPTED, None)

    async def test_a_list_can_be_narrowed_to_statuses(self, backend: Backend, clock: Clock) -> None:
        await some_runs(backend, clock)
        for status, expected in (
            (Status.QUEUED, ["queued"]),
            (Status.RUNNING, ["running"]),
            (Status.INTERRUPTED, ["lost"]),
            (Status.DAMAGED, []),
        ):
            assert await ids(backend, statuses=frozenset({status})) == expected
        assert await ids(backend, statuses=frozenset({Status.INTERRUPTED, Status.OK})) == [
            *("ok", "lost")
        ]
        assert await ids(backend, statuses=frozenset()) == []

    async def test_the_counts_tell_how_many_runs_stand_how(
        self, backend: Backend, clock: Clock
    ) -> None:
        await some_runs(backend, clock)
        await backend.append("ok-too", [submitted(), started(), completed()])
        assert await backend.counts() == {
            Status.QUEUED: 1,
            Status.RUNNING: 1,
            Status.INTERRUPTED: 1,
            Status.SLEEPING: 1,
            Status.WAITING: 1,
            Status.OK: 2,
            Status.ERROR: 1,
        }

    async def test_a_list_can_be_narrowed_to_some_runs(
        self, backend: Backend, clock: Clock
    ) -> None:
        await some_runs(backend, clock)
        assert await ids(backend, run_ids=frozenset({"ok", "queued", "none"})) == ["ok", "queued"]
        assert await ids(backend, run_ids=frozenset()) == []

    async def test_a_list_can_be_narrowed_to_a_workflow(
        self, backend: Backend, clock: Clock
    ) -> None:
        await some_runs(backend, clock)
        assert await ids(backend, workflow="other") == ["waiting"]
        assert await ids(backend, workflow="none") == []

    async def test_a_list_can_be_searched(self, backend: Backend, clock: Clock) -> None:
        await some_runs(backend, clock)
        assert await ids(backend, search="SLEEP") == ["sleeping"]
        assert await ids(backend, search="other") == ["waiting"]
        assert await ids(backend, search="no such port") == ["error"]
        assert await ids(backend, search="approval") == ["waiting"]
        assert await ids(backend, search="o%_'\"") == []
        assert len(await ids(backend, search="")) == 7

    async def test_a_list_is_as_long_as_its_limit(self, backend: Backend, clock: Clock) -> None:
        await some_runs(backend, clock)
        assert await ids(backend, limit=2) == ["error", "ok"]
        assert await ids(backend, limit=0) == []
        assert len(await ids(backend, limit=None)) == 7

    async def test_pages_follow_each_other_without_gap_or_overlap(self, backend: Backend) -> None:
        for n in range(20):
            await backend.append(f"r{n:02}", [submitted(n // 4)])
        whole = await ids(backend)
        pages: list[str] = []
        while page := await ids(backend, limit=3, before=pages[-1] if pages else None):
            pages += page
        assert pages == whole
        assert len(whole) == 20

    async def test_a_page_can_begin_before_a_time(self, backend: Backend, clock: Clock) -> None:
        await some_runs(backend, clock)
        assert await ids(backend, before=at(3)) == ["running", "queued"]
        assert await ids(backend, before=at(2) + timedelta(microseconds=1)) == ["running", "queued"]
        assert await ids(backend, before=NOON) == []

    async def test_a_page_after_an_unknown_run_is_refused(self, backend: Backend) -> None:
        with pytest.raises(RunNotFoundError):
            await backend.list_runs(RunQuery(before="r1"))

    async def test_a_deleted_run_is_not_listed(self, backend: Backend, clock: Clock) -> None:
        await some_runs(backend, clock)
        await backend.delete("ok")
        assert "ok" not in await ids(backend)
