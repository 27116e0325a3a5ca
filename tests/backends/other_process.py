"""Another process that uses a store: `python other_process.py COMMAND URL RUN [N]`.

It says on its output, one line each, what it has done, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from stories import step, submitted

from flopod.backend import Backend, WorkflowInfo
from flopod.process import this_process
from flopod_backends import open_backend


@asynccontextmanager
async def other_process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start one and stop it at the end of the block, whatever it is doing."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__)),
        *arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        assert process.stdout and process.stdin
        process.stdin.close()
        await process.stdout.read()
        await process.wait()


async def said(process: asyncio.subprocess.Process) -> str:
    """Return the next line that it says; empty when it has ended."""
    assert process.stdout
    async with asyncio.timeout(20):
        return (await process.stdout.readline()).decode().strip()


async def tell(process: asyncio.subprocess.Process, line: str) -> None:
    """Say a line to it."""
    assert process.stdin
    process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()


def _say(*words: object) -> None:
    print(*words, flush=True)


async def _heard() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


async def _append(store: Backend, run_id: str) -> None:
    """Append on and on, three events at a time, and say the last number of each."""
    while True:
        recorded = await store.append(run_id, [step(output="x" * 300), step(), step()])
        _say(recorded[-1].seq)


async def _append_many(store: Backend, run_id: str, count: str) -> None:
    """Append so many events one after the other, and say all their numbers."""
    _say("ready")
    await _heard()
    recorded = [await store.append(run_id, [step()]) for _ in range(int(count))]
    _say(*(event.seq for [event] in recorded))


async def _append_when_told(store: Backend, run_id: str) -> None:
    """Append an event for each line of input."""
    await store.append(run_id, [submitted()])
    _say("ready")
    while await _heard():
        [event] = await store.append(run_id, [step()])
        _say(event.seq)


async def _hold(store: Backend, run_id: str) -> None:
    """Take a run and keep it."""
    lease = await store.claim_run(this_process(concurrency=1), run_id)
    _say(lease.epoch)
    await _heard()


async def _claim_limited(store: Backend, workflow: str, most: str) -> None:
    """Claim again and again, few at a time; say what was taken, and hold it."""
    me = this_process(1, [WorkflowInfo(name=workflow, concurrency=int(most))])
    await store.renew(me)
    _say("ready")
    await _heard()
    taken = [await store.claim(me, workflows=[workflow], limit=2) for _ in range(6)]
    _say(*(lease.run_id for leases in taken for lease in leases))
    await _heard()


_COMMANDS = {
    "claim-limited": _claim_limited,
    "append": _append,
    "append-many": _append_many,
    "append-when-told": _append_when_told,
    "hold": _hold,
}


async def _main(command: str, url: str, *arguments: str) -> None:
    store = open_backend(url)
    await _COMMANDS[command](store, *arguments)
    await store.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
