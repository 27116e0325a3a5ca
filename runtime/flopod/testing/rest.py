"""When time may jump: nothing that a worker has can go on before it does.

Told from what the worker knows of its runs and from their logs, never by waiting a moment: so a
test takes the same way each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flopod.backend import Backend
from flopod.execution import Execution
from flopod.worker import Worker


async def at_rest(backend: Backend, workers: Iterable[Worker], now: datetime) -> bool:
    """Say whether all that these workers have to do waits for time, or for somebody outside."""
    for worker in workers:
        for held in list(worker.held.values()):
            if not held.aside and not await waits(backend, held.execution):
                return False
        due = await backend.next_due([made.name for made in worker.info.workflows])
        if due is not None and due <= now:
            return False
    return True


async def waits(backend: Backend, execution: Execution | None) -> bool:
    """Say whether nothing in a run can go on, also not for what it has yet to hear of."""
    if execution is None or not execution.blocked:
        return False
    run = await backend.summary(execution.journal.run_id)
    return run is None or run.last_seq <= execution.journal.last_seq
