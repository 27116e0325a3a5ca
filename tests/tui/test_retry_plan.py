"""What the retry dialog promises is what a retry does: asked of real retries of the corpus."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flopod import Control, RunFinishedError
from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import encoded
from flopod_tui.forms.retry_plan import HOPELESS, CodeChange, grouped, hopeless, listed, plan_of
from runtime.corpus import CORPUS, Story, World
from runtime.histories import stored
from runtime.lives import RUN, cut, live
from tui.store import failing, importing, puzzled, timedelta, waiting

HISTORIES = [pytest.param(story, log, id=story.name) for _, story, log in stored()]
HOUR = timedelta(hours=1)


def began_again(log: list[Event], after: int) -> set[str]:
    """Return the steps that were begun in the lives after an event."""
    starts = (ev.ActivityStarted, ev.SleepStarted, ev.WaitStarted)
    return {event.path for event in log if event.seq > after and isinstance(event.fact, starts)}


async def check(story: Story, log: list[Event], end: ev.Fact) -> None:
    """Retry for real, and hold the plan against what has happened."""
    events = [*log, Event(end, at=log[-1].at, seq=len(log) + 1)]
    plan = plan_of(events)
    backend = await cut(events)
    try:
        await Control(backend).retry(RUN)
    except RunFinishedError:
        return
    await live(backend, story, World())
    begun = began_again(await backend.events(RUN), len(events))
    known = began_again(log, 0)
    assert not begun & set(plan.kept), "what is kept is not called again"
    assert begun & known <= {*plan.again, *plan.goes_on}, "what runs again was told"
    again = {path for path in plan.again if not path.endswith("]")}
    assert again <= begun, "what was told to run again does"


@pytest.mark.parametrize(("story", "log"), HISTORIES)
async def test_a_cancelled_run_keeps_and_repeats_what_was_told(
    story: Story, log: list[Event]
) -> None:
    for length in {len(log) // 3, 2 * len(log) // 3, len(log) - 1}:
        if length:
            await check(story, log[:length], ev.RunCancelled())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_run_cut_anywhere_keeps_and_repeats_what_was_told(data: st.DataObject) -> None:
    _, story, log = data.draw(st.sampled_from([one for one in stored() if len(one[2]) > 2]))
    length = data.draw(st.integers(1, len(log) - 1))
    asyncio.run(check(story, log[:length], ev.RunCancelled()))


async def test_the_failure_of_a_run_is_what_runs_again() -> None:
    events = failing("r", HOUR).events
    plan = plan_of(events)
    assert plan.again == ("expedition[2]/classify",)
    assert plan.kept_places == ("fetch", "expedition[0..1]", "expedition[2]/fetch-details")
    assert plan.ended == "RunFailed"
    backend = await cut(events)
    note = await Control(backend).retry(RUN)
    assert all(path in note for path in plan.again)


def test_a_failure_that_the_body_lives_with_is_kept() -> None:
    (log,) = (log for _, story, log in stored() if story.name.startswith("an_error_that_the_body"))
    plan = plan_of([*log[:-1], Event(ev.RunCancelled(), seq=len(log))])
    assert set(plan.kept) == {"bad", "instead"}
    assert plan.again == ()


def test_open_waits_go_on_and_are_not_called_steps() -> None:
    plan = plan_of(waiting("r", HOUR).events)
    assert plan.goes_on == ("approval",)
    assert plan.again == ()


def test_a_step_cut_off_before_a_person_decided_runs_again() -> None:
    story = importing("r", HOUR, done=2)
    error = ErrorInfo("NeedsAttentionError", "may have been charged", "process[2]/enrich")
    plan = plan_of(story.tell(ev.RunNeedsAttention(error=error)).events)
    assert plan.again == ("process[2]/enrich",)
    assert plan.kept_places == ("process[0..1]",)


def test_a_step_left_open_in_a_finished_item_is_not_asked_for_again() -> None:
    story = importing("r", HOUR, done=1)
    story.tell(ev.EachItemCompleted(output=encoded(1)), "process[1]").tell(ev.RunCancelled())
    assert plan_of(story.events).again == ()


def test_another_source_is_told_with_its_event() -> None:
    story = importing("r", HOUR, done=1)
    story.tell(ev.RunStarted(code="9c2f", was="a1f0")).tell(ev.RunCancelled())
    assert plan_of(story.events).code_changes == (CodeChange(8, "a1f0", "9c2f"),)


def test_what_the_code_asks_for_in_place_of_the_record_is_told() -> None:
    story = puzzled("r", HOUR)
    error = ErrorInfo("NondeterminismError", "the code no longer fits", "process")
    stop = ev.RunNeedsAttention(error=error, recorded=("process",), asked=("handle",))
    plan = plan_of(story.tell(stop).events)
    assert (plan.recorded, plan.asked) == (("process",), ("handle",))
    assert "no longer fits" in hopeless(error)


def test_only_errors_that_a_retry_does_not_help_are_told_first() -> None:
    assert hopeless(None) == hopeless(ErrorInfo("HTTPError", "502")) == ""
    assert all(hopeless(ErrorInfo(name, "")) for name in HOPELESS)


@given(st.lists(st.integers(0, 30)))
def test_places_are_grouped_without_losing_one(indexes: list[int]) -> None:
    told = grouped(f"items[{index}]" for index in indexes)
    spans = [one[6:-1].split("..") for one in told]
    back = [n for span in spans for n in range(int(span[0]), int(span[-1]) + 1)]
    assert back == sorted(set(indexes))


def test_a_list_counts_what_it_has_no_room_for() -> None:
    places = [f"step-{n}" for n in range(100)]
    assert listed(places, 30) == "step-0, step-1 and 98 more"
    assert listed(places, 5) == "step-0 and 99 more"
    assert listed(places[:2], 30) == "step-0, step-1"
    assert listed([], 30) == ""


def test_finished_items_are_told_in_one_word() -> None:
    story = importing("r", HOUR, done=0)
    for index in range(300):
        story.step(f"process[{index}]/enrich", index, took=0.01)
        story.tell(ev.EachItemCompleted(output=encoded(1)), f"process[{index}]", after=0.01)
    plan = plan_of([*story.events, Event(ev.RunCancelled(), seq=len(story.events) + 1)])
    assert plan.kept_places == ("process[0..299]",)
    assert len(plan.kept) == 300


def test_every_story_of_the_corpus_is_tried() -> None:
    assert {param.id for param in HISTORIES} == set(CORPUS)
