"""Var, list and map: durable, seen as they were, and costing what changed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flopod import Control, Runtime, SerializableError, run_workflow
from flopod import events as ev
from flopod.state import fold_state
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, state_of


async def run(body: Any, backend: MemoryBackend | None = None) -> Any:
    async with asyncio.timeout(20):
        return await run_workflow(body, backend=backend or MemoryBackend(), run_id=RUN)


async def twice(body: Any) -> None:
    """Run a body that raises LookupError, and run it again over its past."""
    backend = MemoryBackend()
    for _ in range(2):
        with pytest.raises(LookupError):
            await run(body, backend)
        await Control(backend).retry(RUN)


async def test_a_variable_is_read_as_it_was_at_every_moment_of_a_replay() -> None:
    seen: list[Any] = []

    async def body(wf: Runtime) -> None:
        total, names = await wf.var("total", 0), await wf.list("names")
        for i in range(3):
            seen.append((total.value, names.items))
            await total.set(total.value + 1)
            await wf.activity(f"step-{i}", lambda: None)
            await names.push(f"n{i}")
        seen.append((total.value, names.items))
        raise LookupError

    await twice(body)
    assert seen[:4] == seen[4:]
    assert seen[3] == (3, ["n0", "n1", "n2"])


async def test_what_others_change_is_seen_from_where_it_was_seen() -> None:
    seen: list[Any] = []

    async def body(wf: Runtime) -> None:
        total = await wf.var("total", 0)

        async def add() -> None:
            await total.update(lambda now: now + 1)

        await wf.parallel("both", [add, add])
        seen.append(total.value)
        await wf.activity("step", lambda: None)
        await total.set(100)
        raise LookupError

    await twice(body)
    assert seen == [2, 2]


async def test_updates_from_concurrent_branches_lose_nothing() -> None:
    async def body(wf: Runtime) -> Any:
        total = await wf.var("total", 0)

        async def slow(now: int) -> int:
            await asyncio.sleep(0)
            return now + 1

        async def item(value: int, index: int) -> None:
            await total.update(slow)

        await wf.each("all", range(50), item, concurrency=10)
        return total.value

    assert await run(body) == 50


async def test_functions_given_to_update_and_filter_are_not_called_on_replay() -> None:
    calls = []

    async def body(wf: Runtime) -> None:
        total, names = await wf.var("total", 0), await wf.list("names", ["a", "b"])
        await total.update(lambda now: calls.append("update") or now + 1)
        await names.filter(lambda name: calls.append("filter") or name == "a")
        raise LookupError

    await twice(body)
    assert calls == ["update", "filter", "filter"]


async def test_a_variable_gives_copies_and_keeps_copies() -> None:
    async def body(wf: Runtime) -> Any:
        mine = [1]
        kept = await wf.var("v", mine)
        by_name = await wf.map("m", {"a": mine})
        mine.append(2)
        kept.value.append(3)
        by_name.map["a"].append(4)
        await kept.update(lambda now: now.append(5) or now)
        return kept.value, by_name.map

    assert await run(body) == ([1, 5], {"a": [1]})


async def test_what_cannot_be_stored_changes_nothing() -> None:
    async def body(wf: Runtime) -> Any:
        kept, names = await wf.var("v", 1), await wf.list("l", [1])
        by_name: Any = await wf.map("m", {1: 1})
        for change in (
            kept.set(object()),
            kept.update(lambda now: object()),
            names.push(2, object()),
            by_name.set("x", object()),
            by_name.set(object(), 1),
        ):
            with pytest.raises(SerializableError):
                await change
        return kept.value, names.items, by_name.map

    assert await run(body) == (1, [1], {1: 1})


async def test_values_of_every_kind_come_back_as_they_went_in() -> None:
    value = {"t": (1, 2), 3: {4.5}, "b": b"\x00"}

    async def body(wf: Runtime) -> Any:
        kept = await wf.var("v", value)
        assert kept.value == value
        await kept.set({"again": value})
        return kept.value

    assert await run(body) == {"again": value}


async def test_five_thousand_pushes_stay_under_three_times_their_payload() -> None:
    async def body(wf: Runtime) -> int:
        big = await wf.list("big")
        for i in range(5000):
            await big.push(f"{i:0100}")
        return len(big.items)

    backend = MemoryBackend()
    assert await run(body, backend) == 5000
    events = await backend.events(RUN)
    written = sum(
        len(bytes(e.fact.value or b"")) + len(bytes(e.fact.pushed or b""))
        for e in events
        if isinstance(e.fact, ev.ListSet)
    )
    assert written < 3 * 5000 * 100
    assert state_of(events) == {"big": [f"{i:0100}" for i in range(5000)]}


async def test_a_large_list_is_not_written_whole_after_every_restart() -> None:
    async def body(wf: Runtime) -> None:
        big = await wf.list("big", ["x" * 1000] * 50)
        for i in range(4):
            await big.push(f"y{i}")
        raise LookupError

    backend = MemoryBackend()
    with pytest.raises(LookupError):
        await run(body, backend)
    left = [e for e in await backend.events(RUN) if not isinstance(e.fact, ev.RunFailed)]
    backend = await cut(left[:-2])
    with pytest.raises(LookupError):
        await run(body, backend)
    facts = [e.fact for e in await backend.events(RUN) if isinstance(e.fact, ev.ListSet)]
    assert [fact.value is not None for fact in facts] == [True, False, False, False, False]


async def test_the_state_at_any_number_is_exact() -> None:
    shadow: dict[str, Any] = {}
    moments: list[tuple[int, dict[str, Any]]] = []
    backend = MemoryBackend()

    async def note() -> None:
        moments.append(((await backend.events(RUN))[-1].seq, {**shadow}))

    async def body(wf: Runtime) -> None:
        names: Any = await wf.list("l")
        ages: Any = await wf.map("m")
        shadow.update(l=[], m={})
        for i in range(30):
            await names.push(text := f"{i}" * 300)
            shadow["l"] = [*shadow["l"], text]
            await note()
            await ages.set(i % 7, text)
            shadow["m"] = {**shadow["m"], i % 7: text}
            await note()
            if i % 10 == 9:
                await names.filter(lambda item: item[0] != "1")
                shadow["l"] = [item for item in shadow["l"] if item[0] != "1"]
                await ages.delete(3)
                shadow["m"] = {k: v for k, v in shadow["m"].items() if k != 3}
                await note()

    await run(body, backend)
    events = await backend.events(RUN)
    for seq, expected in moments:
        folded = fold_state(events[:seq])
        assert {path: variable.value for path, variable in folded.items()} == expected
    assert any(e.fact.value is None for e in events if isinstance(e.fact, ev.ListSet | ev.MapSet))


async def test_a_body_may_live_with_an_update_that_raises() -> None:
    results: list[Any] = []

    async def body(wf: Runtime) -> None:
        total = await wf.var("total", 0)

        def refuse(now: int) -> int:
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await total.update(refuse)
        await total.update(lambda now: now + 1)
        results.append(total.value)
        raise LookupError

    await twice(body)
    assert results == [1, 1]


def test_an_encoded_value_is_what_is_measured() -> None:
    assert len(bytes(encoded("x" * 10))) > 10
