"""How a form opens, and goes on to its fields, however the keys and the layout fall together."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import Key

from flopod.control import Control
from flopod_backends import MemoryBackend
from flopod_tui.forms.last_input import last_input
from flopod_tui.screens.deliver import DeliverScreen
from flopod_tui.screens.form import Form
from flopod_tui.screens.start import StartScreen
from flopod_tui.widgets.field_row import FieldRow
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.json_editor import JsonEditor
from flopod_tui.widgets.workflow_list import WorkflowList
from tui.bench import Bench, Make, bench
from tui.looking import settled, until, until_seen
from tui.test_deliver_form import asking
from tui.test_typing_ahead import burst

WIDE, SMALL = (120, 36), (60, 16)
FORMS: dict[str, tuple[Make, str, str]] = {
    "start": (StartScreen, "Workflow 3", "left"),
    "deliver": (lambda session: DeliverScreen(session, None, None), "Open waits 1", "body"),
}


def fields(app: Bench) -> dict[str, str]:
    """Return what stands in the fields."""
    return {row.field.name: row.value for row in app.screen.query(FieldRow)}


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_opens_at_its_top(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked: list[Any] = []
    # As while nothing is laid out yet.
    monkeypatch.setattr(Form, "can_view_entire", lambda *_: False)
    monkeypatch.setattr(Form, "scroll_to_center", lambda *given, **_: asked.append(given))
    make, title, scrolled = FORMS[name]
    app = bench(store, make)
    async with app.run_test(size=SMALL) as pilot:
        await until_seen(pilot, title)
        await settled(pilot)
        assert app.screen.query_one(f"#{scrolled}").scroll_offset.y == 0
        assert asked == []
        await pilot.press("tab")
        await until(pilot, lambda: len(asked) == 1)


async def test_what_is_typed_behind_enter_goes_into_the_first_field_of_the_input(
    store: MemoryBackend,
) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "catalog-import", "research")
        burst(app, "rese\rjohto")
        await until(pilot, lambda: fields(app).get("region") == "johto")
        assert app.screen.query_one(WorkflowList).typed == "rese"


async def test_what_is_typed_behind_enter_goes_into_the_payload_of_the_wait(
    store: MemoryBackend,
) -> None:
    await asking("onboarding-17").record(store)
    app = bench(store, FORMS["deliver"][0])
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "Open waits 2", "✓ open wait")
        app.post_message(Key("down", None))
        burst(app, "\r17")
        await until(pilot, lambda: app.screen.query_one(JsonEditor).text == "17")
        assert app.screen.query_one("#run", TextField).value == "onboarding-17"


async def test_the_last_input_is_offered_however_long_its_run_is(store: MemoryBackend) -> None:
    [run] = await Control(store, workflows=()).list_runs(workflow="research", limit=1)
    read: list[tuple[Any, ...]] = []
    events = store.events

    async def noted(*asked: Any) -> Any:
        read.append(asked)
        return await events(*asked)

    store.events = noted  # type: ignore[method-assign, assignment]
    found = await last_input(Control(store, workflows=()), [run])
    assert found is not None and found.run_id == run.run_id
    assert read == [(run.run_id, 0, 1)]
