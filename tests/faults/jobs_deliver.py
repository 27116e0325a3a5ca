"""Children that deliver to one run, and the worker that takes what they deliver.

The run takes deliveries one by one: its n-th turn waits at `all[n]/got`. The senders do not look
where it stands, so they deliver before, during and after each wait, and each of them says the same
things as another one.
"""

from __future__ import annotations

import random
from typing import Any

from flopod import Control, RunFinishedError, Runtime, Worker, Workflow

RUN = "storm"
EVENT = "go"


def storm(turns: int) -> Workflow[..., Any]:
    """Return the workflow, which ends after so many deliveries that it has taken."""

    async def job(wf: Runtime) -> Any:
        taken = await wf.list("taken")

        async def turn(number: int, _: int) -> None:
            await taken.push(await wf.wait("got", EVENT))

        await wf.each("all", range(turns), turn, concurrency=4)
        return sorted(taken.items)

    return Workflow(job, "job")


def path_of(turn: int) -> str:
    """Return where a turn waits."""
    return f"all[{turn}]/got"


async def deliver(url: str, account: Any, seed: int, numbers: list[int], turns: int) -> None:
    """Deliver each of these numbers, under an id of its own, and most of them a second time."""
    from faults.victim import opened

    dice = random.Random(seed)
    backend = opened(url)
    control = Control(backend)
    for number in numbers:
        for _ in range(dice.choice((1, 2, 2))):
            # The first go to each turn once, so that every turn gets one.
            path = path_of(number % turns)
            try:
                answer = await control.deliver(RUN, path, EVENT, number, f"d{number}")
            except RunFinishedError:
                # A quick worker has taken all it wants before the storm is over.
                account.say("refused", number, False)
            else:
                account.say("accepted", number, answer.new)
    await backend.close()


async def serve(url: str, account: Any, turns: int) -> None:
    """Execute the run until it is at its end."""
    from faults.jobs_work import all_finished
    from faults.victim import opened

    backend = opened(url)
    async with Worker(backend, [storm(turns)]):
        await all_finished(Control(backend))
    await backend.close()
