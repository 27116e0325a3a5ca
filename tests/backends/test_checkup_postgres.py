"""The check-up of a Postgres store, and what it mends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from stories import STORY, step, submitted

from flopod_backends import PostgresBackend
from flopod_backends.checkup import check_up, mend
from flopod_backends.checkup_findings import Kind, Report
from flopod_backends.postgres_url import address


@pytest.fixture
async def server(postgres: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection to a server whose store has two runs."""
    store = PostgresBackend(postgres)
    await store.append("r1", STORY)
    await store.append("r2", [submitted(), step()])
    await store.close()
    at = address(postgres)
    connection = await asyncpg.connect(at.dsn)
    await connection.execute(f'SET search_path TO "{at.schema}"')
    yield connection
    await connection.close()


async def checked(url: str) -> Report:
    """Return what is found, as the command finds it: from a program without a loop."""
    [report] = await asyncio.to_thread(check_up, url)
    return report


async def test_a_sound_store_has_nothing_to_find(
    postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    assert await checked(postgres) == Report(PostgresBackend(postgres).url, 2, ())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE runs SET summary = '{}'",
        "UPDATE runs SET status = 'ok'",
        "UPDATE runs SET due_at = 1",
        "UPDATE runs SET search = ''",
        "DELETE FROM runs",
    ],
)
async def test_a_row_that_contradicts_its_log_is_found_and_folded_anew(
    postgres: str, server: asyncpg.Connection[asyncpg.Record], change: str
) -> None:
    await server.execute(f"{change} WHERE run_id = 'r2'")
    report = await checked(postgres)
    assert [(one.kind, one.run) for one in report.findings] == [(Kind.BAD_SUMMARY, "r2")]
    [mended] = await asyncio.to_thread(lambda: [*mend([report], postgres)])
    assert mended.done
    assert (await checked(postgres)).findings == ()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM events WHERE run_id = 'r1' AND seq = 3",
        "DELETE FROM events WHERE run_id = 'r1' AND seq > 3",
        "UPDATE events SET data = '{' WHERE run_id = 'r1' AND seq = 3",
        "UPDATE events SET type = 'Unheard' WHERE run_id = 'r1' AND seq = 3",
    ],
)
async def test_a_log_that_was_changed_by_hand_is_found_and_left_as_it_is(
    postgres: str, server: asyncpg.Connection[asyncpg.Record], change: str
) -> None:
    await server.execute(change)
    [finding] = (await checked(postgres)).findings
    assert (finding.kind, finding.run, finding.mend) == (Kind.DAMAGED_LOG, "r1", "")
    store = PostgresBackend(postgres)
    assert len(await store.events("r2")) == 2
    await store.close()


async def test_an_id_that_cannot_be_one_is_found_beside_the_log_that_lost_its_row(
    postgres: str, server: asyncpg.Connection[asyncpg.Record]
) -> None:
    await server.execute("UPDATE runs SET run_id = '../r2' WHERE run_id = 'r2'")
    found = {one.run: one.kind for one in (await checked(postgres)).findings}
    assert found == {"../r2": Kind.DAMAGED_LOG, "r2": Kind.BAD_SUMMARY}
