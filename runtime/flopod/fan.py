"""Strands of a body at once: what each and parallel stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from flopod.errors import Suspended
from flopod.execution import Execution
from flopod.scope import Line, Scope


async def fan_out(
    scope: Scope, one: Callable[[int, Line], Awaitable[None]], total: int, concurrency: int
) -> None:
    """Settle `total` things, `concurrency` at a time, each on a line of its own."""
    if concurrency == 1 or total == 1:
        for index in range(total):
            await one(index, scope.line)
        return
    pending = iter(range(total))
    joined = Line(scope.line.horizon)

    async def work() -> None:
        for index in pending:
            line = Line(scope.line.horizon)
            await one(index, line)
            joined.saw(line.horizon)

    await _join(scope.execution, [work() for _ in range(min(concurrency, total))])
    scope.line.saw(joined.horizon)


async def _join(execution: Execution, strands: list[Coroutine[Any, Any, None]]) -> None:
    """Run `strands` at once. An error ends them all; a suspension lets each come to its own."""
    tasks = {asyncio.create_task(strand) for strand in strands}
    left, handed_back = len(tasks), False

    def ended(task: asyncio.Task[None]) -> None:
        # The one that lets the caller go on hands its place back: at no moment may the run look
        # as if nothing in it could go on, or it is put aside as waiting for good.
        nonlocal left, handed_back
        left -= 1
        error = None if task.cancelled() else task.exception()
        failed = error is not None and not isinstance(error, Suspended)
        if not handed_back and (failed or not left):
            handed_back = True
        else:
            execution.branch_ended()

    if tasks:
        execution.branches_begun(len(tasks))
    for task in tasks:
        task.add_done_callback(ended)
    try:
        errors = await _first_error(tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for error in errors:
        raise error


async def _first_error(tasks: set[asyncio.Task[None]]) -> list[BaseException]:
    """Return why the strands ended before their time: an error as soon as there is one."""
    errors: list[BaseException] = []
    while tasks:
        done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        errors += [error for task in done if (error := task.exception()) is not None]
        if any(not isinstance(error, Suspended) for error in errors):
            break
    return sorted(errors, key=lambda error: isinstance(error, Suspended))
