"""Ids that differ only in letter case: one run of a SQLite store, or none."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from stories import step, submitted

from flopod.backend import RunQuery
from flopod.errors import RunExistsError
from flopod_backends import SqliteBackend


async def test_ids_that_differ_only_in_letter_case_are_refused(
    store: SqliteBackend, other: SqliteBackend
) -> None:
    for run_id in ("R1", "R2"):
        with pytest.raises(RunExistsError, match=f"{run_id!r}.*'{run_id.lower()}'"):
            await other.append(run_id, [submitted()], expect=0)
        with pytest.raises(RunExistsError):
            await store.append(run_id, [submitted()])
        assert await store.summary(run_id) is None
        assert await store.events(run_id) == []
    [event] = await other.append("r1", [step("c")])
    assert event.seq == 4


async def test_of_several_new_ids_that_differ_in_letter_case_one_is_taken(
    store: SqliteBackend, path: Path
) -> None:
    handles = [store, *(SqliteBackend(path) for _ in range(2))]
    ids = ["new", "NEW", "nEw", "New", "neW", "nEW"]
    appends = [
        handles[n % 3].append(run_id, [submitted()], expect=0) for n, run_id in enumerate(ids)
    ]
    answers = await asyncio.gather(*appends, return_exceptions=True)
    assert sum(isinstance(answer, list) for answer in answers) == 1
    assert sum(isinstance(answer, RunExistsError) for answer in answers) == 5
    assert len(await store.list_runs(RunQuery())) == 3
    for handle in handles[1:]:
        await handle.close()


async def test_to_find_an_id_in_other_letters_no_other_row_is_read(path: Path) -> None:
    from flopod_backends.sqlite_standing import _STANDING

    store = SqliteBackend(path)
    await store.append("r1", [submitted()])
    connection = sqlite3.connect(path)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {_STANDING}", ("[]",))]
    connection.close()
    await store.close()
    assert any("runs_in_any_case" in line for line in plan)
    assert not any("SCAN runs" in line or "SCAN events" in line for line in plan)


async def test_a_deleted_run_leaves_its_id_to_other_letters(store: SqliteBackend) -> None:
    await store.delete("r1")
    [event] = await store.append("R1", [submitted()], expect=0)
    assert event.seq == 1
