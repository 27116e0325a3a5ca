"""The one list of the app: virtual lines with a cursor, for runs, paths, events and values alike.

It asks for a row only when that row is on the screen, and sends a row again only when it has
changed, so 100,000 rows cost what 30 cost. A subclass says how many rows there are and what stands
in one; it reports in the words of its subject. A list that `follows` jumps by half a page when its
end is reached: a terminal cannot be told to scroll, so each jump paints the page anew.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from flopod_tui.settings.keys import Remappable
from flopod_tui.text.spans import GAP, Spans
from flopod_tui.widgets.painted import Painted


class LineList(Remappable, Painted, ScrollView, can_focus=True, inherit_bindings=False):
    """Rows on demand, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(2)", "Page down", show=False),
        Binding("pageup", "page(-2)", "Page up", show=False),
        Binding("ctrl+d", "page(1)", "Half a page down", show=False),
        Binding("ctrl+u", "page(-1)", "Half a page up", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
    ]
    DEFAULT_CSS = """
    LineList {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-color: $rule;
        scrollbar-color-hover: $quiet;
        scrollbar-color-active: $quiet;
    }
    """
    HEAD = 0
    """Lines at the top that do not scroll."""
    SLACK = False
    """Grow in steps, for a list that is watched while it grows."""

    CURSOR = True
    """Keys move a cursor; without one they scroll."""
    has_gutter = True
    """The first cell marks the row with the cursor; without it a terminal selects clean text."""

    cursor: reactive[int] = reactive(0, repaint=False)
    """The row that keys act on."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.count = 0
        """How many rows there are."""
        self._rows_laid_out = 0
        self._shown: dict[int, tuple[Spans, bool]] = {}

    def row(self, index: int, width: int) -> Spans:
        """Return what stands in a row, the first cells being free for the cursor mark."""
        raise NotImplementedError

    def head_row(self, y: int, width: int) -> Spans:
        """Return a line that does not scroll."""
        raise NotImplementedError

    def empty_row(self, y: int, width: int) -> Spans:
        """Return a line of what stands there when there is no row."""
        return []

    def cursor_moved(self) -> None:
        """Report that the cursor stands on another row."""

    @property
    def page(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - self.HEAD)

    @property
    def max_scroll_y(self) -> int:
        """How far one can scroll: until the last row is the lowest."""
        return max(0, self.count + self.HEAD - self.size.height)

    def resize_to(self, count: int) -> None:
        """Say how many rows there are now, and repaint what changed."""
        self.count = count
        self._scroll_through(Size(0, self._wanted_height()))
        if count != self._rows_laid_out and self.styles.auto_dimensions:
            self._rows_laid_out = count
            # Textual counts no change while a layout is pending: its cached height would stay.
            self._layout_updates += 1
            self.refresh(layout=True)
        if count and self.cursor >= count:
            self.cursor = count - 1
        self.repaint_changed()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Be as high as the rows, where the height is left to the content."""
        return self.count + self.HEAD

    def repaint_changed(self) -> None:
        """Send the lines again whose content is not what was shown."""
        for y in range(self.size.height):
            if self._shown.get(y) != self._line(y):
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        spans, cursor = self._shown[y] = self._line(y)
        marked = list(spans)
        if y >= self.HEAD and self.count and self.has_gutter:
            role = "cursor-mark" if self.has_focus else "quiet"
            marked.insert(0, ("▌", role) if cursor else GAP)
        return self.strip(marked, self.size.width, cursor=cursor and self.has_focus)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and the row on the screen."""
        self.cursor = max(0, min(index, self.count - 1))
        self.reveal(self.cursor)

    def reveal(self, index: int) -> None:
        """Scroll as little as needed to have a row on the screen; a far one comes amid others."""
        top = self.scroll_offset.y
        if not top - self.page <= index < top + 2 * self.page:
            self.jump(index - self.page // 2)
        elif index < top:
            self.jump(index)
        elif index >= top + self.page:
            self.jump(index - self.page + 1)

    def jump(self, top: int) -> None:
        """Have the row `top` in the first line."""
        self.scroll_to(y=max(0, top), animate=False, immediate=True, force=True)

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the row that lost the cursor and the one that has it."""
        self.refresh_row(old)
        self.refresh_row(new)
        self.cursor_moved()

    def refresh_row(self, index: int) -> None:
        """Send one row again."""
        y = index - self.scroll_offset.y + self.HEAD
        if self.HEAD <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        if self.CURSOR:
            self.move_to(self.cursor + rows)
        else:
            self.jump(self.scroll_offset.y + rows)

    def action_page(self, halves: int) -> None:
        """Move the cursor by half pages."""
        step = self.page * halves // 2
        self.jump(min(self.scroll_offset.y + step, max(0, self.count - self.page)))
        if self.CURSOR:
            self.move_to(self.cursor + step)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.move_to(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.move_to(self.count - 1)

    def on_resize(self) -> None:
        """Keep the cursor on the screen."""
        self.resize_to(self.count)
        self.reveal(self.cursor)
        self.resized()

    def resized(self) -> None:
        """Fill the new size."""

    def on_focus(self) -> None:
        """Show the cursor bright."""
        self.refresh_row(self.cursor)

    def on_blur(self) -> None:
        """Show the cursor dim."""
        self.refresh_row(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a row, a second one opens it."""
        index = event.y - self.HEAD + self.scroll_offset.y
        if event.y >= self.HEAD and index < self.count:
            self.move_to(index)
            if event.chain == 2:
                self.open_row()

    def open_row(self) -> None:
        """Look inside the row with the cursor."""

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """A scrollbar that comes says how far the list is scrolled by then."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_offset.y

    def _scroll_through(self, size: Size) -> None:
        """Say how high the rows are; the screen is laid out where a scrollbar comes or goes."""
        if not self.container_size:
            self.virtual_size = size
        elif size != self.virtual_size:
            self.set_reactive(LineList.virtual_size, size)
            self._scroll_update(size)

    def _wanted_height(self) -> int:
        """Return the height to scroll through; each change of it paints the whole screen anew."""
        full, have = self.size.height, self.virtual_size.height
        wanted = self.count + self.HEAD
        if wanted <= full:
            return full
        if not self.SLACK or not full:
            return wanted
        step = full + wanted // 8
        return have if wanted <= have <= wanted + 2 * step else wanted + step

    def _line(self, y: int) -> tuple[Spans, bool]:
        width = self.size.width
        if y < self.HEAD:
            return self.head_row(y, width), False
        if not self.count:
            return self.empty_row(y - self.HEAD, width), False
        index = y - self.HEAD + self.scroll_offset.y
        if index >= self.count:
            return [], False
        return self.row(index, width - 1), self.CURSOR and index == self.cursor
