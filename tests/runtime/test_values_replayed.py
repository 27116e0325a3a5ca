"""R8: the first run and a replay see the same value, type included, whatever store lies between."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopod import ActivityError, Control, Runtime, run_workflow
from flopod.backend import Backend
from flopod_backends import FileBackend, MemoryBackend, SqliteBackend
from runtime.author_types import Order, Point, Renamed
from runtime.lives import RUN
from runtime.strictly import same
from runtime.test_codec import values

STORES: dict[str, Callable[[Path], Backend]] = {
    "memory": lambda folder: MemoryBackend(),
    "sqlite": lambda folder: SqliteBackend(folder / "runs.db"),
    "file": lambda folder: FileBackend(folder),
}
every_store = pytest.mark.parametrize("store", STORES)


async def twice(store: str, body: Callable[[Runtime], Any]) -> None:
    """Run a body, reopen the store, and run it again over its past."""
    with tempfile.TemporaryDirectory() as folder:
        backend = STORES[store](Path(folder))
        for _ in range(2):
            with pytest.raises(LookupError, match="again"):
                await run_workflow(body, backend=backend, run_id=RUN)
            await Control(backend).retry(RUN)
            if store != "memory":
                await backend.close()
                backend = STORES[store](Path(folder))
        await backend.close()


@every_store
@settings(max_examples=8, deadline=None)
@given(given_values=st.lists(values, min_size=8, max_size=20))
def test_results_items_and_variables_are_the_same_live_and_on_replay(
    store: str, given_values: list[Any]
) -> None:
    seen: list[Any] = []

    async def body(wf: Runtime) -> None:
        async def step(value: Any) -> Any:
            return value

        for place, value in enumerate(given_values):
            seen.append(await wf.activity(f"step-{place}", lambda value=value: step(value)))
        done = await wf.each("all", given_values, lambda item, index: item, concurrency=4)
        both = await wf.parallel("both", [lambda value=value: value for value in given_values])
        kept = await wf.var("kept", given_values)
        listed = await wf.list("listed", given_values)
        seen.extend([done.results, both, kept.value, listed.items])
        raise LookupError("again")

    asyncio.run(twice(store, body))
    half = len(seen) // 2
    assert same(seen[:half], seen[half:])
    assert same(seen[: len(given_values)], given_values)


@every_store
@settings(max_examples=8, deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=())), min_size=5, max_size=10))
def test_errors_are_the_same_live_and_on_replay(store: str, texts: list[str]) -> None:
    kinds = [ValueError, KeyError, OSError, UnicodeError, ExceptionGroup, SystemExit]
    seen: list[Any] = []

    async def body(wf: Runtime) -> None:
        for place, text in enumerate(texts):
            kind = kinds[place % len(kinds)]

            async def fail(kind: Any = kind, text: str = text) -> None:
                raise kind(text, [ValueError(text)]) if kind is ExceptionGroup else kind(text)

            with pytest.raises(ActivityError) as caught:
                await wf.activity(f"step-{place}", fail)
            error = caught.value
            seen.append((type(error), str(error), error.attempts, error.path, error.cause))
            done = await wf.each(f"all-{place}", [1], lambda item, index, text=text: {}[text])
            seen.extend((type(failed.error), str(failed.error)) for failed in done.errors)
        raise LookupError("again")

    asyncio.run(twice(store, body))
    half = len(seen) // 2
    assert seen[:half] == seen[half:]


@every_store
async def test_typed_results_are_the_same_live_and_on_replay(store: str) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    cases = [(Point, Point(1)), (Order, Order("ann", at)), (list[Renamed], [Renamed("x")])]
    seen: list[Any] = []

    async def body(wf: Runtime) -> None:
        for place, (kind, value) in enumerate(cases):
            seen.append(await wf.activity(f"step-{place}", lambda value=value: value, type=kind))
        raise LookupError("again")

    await twice(store, body)
    assert seen[:3] == seen[3:]
    assert [type(value) for value in seen[:3]] == [Point, Order, list]
