"""A program on a disk that is full, or is not let write: `python full_disk.py DIR [BYTES]`.

It appends until it is refused and says how much was recorded, and why no more. When it is told to,
it goes on.
"""

from __future__ import annotations

import asyncio
import resource
import sys

from flopod.errors import BackendError
from flopod.events import ActivityCompleted, Event
from flopod.stored import encoded
from flopod_backends import FileBackend


async def main(folder: str, most: str = "") -> None:
    """Append until refused; then, for each line of input, once more."""
    store = FileBackend(folder)
    await store.append("r1", _events())
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), resource.RLIM_INFINITY))
    for goes_on in (False, True):
        if goes_on:
            await asyncio.to_thread(sys.stdin.readline)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        try:
            for _ in range(3 if goes_on else 100_000):
                last = (await store.append("r1", _events()))[-1].seq
        except BackendError as error:
            print(error, flush=True)
        print(last, flush=True)
    await store.close()


def _events() -> list[Event]:
    return [Event(ActivityCompleted(output=encoded("x" * 300)), f"s{n}") for n in range(3)]


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
