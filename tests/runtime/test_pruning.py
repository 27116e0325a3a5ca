"""Retention: what `Control.prune` deletes, and what it never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flopod import Control, InvalidDurationError
from flopod import events as ev
from flopod.backend import Backend
from flopod.errors import ErrorInfo
from flopod.events import Event, Fact
from flopod.process import this_process
from flopod.stored import encoded

NOW = datetime.now(UTC)
ERROR = ErrorInfo("ValueError", "no", "step", "", 1)
ENDS: dict[str, Fact | None] = {
    "ok": ev.RunCompleted(output=encoded(1)),
    "error": ev.RunFailed(error=ERROR),
    "cancelled": ev.RunCancelled(),
    "needs_attention": ev.RunNeedsAttention(error=ERROR),
    "open": None,
}


async def told(
    backend: Backend, run_id: str, end: str = "ok", days: float = 40, workflow: str = "job"
) -> None:
    """Record a run that began two days before it ended, so many days ago."""
    begun, ended = NOW - timedelta(days=days + 2), NOW - timedelta(days=days)
    fact = ENDS[end]
    await backend.append(
        run_id,
        [
            Event(ev.RunSubmitted(workflow=workflow), at=begun),
            Event(ev.RunStarted(worker="gone:1"), at=begun),
            Event(ev.ActivityCompleted(output=encoded("kept")), "step", begun),
            *([Event(fact, at=ended)] if fact is not None else []),
        ],
    )


async def pruned(backend: Backend, older_than: Any = "30d", **options: Any) -> set[str]:
    pages = [page async for page in Control(backend).prune(older_than, **options)]
    return {run.run_id for page in pages for run in page}


async def left(backend: Backend) -> set[str]:
    return {run.run_id for run in await Control(backend).list_runs(limit=None)}


async def test_what_ended_before_is_deleted_and_nothing_else(backend: Backend) -> None:
    for end in ENDS:
        await told(backend, f"{end}-old", end, 31)
        await told(backend, f"{end}-young", end, 29)
    before = await left(backend)
    gone = {"ok-old", "error-old", "cancelled-old"}
    assert await pruned(backend, dry_run=True) == gone
    assert await left(backend) == before
    assert await pruned(backend) == gone
    assert await left(backend) == before - gone
    assert await backend.events("ok-old") == []
    assert len(await backend.events("ok-young")) == 4
    assert await pruned(backend) == set()


async def test_failed_runs_are_kept_if_wanted(backend: Backend) -> None:
    for end in ENDS:
        await told(backend, end, end)
    assert await pruned(backend, keep_failed=True) == {"ok", "cancelled"}


async def test_only_runs_of_a_workflow_or_a_status(backend: Backend) -> None:
    await told(backend, "mine", workflow="mine")
    await told(backend, "other")
    await told(backend, "bad", "error")
    assert await pruned(backend, workflow="mine") == {"mine"}
    assert await pruned(backend, status="error") == {"bad"}
    assert await pruned(backend, status=["ok", "cancelled"]) == {"other"}


async def test_a_run_that_a_worker_holds_stays(backend: Backend) -> None:
    await told(backend, "held")
    await told(backend, "free")
    await backend.claim_run(this_process(), "held")
    assert await pruned(backend, dry_run=True) == {"free"}
    assert await pruned(backend) == {"free"}


async def test_a_run_that_is_retried_meanwhile_stays(backend: Backend) -> None:
    await told(backend, "other")
    await told(backend, "again", "error", 41)
    control = Control(backend)
    list_runs = backend.list_runs

    async def looked(query: Any) -> Any:
        page = await list_runs(query)
        if await backend.summary("again") and len(await backend.events("again")) == 4:
            await control.retry("again")
        return page

    backend.list_runs = looked  # type: ignore[method-assign]
    assert await pruned(backend) == {"other"}
    assert len(await backend.events("again")) == 5
    assert (await control.get("again")).status == "queued"


async def test_a_new_fork_of_an_old_run_stays(backend: Backend) -> None:
    await told(backend, "old", "error")
    fork = await Control(backend).fork("old", 4)
    assert await pruned(backend) == {"old"}
    assert await left(backend) == {fork}


@pytest.mark.parametrize("dry_run", [True, False])
async def test_many_come_page_by_page(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    monkeypatch.setattr("flopod.pruning.PAGE", 4)
    for n in range(13):
        await told(backend, f"r{n}", "needs_attention" if n % 5 == 0 else "ok", 40 + n // 6)
    pages = [page async for page in Control(backend).prune("30d", dry_run=dry_run)]
    assert max(map(len, pages)) <= 4
    assert sum(map(len, pages)) == 10
    assert len(await left(backend)) == (13 if dry_run else 3)


async def test_two_that_prune_at_once_do_not_hurt_each_other(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flopod.pruning.PAGE", 3)
    for n in range(10):
        await told(backend, f"r{n}", days=40 + n)
    one, other = Control(backend).prune("30d"), Control(backend).prune("30d")
    await anext(one)
    assert len([page async for page in other]) > 1
    assert len([page async for page in one]) >= 1
    assert await left(backend) == set()


async def test_what_was_interrupted_goes_on_and_leaves_whole_runs(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flopod.pruning.PAGE", 2)
    for n in range(6):
        await told(backend, f"r{n}", days=40 + n)
    cut_off = Control(backend).prune("30d")
    assert len(await anext(cut_off)) == 2
    await cut_off.aclose()
    for run_id in await left(backend):
        assert len(await backend.events(run_id)) == 4
    assert len(await pruned(backend)) == 4


@pytest.mark.parametrize("wrong", ["30", "-1d", "1w", None, float("nan")])
async def test_what_is_no_duration_is_refused_at_once(backend: Backend, wrong: Any) -> None:
    with pytest.raises(InvalidDurationError):
        Control(backend).prune(wrong)


@pytest.mark.parametrize("status", ["running", "needs_attention", "damaged", "no-such"])
async def test_a_status_that_is_not_deleted_is_refused_at_once(
    backend: Backend, status: str
) -> None:
    with pytest.raises(ValueError, match=f"{status}' are kept; taken: cancelled, error, ok"):
        Control(backend).prune("1d", status=status)
