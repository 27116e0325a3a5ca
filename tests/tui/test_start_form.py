"""The start form, by what a person does with it."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from flopod import events as ev
from flopod.backend import WorkflowInfo
from flopod.control import Control
from flopod.errors import BackendError
from flopod.stored import encoded
from flopod_backends import MemoryBackend, SqliteBackend
from flopod_tui.screens.start import StartScreen
from flopod_tui.session import Session
from flopod_tui.settings.model import Settings
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.json_editor import JsonEditor
from flopod_tui.widgets.press import Press
from flopod_tui.widgets.value_editor import ValueEditor
from flopod_tui.widgets.workflow_list import WorkflowList
from tui.bench import Bench, bench
from tui.looking import text_of, until, until_gone, until_seen
from tui.store import Story, fixed_now, seeded, worker

WIDE, NORMAL, SMALL = (120, 36), (80, 24), (60, 16)
LOGIN = WorkflowInfo(
    name="login",
    doc="Logs in.",
    schema={
        "type": "object",
        "properties": {"user": {"type": "string"}, "password": {"type": "string"}},
        "required": ["user", "password"],
    },
)


async def inputs_of(backend: Any, run_id: str) -> Any:
    """Return what a run was started with."""
    return (await backend.events(run_id))[0].data["input"]


def screen(app: Bench) -> StartScreen:
    """Return the form."""
    assert isinstance(app.screen, StartScreen)
    return app.screen


async def choose_research(pilot: Pilot[None]) -> None:
    """Choose the workflow by the beginning of its name; its last input is filled in."""
    await until_seen(pilot, "catalog-import")
    await pilot.press(*"rese")
    await until_seen(pilot, "input of last run")


async def test_the_form_begins_with_the_input_of_the_last_run(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "catalog-import")
        await pilot.press(*"rese")
        await until_seen(pilot, "input of last run of this workflow (research-2026-0142)", "kanto")
        assert ", edited" not in text_of(app)
        await pilot.press("enter", "x")
        await until_seen(pilot, "(research-2026-0142), edited")


async def test_the_right_side_says_what_the_workflow_takes_and_how_its_runs_went(
    store: MemoryBackend,
) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "catalog-import")
        await pilot.press(*"rese")
        await until_seen(pilot, "Parameters", "limit    integer = 9", "optional", "required")
        await until_seen(pilot, "Looks a region up", "Last runs", "✗ research-2026-0141")
        assert len(screen(app).runs or ()) == 5


async def test_secrets_of_the_last_input_are_not_filled_in(backend: MemoryBackend) -> None:
    await backend.renew(worker().__class__(**{**_fields(worker()), "workflows": (LOGIN,)}))
    given = {"user": "ann", "password": "hunter2"}
    submitted = ev.RunSubmitted(workflow="login", input=encoded(given))
    await Story("login-1", timedelta(hours=1)).tell(submitted).record(backend)
    app = bench(backend, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "(login-1), secrets left out", " ann ", "password: is needed")
        await pilot.press("enter", "tab", *"s3cret")
        await until_seen(pilot, "••••••", "valid, 37 B")
        assert '"password": "•••"' in screen(app).shell_line()
        assert "s3cret" not in text_of(app)
        assert "hunter2" not in text_of(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(app.given))
    assert await inputs_of(backend, app.given[0].run_id) == {"user": "ann", "password": "s3cret"}
    assert app.session.memory.get("inputs:login") == [{"user": "ann"}]


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


async def test_recent_inputs_are_offered_and_taken(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    app.session.memory.put("inputs:research", [{"region": "sinnoh", "depth": "quick"}])
    async with app.run_test(size=NORMAL) as pilot:
        await choose_research(pilot)
        await pilot.press("ctrl+r")
        await until_seen(pilot, "Recent input", "sinnoh")
        await pilot.press("1")
        await until_seen(pilot, "recent input 1", " sinnoh ")


async def test_what_was_started_is_remembered_unless_history_is_off(store: MemoryBackend) -> None:
    for history in (True, False):
        app = bench(store, StartScreen, settings=Settings(history=history))
        async with app.run_test(size=NORMAL) as pilot:
            await until_seen(pilot, "catalog-import")
            await pilot.press(*"rese")
            await until_seen(pilot, "input of last run")
            await pilot.press("ctrl+s")
            await until(pilot, lambda app=app: bool(app.given))  # type: ignore[misc]
        assert bool(app.session.memory.get("inputs:research")) is history


async def test_the_run_id_is_checked_as_it_is_typed(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ free", "catalog-import-2026")
        await pilot.press("tab", *"no/slash")
        field = screen(app).query_one("#run-id", TextField)
        await until(pilot, lambda: field.value == "no/slash")
        await until_seen(pilot, "✗ letters, digits, . _ - only")
        assert app.screen.query_one("#send", Press).disabled
        field.value = "research-2026-0140"
        await until_seen(pilot, "✗ exists (✓ ok, 2h40m ago)", "Enter on its id opens it")
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.given))
    assert (app.given[0].run_id, app.given[0].new) == ("research-2026-0140", False)


async def test_another_run_id_is_suggested_on_demand(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✓ free")
        field = screen(app).query_one("#run-id", TextField)
        first = field.value
        await pilot.press("ctrl+g")
        await until(pilot, lambda: field.value not in (first, ""))
        assert not screen(app).would_lose()


async def test_nothing_can_be_started_before_it_is_valid_and_it_says_why(
    store: MemoryBackend,
) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await choose_research(pilot)
        await pilot.press("f4")
        screen(app).query_one(JsonEditor).text = '{"region": "x",\n "depth": }'
        await until_seen(pilot, "✗ JSON line 2, column 11: a value is missing", "(fix the input)")
        assert app.screen.query_one("#send", Press).disabled
        await pilot.press("ctrl+s")
        await until_seen(pilot, "✗ JSON line 2, column 11")
        assert app.given == []
        assert screen(app).query_one(JsonEditor).cursor_location == (1, 10)


async def test_several_runs_are_started_from_one_form(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "catalog-import")
        await pilot.press(*"nightly")
        await until_seen(pilot, "✓ no input")
        app.screen.query_one("#keep").focus()
        await pilot.press("space")
        await until_seen(pilot, "[x] keep this form open")
        for _ in range(2):
            before = await store.counts()
            await pilot.press("ctrl+s")
            await until_seen(pilot, "✓ started nightly-", "another one?")
            await until_seen(pilot, "✓ free")
            assert sum((await store.counts()).values()) == sum(before.values()) + 1
    assert app.given == []


async def test_a_text_is_edited_in_the_editor_of_ones_choice(
    store: MemoryBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor.py"
    editor.write_text("import sys; open(sys.argv[1], 'w').write('{\"file\": \"mine.csv\"}')")
    monkeypatch.setenv("VISUAL", f"{sys.executable} {editor}")
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "input of last run")
        await pilot.press("enter", "ctrl+e")
        await until_seen(pilot, '{"file": "mine.csv"}', ", edited")


async def test_without_an_editor_it_says_how_to_name_one(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "input of last run")
        await pilot.press("ctrl+e")
        await until_seen(pilot, "set VISUAL or EDITOR")


async def test_the_input_is_read_from_a_file(store: MemoryBackend, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"file": "\x1b[31mred"')
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "input of last run")
        await pilot.press("ctrl+o")
        await until_seen(pilot, "Read the input from")
        await pilot.press(*str(file), "enter")
        await until_seen(pilot, "from input.json", "\\u001b[31mred", "✗ JSON line 1")


async def test_pasted_lines_never_send_the_form(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "input of last run")
        await pilot.press("enter")
        editor = screen(app).query_one(JsonEditor)
        await until(pilot, lambda: app.focused is editor)
        editor.select_all()
        editor.post_message(Paste('{"a":\n1}\n\n'))
        await until(pilot, lambda: editor.text == '{"a":\n1}\n\n')
        assert app.given == []


async def test_enter_indents_and_a_closing_bracket_takes_it_back(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "input of last run")
        await pilot.press("enter")
        editor = screen(app).query_one(JsonEditor)
        await until(pilot, lambda: app.focused is editor)
        editor.text = ""
        await pilot.press("{", "enter", '"', "a", '"', ":", "1", "enter", "}")
        assert editor.text == '{\n  "a":1\n}'


async def test_a_value_without_a_place_in_the_fields_stays_json(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await choose_research(pilot)
        await pilot.press("f4")
        screen(app).query_one(JsonEditor).text = '{"region": "x", "extra": 1}'
        await pilot.press("f4")
        await until_seen(pilot, "parts that the fields have no place for")
        assert screen(app).query_one(ValueEditor).as_json


async def test_switching_and_back_loses_nothing_and_is_no_change(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await choose_research(pilot)
        before = screen(app).query_one(ValueEditor).read().value
        await pilot.press("f4")
        await until_seen(pilot, '"region": "kanto"')
        await pilot.press("f4")
        await until_gone(pilot, '"region": "kanto",')
        assert screen(app).query_one(ValueEditor).read().value == before
        assert not screen(app).would_lose()


async def test_without_a_list_of_workflows_the_name_can_be_typed(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: Control) -> list[WorkflowInfo]:
        raise BackendError("the disk is gone")

    monkeypatch.setattr(Control, "workflows", lost)
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "✗ the disk is gone", "can be typed all the same")
        await pilot.press(*"catalog-import", "enter")
        await until_seen(pilot, "as typed: catalog-import")
        screen(app).query_one(JsonEditor).text = '{"file": "a.csv"}'
        await until_seen(pilot, "flopod start catalog-import", '"a.csv"')
        monkeypatch.undo()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(app.given))
    assert await inputs_of(store, app.given[0].run_id) == {"file": "a.csv"}


async def test_a_lost_store_keeps_the_form_and_says_so(
    store: MemoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: Control, *given: Any, **more: Any) -> str:
        raise BackendError("database is locked by another program")

    app = bench(store, StartScreen)
    async with app.run_test(size=NORMAL) as pilot:
        await choose_research(pilot)
        await pilot.press("enter", *"unova")
        monkeypatch.setattr(Control, "start", lost)
        await pilot.press("ctrl+s")
        await until_seen(pilot, "✗ database is locked by another program", " unova ")
        assert app.given == []


async def test_what_was_typed_is_thrown_away_only_after_a_question(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "input of last run")
        await pilot.press("tab", *"my-own-id", "escape")
        await until_seen(pilot, "Throw it away?")
        await pilot.press("n")
        await until_gone(pilot, "Throw it away?")
        assert screen(app).query_one("#run-id", TextField).value == "my-own-id"
        await pilot.press("escape")
        await until_seen(pilot, "Throw it away?")
        await pilot.press("y")
        await until(pilot, lambda: app.given == [None])


async def test_a_form_that_nobody_changed_closes_at_once(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(pilot, "input of last run")
        await pilot.press("escape")
        await until(pilot, lambda: app.given == [None])


async def test_all_of_it_can_be_reached_in_a_small_window(store: MemoryBackend) -> None:
    app = bench(store, StartScreen, look={"plain_glyphs": True, "theme": "ansi"})
    async with app.run_test(size=SMALL) as pilot:
        await choose_research(pilot)
        plain = "╭╮╰╯▁▂▃▄▅▆▇█▕"
        await until(
            pilot,
            lambda: all(ord(char) < 128 or char in plain for char in text_of(app) if char > " "),
        )
        for _ in range(20):
            if app.focused is not None and app.focused.id == "send":
                break
            await pilot.press("tab")
        await until_seen(pilot, "[ Start ]", "[ Cancel ]")


async def test_a_size_that_every_replay_reads_is_told(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "input of last run")
        screen(app).query_one(JsonEditor).text = f'"{"x" * 1_000_100}"'
        await until_seen(pilot, "▲ valid JSON, but 1.0 MB: every replay reads it")
        assert screen(app).shell_line().endswith(" @input.json")


async def test_the_command_is_copied_with_its_secrets_masked(store: MemoryBackend) -> None:
    app = bench(store, StartScreen)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "input of last run")
        screen(app).query_one(JsonEditor).text = '{"token": "abc"}'
        await pilot.press("ctrl+y")
        await until_seen(pilot, "command:", "its secrets are masked")
        assert '"token": "•••"' in screen(app).shell_line()
        app.session.masking.revealed = True
        assert '"token": "abc"' in screen(app).shell_line()


async def test_a_run_is_started_in_a_file(tmp_path: Path) -> None:
    backend = SqliteBackend(tmp_path / "runs.db", clock=fixed_now)
    try:
        await seeded(backend)
        app = bench(backend, StartScreen)
        async with app.run_test(size=WIDE) as pilot:
            await until_seen(pilot, "catalog-import")
            await pilot.press(*"rese")
            await until_seen(pilot, "input of last run of this workflow (research-2026-0142)")
            await pilot.press("ctrl+s")
            await until(pilot, lambda: bool(app.given))
        assert (await inputs_of(backend, app.given[0].run_id))["region"] == "kanto"
        assert app.given[0].shell.startswith("flopod start research --run-id research-2026")
    finally:
        await backend.close()


async def test_no_workflow_at_all_says_where_they_are_looked_for(backend: MemoryBackend) -> None:
    app = bench(backend, StartScreen)
    async with app.run_test(size=NORMAL) as pilot:
        await until_seen(
            pilot, "No workflow is known", "FLOPOD_WORKFLOWS", "pyproject.toml", "Next:"
        )
        assert app.screen.query_one(WorkflowList).current is None
        assert isinstance(app.session, Session)
