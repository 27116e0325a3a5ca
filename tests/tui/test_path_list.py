"""The path tree as a widget: the cursor, folding, searching, and how little is drawn."""

from __future__ import annotations

from datetime import timedelta

from textual.events import MouseScrollDown
from textual.pilot import Pilot

from flopod import events as ev
from flopod.errors import ErrorInfo
from flopod.events import Event
from flopod.stored import encoded
from flopod.tree import TreeBuilder
from flopod_tui.run.view import RunView
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.path_list import PathList
from tui.alone import Alone, alone, rows_drawn
from tui.looking import text_of, until, until_seen
from tui.store import NOW, Story, failing, waiting

OK = encoded(True)


def items(count: int, failed: tuple[int, ...] = ()) -> Story:
    error = ErrorInfo("HTTPError", "502 Bad Gateway", "x")
    story = Story("r", timedelta(hours=1)).begin("job").tell(ev.EachStarted(total=count), "work")
    for index in range(count):
        end = ev.EachItemFailed(error=error) if index in failed else None
        story.tell(end or ev.EachItemCompleted(output=OK), f"work[{index}]")
    return story


def tree_of(story: Story) -> TreeBuilder:
    return RunView.of(story.events).paths


def line(text: str, pilot: Pilot[None]) -> int:
    """Return the line of the screen with this text."""
    lines = text_of(pilot.app).split("\n")
    return next(index for index, one in enumerate(lines) if text in one)


async def test_failures_are_visited_in_order_and_counted() -> None:
    async with alone(PathList()) as (paths, pilot):
        paths.show(tree_of(items(90, failed=(3, 40, 77))), NOW)
        for key in ("!", "!", "!", "!"):
            await pilot.press("exclamation_mark" if key == "!" else key)
        screen = pilot.app.screen
        assert isinstance(screen, Alone)
        assert screen.told == [
            "failure 1 of 3",
            "failure 2 of 3",
            "failure 3 of 3",
            "failure 1 of 3",
        ]
        assert paths.current and paths.current.path == "work[3]"


async def test_where_nothing_failed_the_key_says_so() -> None:
    async with alone(PathList()) as (paths, pilot):
        paths.show(tree_of(items(3)), NOW)
        await pilot.press("exclamation_mark")
        screen = pilot.app.screen
        assert isinstance(screen, Alone)
        assert screen.told == ["nothing failed, and nothing is tried again"]


async def test_enter_opens_a_group_and_what_failed_is_seen_while_it_is_folded() -> None:
    async with alone(PathList(), height=20) as (paths, pilot):
        paths.show(tree_of(items(512, failed=(3, 510))), NOW)
        await until_seen(pilot, "[0..511]", "510 ok  2 failed", "[3]", "[510]")
        await pilot.press("j", "j", "enter")
        await until_seen(pilot, "[14]")
        assert paths.count == 3 + 512
        await pilot.press("enter")
        await until_seen(pilot, "[510]")
        assert paths.count == 3 + 2


async def test_the_row_under_the_cursor_stays_when_rows_come_above_it() -> None:
    async with alone(PathList()) as (paths, pilot):
        tree = TreeBuilder()
        tree.add(Event(ev.EachStarted(total=5), "a", NOW, 1))
        for number in range(40):
            tree.add(Event(ev.ActivityStarted(), f"z-{number}", NOW, number + 2))
        paths.show(tree, NOW)
        paths.put_on("z-30")
        await until_seen(pilot, "z-30")
        before = line("z-30", pilot)
        for number in range(5):
            tree.add(Event(ev.ActivityStarted(), f"a[{number}]/s", NOW, number + 50))
        paths.show(tree, NOW)
        await pilot.pause()
        assert paths.current and paths.current.path == "z-30"
        assert line("z-30", pilot) == before


async def test_a_tick_draws_only_the_rows_that_run() -> None:
    async with alone(PathList(), height=30) as (paths, pilot):
        story = items(4).tell(ev.ActivityStarted(), "work[4]/call")
        tree = tree_of(story)
        paths.show(tree, NOW)
        await until_seen(pilot, "call")
        with rows_drawn(paths) as drawn:
            paths.show(tree, NOW + timedelta(seconds=1))
            await pilot.pause()
        assert sorted(set(drawn)) == [0, 1, 6, 7]
        with rows_drawn(paths) as drawn:
            paths.show(tree, NOW + timedelta(seconds=1))
            await pilot.pause()
        assert drawn == []


async def test_a_search_unfolds_what_hides_the_hit_and_goes_round() -> None:
    async with alone(PathList()) as (paths, pilot):
        paths.show(tree_of(items(90)), NOW)
        assert paths.search("[77]", 0)
        assert paths.current and paths.current.path == "work[77]"
        assert paths.found == "1 of 1"
        assert paths.search("work[8", 1)
        assert paths.current.path == "work[80]"
        assert paths.found == "2 of 11"
        assert paths.search("work[8", -1)
        assert paths.current.path == "work[8]"
        assert paths.search("work[8", -1)
        assert paths.current.path == "work[89]"
        assert not paths.search("nowhere", 0)
        await pilot.pause()


async def test_a_click_puts_the_cursor_and_the_wheel_leaves_it() -> None:
    async with alone(PathList()) as (paths, pilot):
        paths.show(tree_of(items(90)), NOW)
        paths.action_fold_all(True)
        await until_seen(pilot, "[5]")
        await pilot.click(PathList, offset=(10, 5))
        assert paths.current and paths.current.path == "work[2]"
        await pilot._post_mouse_events([MouseScrollDown], PathList)
        await until(pilot, lambda: paths.scroll_offset.y > 0)
        assert paths.current.path == "work[2]"


async def test_one_cannot_scroll_past_the_last_row() -> None:
    async with alone(PathList()) as (paths, pilot):
        paths.show(tree_of(items(90)), NOW)
        paths.action_fold_all(True)
        paths.jump(10_000)
        await pilot.pause()
        assert paths.scroll_offset.y == paths.count - paths.page


async def test_a_failing_run_puts_the_cursor_where_it_is_put() -> None:
    async with alone(PathList()) as (paths, pilot):
        paths.show(tree_of(failing("r", timedelta(hours=1))), NOW)
        paths.put_on("expedition[2]/classify")
        await until_seen(pilot, "classify")
        assert paths.current and paths.current.path == "expedition[2]/classify"
        paths.show(tree_of(waiting("r", timedelta(hours=1))), NOW)
        await pilot.pause()
        assert paths.current and paths.current.path == "expedition[2]/classify"


def test_a_row_is_as_wide_as_asked() -> None:
    paths = PathList()
    paths.show(tree_of(items(90, failed=(3,))), NOW)
    widths = [sum(len(text) for text, _ in row(paths, index)) for index in range(paths.count)]
    assert set(widths) == {60}


def row(paths: PathList, index: int) -> Spans:
    return paths.row(index, 60)
