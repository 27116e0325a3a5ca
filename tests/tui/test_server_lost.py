"""A Postgres server that goes away while people look at it: told over the last data, and over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from faults.cut_lines import Line, line_to
from flopod_backends import PostgresBackend
from tui.looking import text_of, until_gone, until_seen
from tui.store import app_over, failing, queued, waiting


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a server that is away given up, and tried again, soon."""
    for name, seconds in {"SILENT_SECONDS": 0.1, "CONNECT_SECONDS": 0.3}.items():
        monkeypatch.setattr(f"flopod_backends.postgres_link.{name}", seconds)
    monkeypatch.setattr("flopod_backends.postgres.READING", 0.3)
    for room in ("runs.feed", "run.tail"):
        monkeypatch.setattr(f"flopod_tui.{room}.AGAIN", 0.1)


def gone(line: Line, away: bool) -> None:
    """The server is stopped: its connections are cut, and it takes no new ones."""
    line.down = away
    if away:
        line.cut()


def frozen(line: Line, away: bool) -> None:
    """The server stands still, or the network loses all that is said."""
    line.frozen = away


@pytest.mark.parametrize("fault", [gone, frozen])
async def test_a_server_that_is_away_for_a_while_is_told_and_its_runs_are_shown_as_they_were(
    fault: Callable[[Line, bool], None], postgres: str, tmp_path: Path
) -> None:
    async with line_to(postgres, tmp_path) as (line, through):
        there, store = PostgresBackend(postgres), PostgresBackend(through)
        await failing("run-1", timedelta(hours=2)).record(there)
        await waiting("run-2", timedelta(hours=1)).record(there)
        app = app_over(store)
        async with app.run_test(size=(120, 36)) as pilot:
            await until_seen(pilot, "run-1", "run-2", "live")
            fault(line, True)
            await until_seen(pilot, "✗ LOST", "✗ postgresql://")
            assert "run-1" in text_of(app) and "run-2" in text_of(app)
            await queued("run-3", timedelta(minutes=1)).record(there)
            fault(line, False)
            await until_seen(pilot, "run-3", "run-1", "live")
            await until_gone(pilot, "✗ LOST")
        for handle in (there, store):
            await handle.close()


async def test_a_run_that_is_open_goes_on_where_it_was_when_the_server_is_back(
    postgres: str, tmp_path: Path
) -> None:
    story = waiting("run-2", timedelta(hours=1))
    async with line_to(postgres, tmp_path) as (line, through):
        there, store = PostgresBackend(postgres), PostgresBackend(through)
        await story.record(there)
        async with app_over(store, run_id="run-2").run_test(size=(120, 36)) as pilot:
            await until_seen(pilot, "expedition", "approval")
            gone(line, True)
            await until_seen(pilot, "✗ LOST", "expedition", "approval")
            before = len(story.events)
            story.step("told-meanwhile", True)
            await there.append("run-2", story.events[before:])
            gone(line, False)
            await until_seen(pilot, "told-meanwhile", "live", "the run can be read again")
            await until_gone(pilot, "✗ LOST")
        for handle in (there, store):
            await handle.close()
