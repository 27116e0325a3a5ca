"""R33: a clock that is set. Moments are met, nothing waits for ever, and order is by number."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flopod import Control, Retry, Runtime, run_workflow
from flopod import events as ev
from flopod.events import Event
from flopod.stored import utc_now
from flopod_backends import MemoryBackend
from runtime.lives import RUN, cut, log_lines, told, until

MOMENTS = ("SleepStarted", "WaitStarted", "ActivityRetrying")
YEARS = timedelta(days=3652)
JUMPS = [timedelta(seconds=s) for s in (1, 4, 6, 3600)] + [timedelta(days=1), YEARS]


class Wall:
    """The machine's clock, which somebody may set."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return utc_now() + self.ahead


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("flopod.clock.utc_now", wall.now)
    monkeypatch.setattr("flopod.clock.LONGEST_NAP", 0.01)
    return wall


async def asleep(wf: Runtime) -> Any:
    await wf.sleep("it", "40ms")
    return "awake"


async def waiting(wf: Runtime) -> Any:
    return await wf.wait("it", "never", timeout="40ms") or "timed out"


async def backing_off(wf: Runtime) -> Any:
    calls: list[int] = []

    async def step() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("down")
        return "up"

    return await wf.activity("it", step, retry=Retry(2, delay="40ms"))


BODIES: dict[str, Callable[[Runtime], Awaitable[Any]]] = {
    "awake": asleep,
    "timed out": waiting,
    "up": backing_off,
}


@pytest.mark.parametrize("result", BODIES)
@pytest.mark.parametrize("way", [1, -1], ids=["ahead", "back"])
@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_a_moment_comes_whatever_the_clock_is_set_to(
    wall: Wall, result: str, way: int, jump: timedelta
) -> None:
    backend, loop = MemoryBackend(), asyncio.get_running_loop()
    began = loop.time()
    task = asyncio.create_task(run_workflow(BODIES[result], backend=backend, run_id=RUN))
    await until(backend, lambda run: run.wake_at is not None)
    wall.ahead = way * jump
    async with asyncio.timeout(5):
        assert await task == result
    if way < 0:
        assert loop.time() - began >= 0.039, "a clock set back shortens nothing"
    lines = [line for path, line in log_lines(await backend.events(RUN)) if path == "it"]
    word = "ahead" if way > 0 else "back"
    said = [f"the clock went {word} by {jump.total_seconds():,.0f} s while this waited"]
    assert lines == (said if jump > timedelta(seconds=5) else [])


class SetMeanwhile(MemoryBackend):
    """A store under which somebody sets the clock back while a moment is recorded."""

    def __init__(self, wall: Wall) -> None:
        super().__init__()
        self.wall = wall

    async def append(self, run_id: str, events: Sequence[Event], **how: Any) -> list[Event]:
        if any(event.type in MOMENTS for event in events):
            self.wall.ahead = -YEARS
        return await super().append(run_id, events, **how)


@pytest.mark.parametrize("result", BODIES)
async def test_a_clock_set_back_while_the_moment_is_recorded_postpones_nothing(
    wall: Wall, result: str
) -> None:
    async with asyncio.timeout(5):
        done = await run_workflow(BODIES[result], backend=SetMeanwhile(wall), run_id=RUN)
    assert done == result


@pytest.mark.parametrize("way", [1, -1], ids=["ahead", "back"])
async def test_the_order_of_a_log_is_that_of_its_numbers(wall: Wall, way: int) -> None:
    async def body(wf: Runtime) -> Any:
        total = await wf.var("total", 0)
        for step in range(4):
            await wf.activity(f"step-{step}", lambda step=step: step)
            await total.set(step)
            wall.ahead += way * YEARS
        return total.value

    backend = MemoryBackend()
    assert await run_workflow(body, backend=backend, run_id=RUN) == 3
    log = await backend.events(RUN)
    assert [event.seq for event in log] == list(range(1, len(log) + 1))
    wall.ahead = timedelta(0)
    for length in range(1, len(log)):
        assert await run_workflow(body, backend=await cut(log[:length]), run_id=RUN) == 3
        wall.ahead = timedelta(0)


@pytest.mark.parametrize("year", [1970, 2038, 2100])
async def test_a_run_of_any_year_goes_on(wall: Wall, year: int) -> None:
    wall.ahead = datetime(year, 1, 19, 3, 14, 7, tzinfo=UTC) - utc_now()
    backend = MemoryBackend()
    assert await run_workflow(asleep, backend=backend, run_id=RUN) == "awake"
    assert (await Control(backend).get(RUN)).status == "ok"
    assert (await backend.events(RUN))[-1].at.year == year


async def test_a_log_from_the_future_is_gone_on_with(wall: Wall) -> None:
    later = utc_now() + YEARS
    begun = [Event(ev.RunSubmitted(workflow="asleep"), at=later), Event(ev.RunStarted(), at=later)]
    backend = await cut([*begun, Event(ev.SleepStarted(wake_at=later), "it", later)])
    task = asyncio.create_task(run_workflow(asleep, backend=backend, run_id=RUN))
    await until(backend, lambda run: run.last_seq > 3)
    assert not task.done()
    wall.ahead = YEARS + timedelta(seconds=1)
    async with asyncio.timeout(5):
        assert await task == "awake"
    assert "SleepCompleted it" in await told(backend)
