"""One list alone on a screen of the real app, for its themes and keys; and how much it draws."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

from textual.app import ComposeResult
from textual.pilot import Pilot
from textual.screen import Screen

from flopod_backends import MemoryBackend
from flopod_tui.widgets.lines import LineList
from flopod_tui.widgets.path_list import PathList
from tui.store import app_over

List = TypeVar("List", bound=LineList)


class Alone(Screen[None]):
    """A screen with one list, that notes what the list says."""

    def __init__(self, shown: LineList) -> None:
        super().__init__()
        self.shown = shown
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.shown

    def on_path_list_told(self, message: PathList.Told) -> None:
        self.told.append(message.text)


@asynccontextmanager
async def alone(shown: List, height: int = 12) -> AsyncIterator[tuple[List, Pilot[None]]]:
    """Show a list in a window of its own."""
    app = app_over(MemoryBackend())
    async with app.run_test(size=(80, height)) as pilot:
        await app.push_screen(Alone(shown))
        shown.focus()
        await pilot.pause()
        yield shown, pilot


@contextmanager
def rows_drawn(shown: LineList) -> Iterator[list[int]]:
    """Note which rows are drawn in the block."""
    drawn: list[int] = []
    render = shown.render_line

    def noting(y: int) -> object:
        drawn.append(y)
        return render(y)

    shown.render_line = noting  # type: ignore[assignment,method-assign]
    yield drawn
    shown.render_line = render  # type: ignore[method-assign]
