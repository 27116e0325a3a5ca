"""Appends to a SQLite store whatever is refused: `python sqlite_syncs.py PATH COUNT`.

It says of each append, a line each, whether it was kept or why not.
"""

from __future__ import annotations

import asyncio
import sys

from stories import logged

from flopod.errors import BackendError
from flopod_backends import SqliteBackend


async def main(path: str, count: str) -> None:
    """Append so many events, one after the other."""
    store = SqliteBackend(path)
    for number in range(int(count)):
        try:
            [event] = await store.append("r1", [logged(f"{number}")])
        except BackendError as error:
            print("refused", number, error, flush=True)
        else:
            print("kept", number, event.seq, flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
