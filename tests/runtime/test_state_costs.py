"""State costs what changed: in bytes of the log, at any length, and exact at any number."""

from __future__ import annotations

import random
from typing import Any

import pytest

from flopod import Runtime
from flopod import events as ev
from flopod.events import Event
from flopod.records import line
from flopod.state import fold_state
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, state_of
from runtime.versions import run

CRC = len(b',"crc":"01234567"\n')
"""What a file adds to each record."""


def bytes_of(log: list[Event]) -> list[int]:
    return [len(line(event)) + CRC for event in log]


async def push(big: Any, number: int) -> None:
    await big.push(f"{number:0100}")


async def put(big: Any, number: int) -> None:
    await big.set(number, f"{number:0100}")


@pytest.mark.parametrize("kind", ["list", "map"])
async def test_five_thousand_values_stay_under_three_times_their_payload_in_a_file(
    kind: str,
) -> None:
    async def body(wf: Runtime) -> None:
        big = await (wf.list("big") if kind == "list" else wf.map("big"))
        for number in range(5000):
            await (push if kind == "list" else put)(big, number)

    backend = MemoryBackend()
    await run(body, backend)
    log = await backend.events(RUN)
    written = bytes_of(log)
    assert sum(written) < 3 * 5000 * 100
    assert max(written[-4000:-1]) <= 300, "what is pushed last costs what the first pushes cost"
    values = [f"{number:0100}" for number in range(5000)]
    expected: Any = values if kind == "list" else dict(enumerate(values))
    assert state_of(log) == {"big": expected}


async def test_a_map_that_is_written_over_and_over_is_recorded_whole_now_and_then() -> None:
    async def body(wf: Runtime) -> None:
        big: Any = await wf.map("big")
        for number in range(2000):
            await big.set(number % 60, f"{number:0100}")

    backend = MemoryBackend()
    await run(body, backend)
    log = await backend.events(RUN)
    assert sum(bytes_of(log)) < 3 * 2000 * 100
    after = [e for e in log if isinstance(e.fact, ev.MapSet)][100:]
    whole = sum(e.fact.value is not None for e in after if isinstance(e.fact, ev.MapSet))
    assert 1 <= whole <= 6


@pytest.mark.parametrize("seed", range(4))
async def test_the_value_at_any_number_is_exact_over_restarts(seed: int) -> None:
    """As a model has it that is told of every change."""
    chance = random.Random(seed)
    changes = [(chance.choice(["push", "put", "delete", "filter"]), n) for n in range(150)]

    async def body(wf: Runtime) -> None:
        names: Any = await wf.list("names")
        ages: Any = await wf.map("ages")
        for kind, n in changes:
            text = f"{n}" * (chance_of(n) * 40)
            match kind:
                case "push":
                    await names.push(text, n)
                case "put":
                    await ages.set(n % 17, text)
                case "delete":
                    await ages.delete(n % 17)
                case "filter":
                    await names.filter(lambda item, n=n: item != n - 3)

    backend = MemoryBackend()
    await run(body, backend)
    log = await backend.events(RUN)
    for _ in range(4):
        backend = await cut(log[: chance.randrange(2, len(log))])
        await run(body, backend)
        log = await backend.events(RUN)
    places = [e.seq for e in log if isinstance(e.fact, ev.ListSet | ev.MapSet)]
    for (names, ages), seq in zip(model(changes), places[2:], strict=True):
        held = {path: variable.value for path, variable in fold_state(log[:seq]).items()}
        assert held == {"names": names, "ages": ages}, seq


def chance_of(n: int) -> int:
    return n * 7919 % 13


def model(changes: list[tuple[str, int]]) -> list[tuple[list[Any], dict[int, str]]]:
    names: list[Any] = []
    ages: dict[int, str] = {}
    seen = []
    for kind, n in changes:
        text = f"{n}" * (chance_of(n) * 40)
        match kind:
            case "push":
                names = [*names, text, n]
            case "put":
                ages = {**ages, n % 17: text}
            case "delete":
                ages = {key: age for key, age in ages.items() if key != n % 17}
            case "filter":
                names = [item for item in names if item != n - 3]
        seen.append((names, ages))
    return seen
