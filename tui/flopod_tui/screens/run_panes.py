"""How a run's screen is laid out: its views, the four panes of the first, and which has the focus.

A wide screen shows all four panes, a narrow one or a zoomed pane itself alone. Which is which is
said by classes; the stylesheet does the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import events
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from flopod_tui.frame.palette import Entry
from flopod_tui.screens.finding import Finding
from flopod_tui.screens.run_data import RunData
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.lines import LineList
from flopod_tui.widgets.log_view import LogView
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.path_list import PathList
from flopod_tui.widgets.scrubber import Scrubber
from flopod_tui.widgets.state_list import StateList
from flopod_tui.widgets.timeline import Timeline

PANES = ("path", "detail", "state", "events")
VIEWS = ("tree", "timeline", "events", "json")
WIDE = 110


class RunPanes(Finding, RunData):
    """A screen of panes."""

    BINDINGS = [
        *(
            Binding(str(n), f"pane('{name}')", f"{name.capitalize()} pane", show=False)
            for n, name in enumerate(PANES, 1)
        ),
        Binding("tab", "next_pane(1)", "Pane", key_display="Tab"),
        Binding("shift+tab", "next_pane(-1)", "Pane back", show=False),
        Binding("v", "next_view", "View", tooltip="tree, timeline, events, JSON"),
        Binding("z", "zoom", "Zoom", tooltip="one pane alone, without borders"),
        Binding("w", "wrap", "Wrap", show=False, tooltip="wrap the detail"),
    ]
    pane = "path"
    looking = VIEWS[0]
    """The view on the screen."""
    zoomed = False
    last_list: LineList | None = None
    """The list whose cursor the detail is about."""

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the four panes, and what stands in their place in the other views."""
        masking = self.session.masking
        yield Panel(id="views")
        yield Panel(id="notice")
        with Horizontal(id="panes"):
            with Vertical(id="left", classes="column"):
                paths = PathList(id="path", collapse=self.session.settings.collapse)
                yield from self._pane("path", paths)
                yield from self._pane("state", StateList(id="state", masking=masking))
            with Vertical(id="right", classes="column"):
                yield from self._pane("detail", Detail(id="detail"))
                yield from self._pane("events", EventList(id="events", masking=masking))
        yield Timeline(id="timeline")
        yield LogView(id="json", masking=masking)
        yield Panel(id="foot")
        yield Scrubber(id="scrub")
        yield Panel(id="keys")
        yield from self.compose_finding()

    def _pane(self, name: str, content: LineList) -> Iterator[Widget]:
        with Vertical(id=f"pane-{name}", classes="pane"):
            yield Panel(id=f"title-{name}")
            yield content

    @property
    def is_narrow(self) -> bool:
        """There is room for one pane only."""
        return self.size.width < WIDE

    def lay_out(self) -> None:
        """Show one pane or all four, or another view."""
        alone = self.zoomed or self.is_narrow or self.looking == "events"
        looks = {"-one": alone, "-zoomed": self.zoomed, "-narrow": self.is_narrow}
        looks |= {f"-{name}": name == self.pane for name in PANES}
        looks |= {f"-view-{name}": name == self.looking for name in VIEWS}
        # At once: for each change, Textual styles all widgets anew.
        self.update_classes(looks)
        for one in self.query(LineList):
            if one.has_gutter is self.zoomed:
                one.has_gutter = not self.zoomed
                one.refresh()
        self.call_after_refresh(self.paint)

    def on_resize(self, event: events.Resize) -> None:
        """One pane or four, as fits."""
        self.lay_out()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane with the focus is the one on view, and what the detail is about."""
        focused = event.widget
        if not isinstance(focused, LineList):
            return
        if not isinstance(focused, Detail):
            self.last_list = focused
        if focused.id in PANES:
            self.pane = focused.id
        self.lay_out()

    # Keys

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.pane = name
        self.looking = VIEWS[0]
        self.lay_out()
        self.set_focus(self.query_one(f"#{name}", LineList))

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane."""
        self.action_pane(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def action_next_view(self) -> None:
        """Look at the run in the next way."""
        self.look_at(VIEWS[(VIEWS.index(self.looking) + 1) % len(VIEWS)])

    def look_at(self, view: str) -> None:
        """Look at the run in one of the ways."""
        if view not in VIEWS:
            return self.say(f"a view is one of {', '.join(VIEWS)}", "error")
        self.looking = view
        self.pane = {"tree": "path", "events": "events"}.get(view, self.pane)
        self.lay_out()
        focus = self.pane if view in ("tree", "events") else view
        self.set_focus(self.query_one(f"#{focus}", LineList))

    def action_zoom(self) -> None:
        """Give one pane the whole screen, or give it back."""
        self.zoomed = not self.zoomed
        self.lay_out()

    def action_wrap(self) -> None:
        """Wrap long lines of the detail, or cut them again."""
        wraps = self.query_one(Detail).wrap()
        self.say("long lines of the detail are wrapped" if wraps else "long lines are cut")

    def palette(self) -> Sequence[Entry]:
        """Offer the views by name."""
        label = "Look at tree, timeline, events or json"
        return (*super().palette(), Entry("view", label, self.look_at, "v", "NAME"))
