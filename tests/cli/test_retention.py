"""`flopod prune` and `flopod workers`: what they say, in which form, and how they end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.conftest import FLOWS, Flopod
from cli.test_imports import loaded
from flopod.backend import WorkflowInfo
from flopod.process import this_process
from flopod.records import iso
from flopod_backends import open_backend
from runtime.test_pruning import NOW, told

WORKER = [
    *("worker_id", "name", "host", "pid", "since", "heartbeat"),
    *("held", "concurrency", "workflows", "limits"),
]
PRUNED = ["deleted", "count", "oldest", "newest", "statuses", "runs"]


@pytest.fixture
def old(store: str) -> str:
    """Record runs that ended long ago, and some that did not; return the URL of their store."""

    async def record() -> None:
        backend = open_backend(store)
        await told(backend, "first", "ok", 50)
        await told(backend, "second", "error", 40)
        await told(backend, "third", "ok", 31)
        await told(backend, "young", "ok", 2)
        await told(backend, "stuck", "needs_attention", 60)
        await told(backend, "open", "open", 60)
        await backend.close()

    asyncio.run(record())
    return store


def runs(flopod: Flopod, store: str) -> set[str]:
    return {run["run_id"] for run in flopod("runs", "--json", "--backend", store).json}


def test_without_yes_it_only_says_what_it_would_delete(flopod: Flopod, old: str) -> None:
    before = runs(flopod, old)
    said = flopod("prune", "--older-than", "30d", "--backend", old)
    first, last = iso(NOW - timedelta(days=50)), iso(NOW - timedelta(days=31))
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        f"would delete 3 runs (1 error, 2 ok), ended {first} to {last}, in {old}; "
        "the same with --yes deletes them\n"
    )
    assert flopod("prune", "--older-than", "30d", "--dry-run", "--backend", old).out == said.out
    assert runs(flopod, old) == before


def test_with_yes_it_deletes_them(flopod: Flopod, old: str) -> None:
    said = flopod("prune", "--older-than", "30d", "--keep-failed", "--yes", "--backend", old)
    assert said.code == 0 and said.out.startswith("deleted 2 runs (2 ok), ended ")
    assert runs(flopod, old) == {"second", "young", "stuck", "open"}
    said = flopod("prune", "--older-than", "30d", "--keep-failed", "--yes", "--backend", old)
    assert (said.code, said.out) == (0, f"nothing to delete in {old}\n")
    assert flopod("doctor", "--backend", old).code == 0


def test_json_has_exactly_the_fields_that_help_names(flopod: Flopod, old: str) -> None:
    asked = ("prune", "--older-than", "30d", "--status", "ok", "--json", "--backend", old)
    said = flopod(*asked)
    assert list(said.json) == PRUNED
    assert said.json["runs"] == ["third", "first"]
    assert (said.json["deleted"], said.json["count"]) == (False, 2)
    assert said.json["statuses"] == {"ok": 2}
    assert said.json["oldest"] == iso(NOW - timedelta(days=50))
    assert flopod(*asked, "--yes").json == {**said.json, "deleted": True}
    assert flopod(*asked).json["oldest"] is None
    words = flopod("prune", "--help").out
    assert all(name in words for name in PRUNED)


def test_only_runs_of_one_workflow(flopod: Flopod, old: str) -> None:
    said = flopod("prune", "--older-than", "0s", "--workflow", "other", "--json", "--backend", old)
    assert said.json["runs"] == []


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ([], "--older-than"),
        (["--older-than", "a month"], "'30s'"),
        (["--older-than", "-3d"], "--older-than"),
        (["--older-than", "3d", "--status", "running"], "cancelled"),
        (["--older-than", "3d", "--yes", "--dry-run"], "--dry-run"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(
    flopod: Flopod, store: str, wrong: list[str], why: str
) -> None:
    said = flopod("prune", *wrong, "--backend", store)
    assert (said.code, said.out) == (2, "")
    assert said.err.count("\n") == 1 and why in said.err


def test_live_workers_are_listed(flopod: Flopod, store: str) -> None:
    said = flopod("workers", "--backend", store)
    assert (said.code, said.out) == (0, "")
    assert said.err == f"flopod: no live worker in {store}; start one: flopod worker\n"
    assert flopod("workers", "--backend", store, "--json").json == []
    infos = [WorkflowInfo(name="order", concurrency=3), WorkflowInfo(name="other")]
    me = this_process(concurrency=7, workflows=infos)

    async def live() -> None:
        backend = open_backend(store)
        await backend.renew(me)
        await backend.claim_run(me, "r1")
        await backend.close()

    asyncio.run(live())
    told = flopod("workers", "--backend", store, "--json")
    [worker] = told.json
    assert list(worker) == WORKER
    assert worker["name"] == me.name and worker["since"] == iso(me.since)
    assert (worker["held"], worker["concurrency"]) == (1, 7)
    assert (worker["workflows"], worker["limits"]) == (["order", "other"], {"order": 3})
    age = datetime.now(UTC) - datetime.fromisoformat(worker["heartbeat"])
    assert age < timedelta(seconds=30)
    head, line = flopod("workers", "--backend", store).out.splitlines()
    assert head.split() == ["HOST", "PID", "SINCE", "HELD", "OF", "HEARTBEAT", "WORKFLOWS"]
    assert str(me.pid) in line and line.endswith("order (at most 3), other")
    words = flopod("workers", "--help").out
    assert all(name in words for name in WORKER)


def test_neither_loads_what_draws() -> None:
    for argv in (["workers"], ["prune", "--older-than", "1d"]):
        assert "textual" not in loaded(f"from flopod_tui.cli import main\nmain({argv!r})")


def test_a_worker_with_a_wrong_limit_is_told_in_one_line(flopod: Flopod, store: str) -> None:
    text = Path(FLOWS).read_text().replace("@workflow\n", "@workflow(concurrency=0)\n", 1)
    Path("wrong.py").write_text(text)
    said = flopod("worker", "-w", "wrong.py", "--backend", store)
    assert said.code == 2 and "concurrency is 0" in said.err.splitlines()[-1]
