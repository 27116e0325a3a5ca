"""The long lists of the app at 100,000: folding, adding, searching, and opening such a run.

Folding and searching are told in CPU time, opening in seconds from the first read: `tail` until
the newest events are there to be painted, `complete` until all is folded, and the longest time in
between in which no key would be answered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from rounds import medians

from flopod import events as ev
from flopod.backend import Backend
from flopod.control import Control
from flopod.events import Event, Fact
from flopod.stored import encoded
from flopod.tree import TreeBuilder
from flopod_backends import FileBackend, SqliteBackend
from flopod_tui.paths.lines import PathLines
from flopod_tui.paths.search import hits
from flopod_tui.run import event_search
from flopod_tui.run.tail import RunTail

ITEMS = 33_333
"""Of two steps each: with the each and the run itself, 100,000 nodes."""
EVENTS = 100_000
BATCH = 1000


def measure(scratch: Path, rounds: int) -> dict[str, Any]:
    """Return milliseconds of CPU per key, and seconds to open a run."""
    stores: dict[str, Callable[[], Backend]] = {
        "sqlite": lambda: SqliteBackend(scratch / "runs.db"),
        "file": lambda: FileBackend(scratch / "runs"),
    }
    story = _story(EVENTS // 5)
    for made in stores.values():
        asyncio.run(_fill(made(), story))
    tree = TreeBuilder()
    for event in _story(ITEMS):
        tree.add(event)
    figures = {"nodes": len(tree.nodes), "events": len(story)}
    keys = medians(_keys(tree, story) for _ in range(rounds))
    return {**figures, **keys, **medians(_opened(stores) for _ in range(rounds))}


def _keys(tree: TreeBuilder, story: list[Event]) -> dict[str, float]:
    lines = PathLines()
    figures = {"lay_out_ms": _cpu(lambda: lines.show(tree))}
    group = lines.index("work", crowd=True)
    figures["unfold_group_ms"] = _cpu(lambda: lines.fold(group, True))
    figures["fold_group_ms"] = _cpu(lambda: lines.fold(group, False))
    figures["unfold_all_ms"] = _cpu(lambda: lines.fold_all(True))
    figures["lines"] = len(lines.lines)
    figures["fold_ms"] = _cpu(lambda: lines.fold(1, False))
    figures["unfold_ms"] = _cpu(lambda: lines.fold(1, True))
    leaf = Event(ev.ActivityStarted(), f"work[{len(tree.nodes)}]/call", story[0].at, 1)
    tree.add(leaf)
    figures["add_leaf_ms"] = _cpu(lambda: lines.show(tree))
    figures["fold_all_ms"] = _cpu(lambda: lines.fold_all(False))
    figures["search_paths_ms"] = _cpu(lambda: list(hits(tree.root, "nowhere")))
    figures["search_events_ms"] = _cpu(lambda: list(event_search.hits(story, "nowhere")))
    return figures


def _opened(stores: dict[str, Callable[[], Backend]]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, made in stores.items():
        figures |= {f"{name}_{what}": value for what, value in asyncio.run(_open(made())).items()}
    return figures


async def _open(backend: Backend) -> dict[str, float]:
    await backend.summary("run")  # the store is open already when a person opens a run
    begun = time.perf_counter()
    tailed: list[float] = []
    complete = asyncio.Event()

    def changed() -> None:
        if tail.events:
            tailed.append(time.perf_counter() - begun)
        if tail.reading is None:
            complete.set()

    tail = RunTail(Control(backend, workflows=()), "run", changed)
    following, beating = asyncio.create_task(tail.follow()), asyncio.create_task(_longest_gap())
    await complete.wait()
    taken = time.perf_counter() - begun
    for task in (following, beating):
        task.cancel()
    with suppress(asyncio.CancelledError):
        await following
    gap = await beating
    await backend.close()
    return {"tail_ms": tailed[0] * 1e3, "complete_s": taken, "longest_gap_ms": gap * 1e3}


async def _longest_gap() -> float:
    """Return the longest time between two turns of the loop, until cancelled."""
    longest, last = 0.0, time.perf_counter()
    while True:
        try:
            await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            return longest
        now = time.perf_counter()
        longest, last = max(longest, now - last), now


def _cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1e3


async def _fill(backend: Backend, story: list[Event]) -> None:
    for first in range(0, len(story), BATCH):
        await backend.append("run", story[first : first + BATCH])
    await backend.close()


def _story(items: int) -> list[Event]:
    output = encoded({"number": 7, "name": "a result"})
    done, ended = ev.ActivityCompleted(output=output), ev.EachItemCompleted(output=output)
    told: list[tuple[Fact, str]] = [
        (ev.RunSubmitted(workflow="job"), ""),
        (ev.EachStarted(total=items), "work"),
    ]
    for number in range(items):
        path = f"work[{number}]"
        for step in ("fetch", "enrich"):
            told += [(ev.ActivityStarted(), f"{path}/{step}"), (done, f"{path}/{step}")]
        told.append((ended, path))
    return [Event(fact, path, seq=seq) for seq, (fact, path) in enumerate(told, 1)]
