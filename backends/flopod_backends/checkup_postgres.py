"""The check-up of a Postgres store: every log read to its end, and every row held against it.

The server keeps the bytes; what is looked for is what somebody did to the tables by hand, or a
restore that brought them back from different moments. A repair folds a row anew from its log.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

from flopod.errors import BackendError, CorruptLogError, InvalidRunIdError
from flopod_backends.checkup_findings import Finding, Kind, Level, Mended, Report
from flopod_backends.log_rows import Found, believed
from flopod_backends.postgres import PostgresBackend
from flopod_backends.postgres_logs import ROW
from flopod_backends.postgres_standing import REWRITE, text_columns
from flopod_backends.recording import folded

T = TypeVar("T")

_RUNS = """
SELECT run_id FROM runs WHERE run_id > $1 AND begun
UNION
SELECT run_id FROM (SELECT DISTINCT run_id FROM events WHERE run_id > $1
                    ORDER BY run_id LIMIT 1000) AS logged
ORDER BY run_id LIMIT 1000
"""
_STORED = f"""
SELECT {ROW}, workflow, status, submitted_at, due_at, last_seq, search FROM runs WHERE run_id = $1
"""


def check(url: str) -> Report:
    """Check the store that `url` names.

    Raises:
        BackendError: it cannot be reached.
    """
    return _with(url, _check)


def mend(url: str, findings: Iterable[Finding]) -> Iterator[Mended]:
    """Fold the rows anew that were found to be wrong."""

    async def mended(store: PostgresBackend) -> list[Mended]:
        return [await _mend(store, finding) for finding in findings]

    yield from _with(url, mended)


def _with(url: str, work: Callable[[PostgresBackend], Awaitable[T]]) -> T:
    async def done() -> T:
        store = PostgresBackend(url)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(done())


async def _check(store: PostgresBackend) -> Report:
    runs, findings = 0, []
    async for run_id in _run_ids(store):
        runs += 1
        if finding := await _check_run(store, run_id):
            findings.append(finding)
    return Report(store.url, runs, tuple(findings))


async def _run_ids(store: PostgresBackend) -> AsyncIterator[str]:
    last = ""
    while rows := await store.fetch(_RUNS, last):
        for (run_id,) in rows:
            yield run_id
        last = rows[-1][0]


async def _check_run(store: PostgresBackend, run_id: str) -> Finding | None:
    try:
        events = await store.events(run_id)
    except InvalidRunIdError:
        what = f"run {run_id!a} has an id that cannot be one: it was changed by hand"
        taken = "lists show it as damaged, and nobody goes on with it"
        return Finding(Level.DAMAGE, Kind.DAMAGED_LOG, store.url, what, taken, run=run_id)
    except CorruptLogError as error:
        what = f"run {run_id!r} is damaged at {str(error).partition('damaged at ')[2]}"
        taken = f"events 1 to {len(error.events)} are read, and nobody goes on with the run"
        return Finding(Level.DAMAGE, Kind.DAMAGED_LOG, store.url, what, taken, run=run_id)
    rows = await store.fetch(_STORED, run_id)
    expected = folded(run_id, None, events)
    if not rows:
        return _bad(store, run_id, "it has no row, so no list shows it")
    *row, workflow, status, submitted_at, due_at, last_seq, search = rows[0]
    if believed(Found(*row)) != expected:
        return _bad(store, run_id, "its row is not what its log folds to")
    if (workflow, status, submitted_at, due_at, last_seq, search) != text_columns(expected)[:6]:
        return _bad(store, run_id, "the columns of its row are not what its log folds to")
    return None


def _bad(store: PostgresBackend, run_id: str, what: str) -> Finding:
    told = f"run {run_id!r}: {what}"
    taken, mend = "its log is folded instead", "it is folded from the log again"
    return Finding(Level.DAMAGE, Kind.BAD_SUMMARY, store.url, told, taken, run=run_id, mend=mend)


async def _mend(store: PostgresBackend, finding: Finding) -> Mended:
    try:
        summary = folded(finding.run, None, await store.events(finding.run))
        await store.fetch(REWRITE, finding.run, *text_columns(summary))
    except BackendError as error:
        return Mended(finding, False, str(error))
    return Mended(finding, True, "its row was folded anew from its log")
