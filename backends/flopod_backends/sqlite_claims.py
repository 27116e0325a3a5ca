"""Which runs need a worker in a SQLite store, and the one statement that takes them.

Between the look and the taking others may claim too. So a run is taken only as it was seen, and of
a workflow with a limit only while there is room, which the statement itself counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from flopod.backend import Lease
from flopod.summary import STOPPED
from flopod_backends import claims
from flopod_backends.claims import Hold
from flopod_backends.moments import milliseconds
from flopod_backends.sqlite_open import Execute

_DUE = """
SELECT due_at, run_id, coalesce(epoch, 0), workflow
FROM runs LEFT JOIN leases USING (run_id)
WHERE due_at <= ?1 AND worker_id IS NULL AND workflow IN (SELECT value FROM json_each(?2))
  AND status NOT IN (SELECT value FROM json_each(?3))
ORDER BY due_at LIMIT ?4
"""
# A worker that registered itself after we looked is not among those we know to be dead.
_OF_DEAD = """
worker_id IS NOT NULL
       AND (worker_id IN (SELECT value FROM json_each(?1))
            OR worker_id NOT IN (SELECT worker_id FROM workers))
"""
_LEFT = f"""
SELECT coalesce(due_at, 0), run_id, epoch, workflow
FROM leases JOIN runs USING (run_id)
WHERE (worker_id IS NOT NULL OR again)
  AND (worker_id IS NULL OR {_OF_DEAD})
  AND workflow IN (SELECT value FROM json_each(?2))
  AND status NOT IN (SELECT value FROM json_each(?3))
ORDER BY coalesce(due_at, 0) LIMIT ?4
"""
# A run at its end that is due has yet to tell somebody of that, for which nobody needs its code.
_OWING = f"""
SELECT due_at, run_id, coalesce(epoch, 0), workflow
FROM runs INDEXED BY runs_owing LEFT JOIN leases USING (run_id)
WHERE due_at <= ?2 AND status IN ('ok', 'error', 'cancelled')
  AND (worker_id IS NULL OR {_OF_DEAD})
ORDER BY due_at LIMIT ?3
"""
_ANY_DEAD = f"""
SELECT 1 FROM leases JOIN runs USING (run_id)
WHERE {_OF_DEAD} AND workflow IN (SELECT value FROM json_each(?2)) LIMIT 1
"""
_VOID = f"""
UPDATE leases SET worker_id = NULL, again = 1
WHERE {_OF_DEAD}
  AND run_id IN (SELECT run_id FROM runs WHERE workflow IN (SELECT value FROM json_each(?2)))
"""
_HELD = """
SELECT workflow, count(*) FROM leases JOIN runs USING (run_id)
WHERE worker_id IS NOT NULL AND workflow IN (SELECT value FROM json_each(?))
GROUP BY workflow
"""
# The last three of a row: its workflow, the how manieth of it this is, and the limit, if any.
_TAKE = f"""
WITH held (workflow, many) AS MATERIALIZED ({_HELD.replace("?", "?2")})
INSERT INTO leases (run_id, worker_id, epoch, again)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), 0
FROM json_each(?1)
WHERE json_extract(value, '$[3]') = coalesce(
    (SELECT epoch FROM leases AS held WHERE held.run_id = json_extract(value, '$[0]')), 0
)
AND (json_extract(value, '$[6]') IS NULL OR json_extract(value, '$[6]') >=
     json_extract(value, '$[5]') + coalesce(
         (SELECT many FROM held WHERE held.workflow = json_extract(value, '$[4]')), 0
     ))
ON CONFLICT (run_id) DO UPDATE
SET worker_id = excluded.worker_id, epoch = excluded.epoch, again = 0
RETURNING run_id, worker_id, epoch
"""
_NEVER = 2**62
AT_ITS_END = msgspec.json.encode(sorted(STOPPED)).decode()


class Wanted(NamedTuple):
    """A run to be taken if it is still as it was seen."""

    run_id: str
    worker_id: str
    seen: int
    """The epoch."""
    workflow: str = ""
    place: int = 0
    """Which of its workflow it is among those wanted at once, from 1."""
    most: int | None = None
    """How many of the workflow may be held."""
    owing: bool = False
    """It only has to tell of its end."""


class Claims:
    """Finds runs that need a worker, and takes runs."""

    def __init__(self, read: Execute, write: Execute, clock: Callable[[], datetime]) -> None:
        self._read = read
        self._write = write
        self._clock = clock

    async def find(
        self,
        worker_id: str,
        workflows: Collection[str],
        limits: Mapping[str, int],
        dead: Collection[str],
        most: int,
    ) -> list[Wanted]:
        """Return up to `most` runs that need a worker and have room, those due longest first."""
        room = await self._room(limits, dead) if limits else {}
        owing = await self._owing(dead, most)
        found = await self._needing([*workflows - limits.keys()], dead, most)
        for name, free in room.items():
            if free > 0:
                found += await self._needing([name], dead, min(free, most))
        wanted, places = [], Counter[str]()
        # One that was taken and given back between the two looks is found twice: it is one run.
        once = {one[1]: one for one in sorted((*found, *owing))}
        for _, run_id, epoch, name in [*once.values()][:most]:
            # What only has to tell of its end executes nothing, so no limit holds it up.
            tells = once[run_id] in owing
            limit = None if tells else limits.get(name)
            places[name] += limit is not None
            wanted.append(Wanted(run_id, worker_id, epoch, name, places[name], limit, tells))
        return wanted

    async def next_owing(self, dead: Iterable[str]) -> list[int]:
        """Return when the next run that has to tell of its end is due, if there is one."""
        return [row[0] for row in await self._read(_OWING, as_json(dead), _NEVER, 1)]

    async def any_left(self, workflows: Iterable[str], dead: Iterable[str]) -> bool:
        """Return whether there are runs that dead workers left or that were given back."""
        return bool(await self._read(_LEFT, as_json(dead), as_json(workflows), AT_ITS_END, 1))

    async def take(self, wanted: Collection[Wanted]) -> dict[str, Lease]:
        """Take runs, each for a worker, as far as they are as they were seen; return those."""
        if not wanted:
            return {}
        now = self._clock()
        rows = [
            (
                *(one.run_id, one.worker_id),
                claims.taken(Hold(one.seen), one.worker_id, now).epoch,
                *(one.seen, one.workflow, one.place, one.most),
            )
            for one in wanted
        ]
        limited = {one.workflow for one in wanted if one.most is not None}
        taken = await self._write(_TAKE, msgspec.json.encode(rows).decode(), as_json(limited))
        owing = {one.run_id for one in wanted if one.owing}
        return {
            run_id: Lease(run_id, worker_id, epoch, run_id in owing)
            for run_id, worker_id, epoch in taken
        }

    async def _needing(
        self, workflows: Collection[str], dead: Collection[str], most: int
    ) -> list[tuple[int, str, int, str]]:
        if not workflows:
            return []
        names, now = as_json(workflows), milliseconds(self._clock())
        due = await self._read(_DUE, now, names, AT_ITS_END, most)
        left = await self._read(_LEFT, as_json(dead), names, AT_ITS_END, most)
        return sorted({(at, run_id, epoch, name) for at, run_id, epoch, name in (*due, *left)})[
            :most
        ]

    async def _owing(self, dead: Iterable[str], most: int) -> list[tuple[int, str, int, str]]:
        found = await self._read(_OWING, as_json(dead), milliseconds(self._clock()), most)
        return [(at, run_id, epoch, name) for at, run_id, epoch, name in found]

    async def _room(self, limits: Mapping[str, int], dead: Collection[str]) -> dict[str, int]:
        """Return how many more runs may be held, once what dead workers hold is given back."""
        names = as_json(limits)
        if await self._read(_ANY_DEAD, as_json(dead), names):
            await self._write(_VOID, as_json(dead), names)
        held = {name: many for name, many in await self._read(_HELD, names)}
        return {name: most - held.get(name, 0) for name, most in limits.items()}


def as_json(names: Iterable[str]) -> str:
    """Return names as the statements take them."""
    return msgspec.json.encode(list(names)).decode()
