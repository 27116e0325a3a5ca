"""Runs that were started by others, as the app shows them."""

from __future__ import annotations

from flopod import Control, Worker
from flopod.summary import Status
from flopod.tree import fold_tree
from flopod_backends import MemoryBackend
from flopod_tui.output.lines import show_lines
from flopod_tui.output.plain import plain_summary
from runtime.families import approval, asks, calls_and_waits
from runtime.lives import until
from tui.looking import text_of, until_seen
from tui.store import NOW, app_over

WIDE = (120, 36)
PARENT = "the-run"


async def family() -> tuple[MemoryBackend, str]:
    """Return a store with a run that waits for a child, and the child's id."""
    store = MemoryBackend()
    await Control(store, [asks]).start("asks", run_id=PARENT)
    async with Worker(store, [asks, approval]):
        called = await calls_and_waits(store)
    return store, called


async def test_enter_on_a_child_opens_its_run_and_esc_comes_back() -> None:
    store, called = await family()
    app = app_over(store, run_id=PARENT)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "→ approval", f"run       {called}", "it is     ◆ waiting")
        await pilot.press("1", "enter")
        await until_seen(pilot, f"{called}  child of {PARENT}", "path      approval")
        await pilot.press("escape")
        await until_seen(pilot, "→ approval")
        assert "child of" not in text_of(app)


async def test_the_list_says_which_run_is_waited_for_and_whose_child_a_run_is() -> None:
    store, called = await family()
    app = app_over(store)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, f"→ {called[:10]}")
        await pilot.press("slash", *f"parent:{PARENT}", "enter")
        await until_seen(pilot, "1 run of 2", f"child of {PARENT}")


async def test_a_moment_of_the_past_shows_the_child_as_it_was() -> None:
    store, called = await family()
    await Control(store).deliver(called, "approval", "approve", "yes")
    async with Worker(store, [asks, approval]):
        await until(store, lambda run: run.status is Status.OK)
    app = app_over(store, run_id=PARENT)
    async with app.run_test(size=WIDE) as pilot:
        await until_seen(pilot, "finished", "ChildCompleted", "ChildEnded")
        await pilot.press("comma", "comma")
        await until_seen(pilot, "AT seq", "→ approval")


async def test_commands_name_the_parent_and_the_child() -> None:
    store, called = await family()
    control = Control(store)
    run = await control.get(called)
    assert plain_summary(run)["parent"] == PARENT
    assert f"  parent     {PARENT}" in show_lines(run, fold_tree([]), {}, NOW)
    parent = await control.get(PARENT)
    lines = [*show_lines(parent, fold_tree(await control.events(PARENT)), {}, NOW)]
    assert any(called in line and "call" in line for line in lines)
