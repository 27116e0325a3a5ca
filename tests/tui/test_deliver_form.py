"""The deliver form, by what a person does with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot

from flopod import events as ev
from flopod.control import Control
from flopod.delivering import Delivered
from flopod.errors import BackendError
from flopod.events import Event
from flopod.stored import encoded
from flopod_backends import MemoryBackend
from flopod_tui.screens.deliver import DeliverScreen
from flopod_tui.session import Session
from flopod_tui.text.format import width_of
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.json_editor import JsonEditor
from flopod_tui.widgets.press import Press
from flopod_tui.widgets.wait_list import WaitList
from tui.bench import Bench, Make, bench
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import NOW, Story, waiting

WIDE, NORMAL, SMALL = (120, 36), (80, 24), (60, 16)
WAITING = "research-2026-0142"


async def opened_on(store: MemoryBackend, run_id: str | None = WAITING) -> Make:
    """Return the form of a run, or of the whole store."""
    run = await store.summary(run_id) if run_id else None
    return lambda session: DeliverScreen(session, run, None)


def asking(run_id: str, *, left: timedelta | None = None, ago: float = 5) -> Story:
    """A run that waits for an event of any form."""
    story = Story(run_id, timedelta(minutes=ago)).begin("onboarding")
    deadline = NOW + left if left else None
    return story.tell(ev.WaitStarted(event="docs-uploaded", deadline=deadline), "kyc/documents")


def screen(app: Bench) -> DeliverScreen:
    """Return the form."""
    assert isinstance(app.screen, DeliverScreen)
    return app.screen


async def gone_in(pilot: Pilot[None]) -> None:
    """Go on from the waits to the payload."""
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.focused, TextField))


async def delivered(store: MemoryBackend, run_id: str = WAITING) -> list[Any]:
    """Return the payloads that were delivered to a run."""
    events = await store.events(run_id)
    return [event.data["payload"] for event in events if isinstance(event.fact, ev.EventDelivered)]


async def test_of_the_whole_store_the_wait_that_ends_first_comes_first(
    store: MemoryBackend,
) -> None:
    await asking("onboarding-17", left=timedelta(minutes=21)).record(store)
    await asking("onboarding-19").record(store)
    app = bench(store, await opened_on(store, None))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "Open waits 3", "(o) onboarding-17", "21m left !", "no timeout")
        shown = [one.run_id for one in screen(app).query_one(WaitList).shown_ones]
        assert shown == ["onboarding-17", WAITING, "onboarding-19"]


async def test_of_a_run_its_own_waits_come_first(store: MemoryBackend) -> None:
    await asking("onboarding-17", left=timedelta(minutes=21)).record(store)
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, f"(o) {WAITING}", "( ) onboarding-17", "✓ open wait")


async def test_waits_are_filtered_by_words(store: MemoryBackend) -> None:
    await asking("onboarding-17").record(store)
    app = bench(store, await opened_on(store))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "Open waits 2")
        await pilot.press("slash", *"kyc 17")
        await until_seen(pilot, "Open waits 1 of 2", "(o) onboarding-17", "kyc/documents   ")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, WaitList))
        await pilot.press("escape")
        await until_seen(pilot, "Open waits 2")
        assert app.given == []


async def test_the_fields_are_checked_as_they_are_edited(store: MemoryBackend) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait", "✓ is waited for")
        screen(app).query_one("#path", TextField).value = "approvals"
        await until_seen(pilot, "! nothing waits here; 1 other open", "kept until a wait opens")
        screen(app).query_one("#run", TextField).value = "research-2026-0140"
        await until_seen(pilot, "✗ ✓ ok", "✗ the run is ok", "(the run is ok: it takes no event)")
        assert screen(app).query_one("#send", Press).disabled
        screen(app).query_one("#run", TextField).value = "nobody"
        await until_seen(pilot, "✗ no such run", "(there is no run nobody)")


async def test_another_event_than_that_waited_for_is_told(store: MemoryBackend) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ is waited for")
        screen(app).query_one("#event", TextField).value = "researcher-approve"
        await until_seen(pilot, "! here it is researcher-approved")


async def test_check_only_says_what_would_be_written_and_writes_nothing(
    store: MemoryBackend,
) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        await gone_in(pilot)
        await pilot.press(*"ann")
        screen(app).query_one("#check", Press).action_press()
        await until_seen(
            pilot, "would append EventDelivered (researcher-approved, 13 B) at approval"
        )
        await until_seen(pilot, "nothing was written")
    assert await delivered(store) == []
    assert app.given == []


async def test_a_double_press_is_one_delivery(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        await gone_in(pilot)
        await pilot.press(*"ann", "ctrl+s", "ctrl+s")
        await until(pilot, lambda: bool(app.given))
        again = await Control(store, workflows=()).deliver(
            WAITING,
            "approval",
            "researcher-approved",
            {"by": "ann"},
            delivery_id=_delivery_id(await store.events(WAITING)),
        )
    assert await delivered(store) == [{"by": "ann"}]
    assert not again.new


def _delivery_id(events: list[Event]) -> str:
    (only,) = (e.fact for e in events if isinstance(e.fact, ev.EventDelivered))
    return only.delivery_id


async def test_a_wait_that_timed_out_meanwhile_is_told_with_its_event(
    store: MemoryBackend,
) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        await store.append(WAITING, [Event(ev.WaitTimedOut(), "approval", NOW)])
        await gone_in(pilot)
        await pilot.press(*"ann", "ctrl+s")
        await until_seen(pilot, "this wait timed out meanwhile (event 36, 14:03:22)", " ann ")
        assert await delivered(store) == []


async def test_a_run_that_ended_meanwhile_takes_nothing(store: MemoryBackend) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        await store.append(WAITING, [Event(ev.RunCancelled(), at=NOW)])
        await gone_in(pilot)
        await pilot.press(*"ann", "ctrl+s")
        await until_seen(pilot, "the run ended meanwhile (RunCancelled, event 36, 14:03:22)")
        await until_seen(pilot, "nothing was sent", "✗ the run is cancelled")


async def test_typed_text_stays_when_another_wait_is_chosen(store: MemoryBackend) -> None:
    await asking("onboarding-17").record(store)
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        await gone_in(pilot)
        await pilot.press(*"ann")
        screen(app).query_one(WaitList).focus()
        await pilot.press("down")
        await until_seen(pilot, "(o) onboarding-17", '"by": "ann"')
        await pilot.press("up")
        await until_seen(pilot, f"(o) {WAITING}", "Payload {by: string")
        assert screen(app).editor.read().value == {"by": "ann"}


async def test_the_example_comes_from_the_schema(store: MemoryBackend) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        await pilot.press("f4")
        screen(app).query_one(JsonEditor).text = "7"
        await until_seen(pilot, "7 is not of type 'object' at $")
        await pilot.press("f5")
        await until_seen(pilot, '"by": ""')


async def test_without_a_schema_the_example_is_the_last_delivery_of_the_event(
    store: MemoryBackend,
) -> None:
    story = asking("onboarding-17")
    payload = encoded({"file": "passport.pdf", "token": "t"})
    earlier = ev.EventDelivered(event="docs-uploaded", payload=payload, delivery_id="a")
    story.tell(earlier, "kyc[0]/documents")
    await story.record(store)
    app = bench(store, await opened_on(store, "onboarding-17"))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait", "empty: the payload is null")
        await pilot.press("f5")
        await until_seen(pilot, '"file": "passport.pdf"')
        assert "token" not in screen(app).query_one(JsonEditor).text


async def test_recent_payloads_are_kept_by_event_without_secrets(store: MemoryBackend) -> None:
    await asking("onboarding-17").record(store)
    app = bench(store, await opened_on(store, "onboarding-17"))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        screen(app).query_one(JsonEditor).text = '{"file": "a.pdf", "api_key": "k"}'
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(app.given))
    assert app.session.memory.get("payloads:docs-uploaded") == [{"file": "a.pdf"}]
    assert await delivered(store, "onboarding-17") == [{"file": "a.pdf", "api_key": "k"}]


async def test_an_empty_payload_is_asked_about(store: MemoryBackend) -> None:
    await asking("onboarding-17").record(store)
    app = bench(store, await opened_on(store, "onboarding-17"))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "✓ open wait", "empty: the payload is null")
        await pilot.press("ctrl+s")
        await until_seen(pilot, "Deliver it without a payload?")
        await pilot.press("enter")
        await until_gone(pilot, "Deliver it without")
        assert await delivered(store, "onboarding-17") == []
        await pilot.press("ctrl+s")
        await until_seen(pilot, "Deliver it without a payload?")
        await pilot.press("y")
        await until(pilot, lambda: bool(app.given))
    assert await delivered(store, "onboarding-17") == [None]


async def test_the_result_says_which_event_it_is(store: MemoryBackend) -> None:
    app = bench(store, await opened_on(store))
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "✓ open wait")
        await gone_in(pilot)
        await pilot.press(*"ann", "ctrl+s")
        await until(pilot, lambda: bool(app.given))
    (given,) = app.given
    assert given.delivered == Delivered(36, True, True, given.delivered.note)
    assert given.text.startswith("delivered as event 36: researcher-approved to approval")
    line = f'flopod deliver {WAITING} approval researcher-approved \'{{"by": "ann"}}\''
    assert given.shell == line


async def test_a_lost_store_keeps_the_form(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: Control, run_id: str) -> Any:
        raise BackendError("no route to the database")

    app = bench(store, await opened_on(store))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ open wait")
        await gone_in(pilot)
        await pilot.press(*"ann")
        monkeypatch.setattr(Control, "get", lost)
        await pilot.press("ctrl+s")
        await until_seen(pilot, "✗ no route to the database", " ann ")
        assert await delivered(store) == []


async def test_a_hostile_wait_is_shown_harmless_and_still_answered(store: MemoryBackend) -> None:
    event = "\u202egnp.exe @click=app.quit"
    story = Story("evil", timedelta(minutes=1)).begin("research")
    await story.tell(ev.WaitStarted(event=event), "wait").record(store)
    app = bench(store, await opened_on(store, "evil"))
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ is waited for", "\\u202egnp.exe @click=app.quit")
        assert "\u202e" not in text_of(app)
        screen(app).query_one(JsonEditor).text = "1"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(app.given))
    assert await delivered(store, "evil") == [1]


async def test_no_line_is_wider_than_the_window_and_all_is_reached(store: MemoryBackend) -> None:
    for number in range(6):
        await waiting(f"research-with-a-rather-long-name-{number}", timedelta(hours=1)).record(
            store
        )
    app = bench(store, await opened_on(store), look={"plain_glyphs": True, "theme": "ansi"})
    async with app.run_test(size=SMALL) as pilot:
        await until_seen(pilot, "Open waits 7", "left")
        assert all(width_of(line) <= SMALL[0] for line in text_of(app).split("\n"))
        for _ in range(20):
            if (before := app.focused) is not None and before.id == "leave":
                break
            await pilot.press("tab")
            await until(pilot, lambda before=before: app.focused is not before)
        await until_seen(pilot, "[ Deliver ]", "[ Cancel ]")
        assert isinstance(app.session, Session)
