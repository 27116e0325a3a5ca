"""Log lines: what the author says and what `logging` hears stand in the run's own log, once."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from flopod import Control, Runtime, run_workflow
from flopod import events as ev
from flopod.stored import decoded
from flopod_backends import MemoryBackend
from runtime.lives import RUN


async def run(body: Any, backend: MemoryBackend) -> Any:
    async with asyncio.timeout(10):
        return await run_workflow(body, backend=backend, run_id=RUN)


def lines_of(events: list[ev.Event]) -> list[tuple[str, str, str]]:
    return [
        (e.path, e.fact.level, e.fact.message) for e in events if isinstance(e.fact, ev.LogEmitted)
    ]


async def test_log_lines_of_the_body_and_its_steps_stand_in_the_runs_log_once() -> None:
    logger, backend = logging.getLogger("orders"), MemoryBackend()

    async def body(wf: Runtime) -> None:
        logger.info("not heard: a library speaks only from the level its user set")
        wf.log("one", user="ann")
        logger.warning("two %d", 2)

        def plain() -> None:
            logger.error("from a thread")
            wf.log("also from a thread")

        async def later() -> None:
            logger.warning("from the loop")

        def own_loop() -> None:
            asyncio.run(later())

        await wf.activity("plain", plain)
        await wf.activity("later", later)
        await wf.activity("own-loop", own_loop)
        wf.log("three", "error")
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await run(body, backend)
        await Control(backend).retry(RUN)
    assert lines_of(await backend.events(RUN)) == [
        ("", "info", "one"),
        ("", "warning", "two 2"),
        ("plain", "error", "from a thread"),
        ("plain", "info", "also from a thread"),
        ("later", "warning", "from the loop"),
        ("own-loop", "warning", "from the loop"),
        ("", "error", "three"),
    ]


async def test_lines_from_elsewhere_and_of_the_machinery_are_not_the_runs() -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime) -> None:
        logging.getLogger("flopod.worker").warning("machinery")
        await wf.activity("step", lambda: logging.getLogger("asyncio").warning("machinery"))

    await run(body, backend)
    logging.getLogger("orders").warning("outside")
    assert lines_of(await backend.events(RUN)) == []


async def test_a_log_line_never_fails() -> None:
    backend = MemoryBackend()

    async def body(wf: Runtime) -> None:
        wf.log("odd \udcff name", thing=object(), fine=[1])

    await run(body, backend)
    fact: Any = next(e for e in await backend.events(RUN) if isinstance(e.fact, ev.LogEmitted)).fact
    assert fact.message == "odd \\udcff name"
    assert "object object" in decoded(fact.fields)["thing"]
