"""The four keys that change a run: deliver, start, retry, cancel."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from flopod import Runtime, Worker, workflow
from flopod import events as ev
from flopod.control import Control
from flopod.events import Event
from flopod.summary import Status
from flopod_backends import MemoryBackend
from flopod_tui.app import FlopodApp
from flopod_tui.screens.cancel import CancelScreen
from flopod_tui.screens.deliver import DeliverScreen
from flopod_tui.screens.run import RunScreen
from flopod_tui.screens.runs import RunsScreen
from flopod_tui.session import Session
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.json_editor import JsonEditor
from flopod_tui.widgets.value_editor import ValueEditor
from flopod_tui.widgets.wait_list import WaitList
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import APPROVAL, NOW, app_over, waiting, worker

WIDE, NORMAL = (120, 36), (80, 24)
WAITING, FAILED = "research-2026-0142", "research-2026-0141"


async def delivered(store: MemoryBackend, run_id: str = WAITING) -> list[Any]:
    """Return what was delivered to a run."""
    events = await store.events(run_id)
    return [event.data for event in events if isinstance(event.fact, ev.EventDelivered)]


async def test_an_event_is_delivered_from_the_form_of_the_open_wait(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait", "✓ is waited for", "by: is needed")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, TextField))
        await pilot.press(*"alice", "ctrl+s")
        await until_seen(pilot, "✓ delivered as event 36: researcher-approved to approval")
        assert isinstance(app.screen, RunScreen)
    (only,) = await delivered(store)
    assert only["payload"] == {"by": "alice"}


async def test_wrong_json_is_told_with_its_place_and_nothing_is_sent(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "approval")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait")
        await pilot.press("f4")
        app.screen.query_one(JsonEditor).text = '{\n  "by": alice\n}'
        await until_seen(pilot, "✗ JSON line 2, column 9: a value is missing here")
        await pilot.press("ctrl+s")
        await until_seen(pilot, "✗ JSON line 2, column 9")
        assert app.screen.query_one(JsonEditor).cursor_location == (1, 8)
        assert app.screen.query_one(JsonEditor).text == '{\n  "by": alice\n}'
    assert await delivered(store) == []


async def test_json_that_is_begun_while_the_fields_are_made_stays(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "approval")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait", "comment")
        editor = app.screen.query_one(ValueEditor)
        await until(pilot, lambda: not editor._building.locked())
        making = asyncio.create_task(editor.offer(APPROVAL, "{}", takes=True))
        await asyncio.sleep(0)
        editor.switch()
        editor.json.text = '{"by": "ann"}'
        await making
        assert editor.as_json and editor.changed
        await until_seen(pilot, '{"by": "ann"}', "✓ valid JSON")


async def test_a_payload_that_the_wait_does_not_take_is_refused(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "approval")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait")
        await pilot.press("f4")
        app.screen.query_one(JsonEditor).text = '{"by": 7}'
        await until_seen(pilot, "7 is not of type 'string' at $.by")
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert isinstance(app.screen, DeliverScreen)
    assert await delivered(store) == []


async def test_a_wait_answered_meanwhile_is_not_answered_twice(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait")
        other = Control(store, workflows=())
        await other.deliver(WAITING, "approval", "researcher-approved", {"by": "bob"})
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, TextField))
        await pilot.press(*"alice", "ctrl+s")
        told = "this wait was answered meanwhile by researcher-approved (event 36, "
        await until_seen(pilot, told, "nothing was sent", " alice ")
    assert [one["payload"] for one in await delivered(store)] == [{"by": "bob"}]


async def test_all_open_waits_of_the_store_are_offered_the_chosen_run_first(
    store: MemoryBackend,
) -> None:
    await waiting("zz-later", timedelta(hours=3)).record(store)
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, WAITING, "zz-later")
        await pilot.press(*"jjjj", "D")
        await until_seen(pilot, "Open waits 2")
        offered = app.screen.query_one(WaitList)
        assert [one.run_id for one in offered.waits] == [WAITING, "zz-later"]
        await pilot.press("j")
        await until(pilot, lambda: app.screen.query_one("#run", TextField).value == "zz-later")


async def test_an_event_nobody_waits_for_can_be_left_by_hand(store: MemoryBackend) -> None:
    app = app_over(store, run_id="nightly-0611")
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "cooldown")
        await pilot.press("D")
        await until_seen(pilot, "Open waits 1")
        await pilot.press("G", "enter", "enter", *"later", "tab", *"go")
        await until_seen(pilot, "nothing waits here; no wait is open", "empty: the payload is null")
        await pilot.press("ctrl+s")
        await until_seen(pilot, "Deliver it without a payload?")
        await pilot.press("y")
        await until_seen(pilot, "kept: nothing waits for 'go' at 'later' yet")


async def test_typed_text_is_thrown_away_only_after_a_question(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "approval")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, TextField))
        await pilot.press(*"al", "escape")
        await until_seen(pilot, "Throw it away?")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeliverScreen))
        await pilot.press("escape")
        await until_seen(pilot, "Throw it away?")
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_enter_alone_retries_nothing(store: MemoryBackend) -> None:
    app = app_over(store, run_id=FAILED)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "502")
        await pilot.press("R")
        await until_seen(pilot, "Retry 1 failed run", "3 attempts", "Kept", "Runs again")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    summary = await store.summary(FAILED)
    assert summary is not None
    assert summary.status is Status.ERROR


async def test_a_failed_run_is_retried_after_a_yes(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, FAILED)
        await pilot.press(*"jjjjj", "R")
        await until_seen(
            pilot, "Retry 1 failed run", "expedition[2]/classify, then everything after"
        )
        await pilot.press("tab", "enter")
        await until_seen(pilot, f"✓ run {FAILED} is queued for attempt 2")
    summary = await store.summary(FAILED)
    assert summary is not None
    assert summary.status is Status.QUEUED


async def test_a_run_that_did_not_fail_is_not_retried(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "nightly-0612")
        await pilot.press("R")
        await until_seen(pilot, "nightly-0612 is queued: only a failed or cancelled run is retried")


async def test_a_run_is_cancelled_after_a_yes(store: MemoryBackend) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "approval")
        await pilot.press("X")
        await until_seen(pilot, "Cancel this run?", "Leave it", "Waits:       approval")
        assert isinstance(app.screen, CancelScreen)
        await pilot.press("y")
        await until_seen(pilot, f"run {WAITING} is cancelled", "⊘ cancelled")


async def test_a_refusal_of_the_store_is_told_and_nothing_ends(store: MemoryBackend) -> None:
    app = app_over(store, run_id=FAILED)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "502")
        await pilot.press("R")
        await until_seen(pilot, "Retry 1 failed run")
        await Control(store, workflows=()).retry(FAILED)
        await pilot.press("y")
        await until_seen(pilot, "is queued: cannot retry what has not failed")


async def test_a_run_is_started_from_the_fields_of_its_input(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "worker 4121")
        await pilot.press("S")
        await until_seen(pilot, "catalog-import", "research")
        await pilot.press(*"rese", "enter")
        await until_seen(pilot, "input of last run of this workflow (research-2026-0142)")
        await pilot.press(*"johto", "tab", *"12", "tab", "space", "tab", "space")
        await until_seen(pilot, "(research-2026-0142), edited", "worker 4121 will take it")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        run_id = app.screen.run_id
    (submitted,) = await store.events(run_id)
    expected = {"region": "johto", "limit": 12, "depth": "thorough", "publish": False, "tags": []}
    assert submitted.data["input"] == expected


async def test_the_input_can_be_typed_as_json_and_is_checked(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "worker 4121")
        await pilot.press("S")
        await until_seen(pilot, "catalog-import")
        await pilot.press(*"rese")
        await until_seen(pilot, "input of last run")
        await pilot.press("f4")
        app.screen.query_one(JsonEditor).text = '{"region": "kanto", "depth": "deep"}'
        await until_seen(pilot, "'deep' is not one of")
        await pilot.press("ctrl+s")
        app.screen.query_one(JsonEditor).text = '{"region": "kanto", "depth": "quick"}'
        await until_seen(pilot, "✓ valid JSON")
        app.screen.query_one("#run-id", TextField).value = "mine"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    (submitted,) = await store.events("mine")
    assert submitted.data["input"] == {"region": "kanto", "depth": "quick"}


async def test_a_run_id_that_is_taken_keeps_the_form_open(store: MemoryBackend) -> None:
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "worker 4121")
        await pilot.press("S")
        await until_seen(pilot, "catalog-import")
        await pilot.press(*"nightly", "tab", *"nightly-0611", "ctrl+s")
        await until_seen(pilot, "✗ exists (○ sleeping, 1h02m ago)", "exists already: Enter")
        assert app.screen.query_one("#run-id", TextField).value == "nightly-0611"


async def test_without_a_worker_the_form_says_how_to_get_one(backend: MemoryBackend) -> None:
    app = app_over(backend)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "No runs in")
        await pilot.press("S")
        await until_seen(pilot, "Next: flopod worker -w FILE")
        await backend.renew(worker())
        await until_seen(pilot, "catalog-import")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


async def test_a_worker_is_started_only_where_none_is_alive(backend: MemoryBackend) -> None:
    started: list[str] = []

    async def start() -> str:
        started.append("one")
        return "started worker 77"

    for _ in range(2):
        app = FlopodApp(Session(Control(backend, workflows=()), start_worker=start))
        async with app.run_test(size=NORMAL) as pilot:
            await until_seen(pilot, "No runs in")
            await pilot.pause()
        await backend.renew(worker())
    assert started == ["one"]


@workflow
async def greeting(wf: Runtime, input: str) -> str:
    """Asks for a name and greets."""
    total = await wf.var("asked", 0)
    await total.set(1)
    name = await wf.wait("who", "name", type=str)
    return f"{input}, {name}"


async def test_a_run_is_started_answered_and_seen_to_its_end() -> None:
    backend = MemoryBackend()
    app = FlopodApp(Session(Control(backend, workflows=())))
    async with Worker(backend, workflows=[greeting]), app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "No runs in")
        await pilot.press("S")
        await until_seen(pilot, "Asks for a name and greets.")
        app.screen.query_one(JsonEditor).text = '"Good morning"'
        await pilot.press("ctrl+s")
        await until_seen(pilot, "◆ waiting", "asked")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait")
        app.screen.query_one(JsonEditor).text = '"Alice"'
        await pilot.press("ctrl+s")
        await until_seen(pilot, "✓ ok", "finished")
        await pilot.press("g")
        await until_seen(pilot, '"Good morning, Alice"')
        await pilot.press("q")
        await until_gone(pilot, "3 State")
        assert "greeting" in text_of(app)


async def test_a_delivery_of_a_changed_wait_is_checked_against_the_newest(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=WAITING)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "path      approval")
        await pilot.press("D")
        await until_seen(pilot, "✓ open wait")
        await store.append(WAITING, [Event(ev.RunCancelled(), at=NOW)])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, TextField))
        await pilot.press(*"alice", "ctrl+s")
        await until_seen(pilot, "nothing was sent")


async def test_a_run_that_waits_for_nothing_is_not_offered_the_wait_of_another(
    store: MemoryBackend,
) -> None:
    app = app_over(store, run_id=FAILED)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "24 · finished")
        await pilot.press("D")
        await until_seen(
            pilot, "▌ (o) other…", "Open waits 1", f" sh: flopod deliver {FAILED} PATH EVENT"
        )
