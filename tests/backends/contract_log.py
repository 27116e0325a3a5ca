"""What a store promises of the logs it keeps."""

from __future__ import annotations

import asyncio
import random
import re

import pytest
from stories import NOON, STORY, Clock, logged, step, submitted, told_of, worker

from flopod import events as ev
from flopod import records
from flopod.backend import Backend
from flopod.errors import BackendError, InvalidRunIdError, SerializableError, StaleAppendError
from flopod.events import TYPES, Event

UNSTORABLE = Event(ev.LogEmitted(level="info", message="half a pair: \ud800"))


class LogContract:
    async def test_an_unknown_run_has_no_events_and_no_summary(self, backend: Backend) -> None:
        assert await backend.events("r1") == []
        assert await backend.summary("r1") is None

    async def test_events_come_back_as_they_were_appended_numbered_from_one(
        self, backend: Backend
    ) -> None:
        await backend.append("r1", STORY[:5])
        await backend.append("r1", STORY[5:])
        found = await backend.events("r1")
        assert [event.seq for event in found] == [*range(1, len(STORY) + 1)]
        assert [(e.fact, e.path, e.at) for e in found] == [(e.fact, e.path, e.at) for e in STORY]

    async def test_the_story_tells_of_every_type_of_event(self) -> None:
        assert {event.type for event in STORY} == TYPES.keys()

    async def test_append_returns_what_a_later_reader_will_see(self, backend: Backend) -> None:
        recorded = await backend.append("r1", STORY)
        assert recorded == await backend.events("r1")
        assert [*map(records.line, recorded)] == [*map(records.line, await backend.events("r1"))]

    async def test_a_time_is_kept_in_utc_and_whole_milliseconds(self, backend: Backend) -> None:
        at = NOON.replace(microsecond=123_456)
        [recorded] = await backend.append("r1", [Event(ev.RunCancelled(), at=at)])
        assert recorded.at == NOON.replace(microsecond=123_000)
        assert await backend.events("r1") == [recorded]

    async def test_events_after_a_number_are_those_above_it(self, backend: Backend) -> None:
        recorded = await backend.append("r1", STORY)
        for after in (0, 1, 7, len(STORY) - 1, len(STORY), 1000, 3, 0):
            assert await backend.events("r1", after) == recorded[after:]

    async def test_a_limit_gives_the_first_of_them(self, backend: Backend) -> None:
        recorded = await backend.append("r1", STORY)
        for after in (0, 3, len(STORY)):
            for limit in (0, 1, 4, len(STORY), 1000):
                assert await backend.events("r1", after, limit) == recorded[after:][:limit]
        assert await backend.events("r2", 0, 1) == []

    async def test_a_reader_that_goes_on_where_it_was_misses_nothing(
        self, backend: Backend
    ) -> None:
        seen: list[Event] = []
        for event in STORY:
            await backend.append("r1", [event])
            seen += await backend.events("r1", len(seen))
        assert seen == await backend.events("r1")

    async def test_the_summary_is_the_fold_of_the_whole_log(self, backend: Backend) -> None:
        for event in STORY:
            await backend.append("r1", [event])
            assert await backend.summary("r1") == told_of("r1", await backend.events("r1"))

    async def test_nothing_appended_is_nothing_done(self, backend: Backend) -> None:
        assert await backend.append("r1", []) == []
        assert await backend.summary("r1") is None

    async def test_runs_do_not_see_each_other(self, backend: Backend) -> None:
        await backend.append("r1", [submitted(workflow="a")])
        await backend.append("r2", [submitted(workflow="b"), step()])
        assert [event.seq for event in await backend.events("r1")] == [1]
        assert [event.seq for event in await backend.events("r2")] == [1, 2]

    async def test_what_cannot_be_stored_is_refused_whole(self, backend: Backend) -> None:
        await backend.append("r1", [submitted()])
        with pytest.raises(SerializableError, match="LogEmitted"):
            await backend.append("r1", [step(), UNSTORABLE, step()])
        assert [event.seq for event in await backend.events("r1")] == [1]
        assert await backend.summary("r1") == told_of("r1", await backend.events("r1"))

    @pytest.mark.parametrize(
        ("event", "told"),
        [
            (step("a\0b"), r"ActivityCompleted at 'a\\x00b' .*NUL .*in its path"),
            (submitted(workflow="a\0b"), "RunSubmitted .*NUL .*in its workflow"),
        ],
    )
    async def test_a_name_with_nul_is_refused_with_its_own_append_alone(
        self, backend: Backend, event: Event, told: str
    ) -> None:
        first = [backend.append(f"r{n}", [submitted()]) for n in range(3)]
        batch = [*first, backend.append("r3", [step(), event]), backend.append("r4", [submitted()])]
        answers = await asyncio.gather(*batch, return_exceptions=True)
        refused = answers.pop(3)
        assert isinstance(refused, SerializableError) and re.match(told, str(refused))
        assert [len(answer) for answer in answers if isinstance(answer, list)] == [1] * 4
        assert await backend.events("r3") == []

    async def test_a_value_with_nul_is_kept_as_it_is(self, backend: Backend) -> None:
        values = [submitted(input="\0"), step(output={"a\0b": "\0c"}), logged("d\0")]
        recorded = await backend.append("r1", values)
        assert await backend.events("r1") == recorded
        assert [*recorded[1].data["output"].items()] == [("a\0b", "\0c")]
        assert recorded[2].data["message"] == "d\0"

    async def test_an_event_that_is_too_large_is_refused_whole(
        self, backend: Backend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("flopod_backends.recording.MAX_RECORD_BYTES", 1000)
        with pytest.raises(SerializableError, match="at most"):
            await backend.append("r1", [submitted(), step("big", "x" * 1000)])
        assert await backend.events("r1") == []

    async def test_a_large_value_comes_back_whole(self, backend: Backend) -> None:
        value = 'ü"\n' * 700_000
        [recorded] = await backend.append("r1", [step(output=value)])
        assert (await backend.events("r1"))[0].data["output"] == value
        assert recorded.data["output"] == value

    async def test_an_append_that_expects_another_last_event_is_refused(
        self, backend: Backend
    ) -> None:
        await backend.append("r1", [submitted(), step()], expect=0)
        for expected in (0, 1, 3):
            with pytest.raises(StaleAppendError) as refused:
                await backend.append("r1", [step(), step()], expect=expected)
            assert (refused.value.expected, refused.value.found) == (expected, 2)
        await backend.append("r1", [step()], expect=2)
        assert len(await backend.events("r1")) == 3

    async def test_of_many_that_expect_a_new_run_one_gets_it(self, backend: Backend) -> None:
        appends = [backend.append("r1", [submitted(input=n)], expect=0) for n in range(20)]
        answers = await asyncio.gather(*appends, return_exceptions=True)
        assert sum(isinstance(answer, list) for answer in answers) == 1
        assert sum(isinstance(answer, StaleAppendError) for answer in answers) == 19
        assert len(await backend.events("r1")) == 1

    async def test_a_refused_append_does_not_hurt_those_beside_it(self, backend: Backend) -> None:
        await backend.append("r0", [submitted()])
        appends = [backend.append(f"r{n % 5}", [step()], expect=n or None) for n in range(50)]
        answers = await asyncio.gather(*appends, return_exceptions=True)
        assert not [a for a in answers if not isinstance(a, list | StaleAppendError)]
        recorded = [answer[0].seq for answer in answers if isinstance(answer, list)]
        logs = [await backend.events(f"r{n}") for n in range(5)]
        assert sum(map(len, logs)) == len(recorded) + 1

    async def test_concurrent_appends_of_one_run_are_numbered_in_the_order_of_the_calls(
        self, backend: Backend
    ) -> None:
        answers = await asyncio.gather(
            *(backend.append("r1", [step(f"s{n}"), step(f"t{n}")]) for n in range(50))
        )
        assert [event.seq for answer in answers for event in answer] == [*range(1, 101)]
        assert [event for answer in answers for event in answer] == await backend.events("r1")

    async def test_a_hundred_runs_append_at_once(self, backend: Backend) -> None:
        async def run(run_id: str) -> None:
            for n in range(10):
                await backend.append(run_id, [step(f"s{n}")])

        await asyncio.gather(*(run(f"r{n}") for n in range(100)))
        for n in range(100):
            found = await backend.events(f"r{n}")
            assert [event.path for event in found] == [f"s{m}" for m in range(10)]
            assert await backend.summary(f"r{n}") == told_of(f"r{n}", found)

    async def test_an_append_cancelled_at_any_moment_leaves_no_half(self, backend: Backend) -> None:
        chance = random.Random(7)
        acknowledged = 0
        for _ in range(200):
            append = asyncio.ensure_future(backend.append("r1", [step(), step(), step()]))
            for _ in range(chance.randrange(12)):
                await asyncio.sleep(0)
            await asyncio.sleep(chance.choice([0, 0, 0.0002, 0.0005, 0.001]))
            append.cancel()
            acknowledged += len(await append) if await _was_done(append) else 0
        await backend.append("r1", [submitted()])
        found = await backend.events("r1")
        assert [event.seq for event in found] == [*range(1, len(found) + 1)]
        assert len(found) % 3 == 1
        assert len(found) > acknowledged
        assert await backend.summary("r1") == told_of("r1", found)

    async def test_a_deleted_run_is_forgotten_and_its_id_free(self, backend: Backend) -> None:
        await backend.append("r1", STORY)
        await backend.append("r2", [submitted()])
        await backend.delete("r1")
        assert await backend.events("r1") == []
        assert await backend.summary("r1") is None
        assert len(await backend.events("r2")) == 1
        [recorded] = await backend.append("r1", [submitted()], expect=0)
        assert recorded.seq == 1
        assert await backend.events("r1") == [recorded]

    async def test_an_unknown_run_can_be_deleted(self, backend: Backend) -> None:
        await backend.delete("r1")

    async def test_a_run_that_goes_on_meanwhile_is_not_deleted_if_another_end_was_expected(
        self, backend: Backend
    ) -> None:
        await backend.append("r1", STORY)
        before = await backend.events("r1")
        assert await backend.delete("r1", expect=len(STORY) - 1) is False
        assert await backend.events("r1") == before
        assert await backend.delete("r1", expect=len(STORY)) is True
        assert await backend.events("r1") == []
        assert await backend.summary("r1") is None
        assert await backend.delete("r1", expect=len(STORY)) is True

    async def test_a_run_that_a_live_worker_holds_is_not_deleted_by_what_expects_its_end(
        self, backend: Backend, clock: Clock
    ) -> None:
        await backend.append("r1", STORY)
        await backend.claim_run(worker(clock), "r1")
        assert await backend.delete("r1", expect=len(STORY)) is False
        assert await backend.summary("r1")
        clock.forward(seconds=31)
        assert await backend.delete("r1", expect=len(STORY)) is True
        assert await backend.summary("r1") is None

    @pytest.mark.parametrize("run_id", ["", "../r1", "a/b", ".hidden", "r1.", "ü", "a" * 129])
    async def test_what_is_no_run_id_is_refused(self, backend: Backend, run_id: str) -> None:
        with pytest.raises(InvalidRunIdError):
            await backend.append(run_id, [submitted()])
        with pytest.raises(InvalidRunIdError):
            await backend.events(run_id)
        with pytest.raises(InvalidRunIdError):
            await backend.delete(run_id)

    async def test_a_closed_store_says_so(self, backend: Backend) -> None:
        await backend.append("r1", [submitted()])
        await backend.close()
        await backend.close()
        with pytest.raises(BackendError, match="closed"):
            await backend.append("r1", [step()])
        with pytest.raises(BackendError, match="closed"):
            await backend.events("r1")
        with pytest.raises(BackendError, match="closed"):
            async for _ in backend.changes():
                pass


async def _was_done(append: asyncio.Future[list[Event]]) -> bool:
    await asyncio.wait([append])
    return not append.cancelled()
