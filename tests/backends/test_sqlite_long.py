"""A long log in a SQLite store is decoded beside the loop, a short one on it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from stories import step, submitted

from flopod.events import Event
from flopod_backends import SqliteBackend, logs
from flopod_backends.sqlite_open import Row


async def test_a_long_log_is_decoded_beside_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    restored = logs.restored

    def noting(run_id: str, after: int, rows: Sequence[Row]) -> list[Event]:
        threads.append(threading.current_thread())
        return restored(run_id, after, rows)

    monkeypatch.setattr(logs, "restored", noting)
    monkeypatch.setattr(logs, "_MANY", 10)
    store = SqliteBackend(tmp_path / "runs.db")
    events = await store.append("r1", [submitted(), *(step(f"s{n}") for n in range(20))])
    assert await store.events("r1") == events
    assert await store.events("r1", 18) == events[18:]
    assert [thread is threading.main_thread() for thread in threads] == [False, True]
    await store.close()
