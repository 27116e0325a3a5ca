"""One run: its paths, its state and its events, live, and everything about what is selected."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events, on, work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from flopod.summary import RunSummary
from flopod_tui import run_titles
from flopod_tui.detail_text import event_detail, node_detail, node_foot, variable_detail
from flopod_tui.format import safe
from flopod_tui.run_tail import RunTail
from flopod_tui.run_view import RunView
from flopod_tui.screens.actions import RunActions
from flopod_tui.session import Session
from flopod_tui.spans import Span, Spans, cut_spans
from flopod_tui.summary_text import rule
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.lines import LineList
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.path_list import PathList
from flopod_tui.widgets.state_list import StateList

PAINT_EVERY = 0.1
PANES = ("path", "detail", "state", "events")
WIDE = 110


class RunScreen(RunActions):
    """Looks inside a run."""

    CSS_PATH = "run.tcss"
    AUTO_FOCUS = "PathList"
    HINTS = (
        "unfold",
        "deliver",
        "retry",
        "cancel",
        "start",
        "follow_log",
        "follow",
        "next_pane",
        "zoom",
    )
    BINDINGS = [
        *(
            Binding(str(n), f"pane('{name}')", "Go to a pane", show=False)
            for n, name in enumerate(PANES, 1)
        ),
        Binding("tab", "next_pane(1)", "Pane", key_display="Tab"),
        Binding("shift+tab", "next_pane(-1)", "Pane back", show=False),
        Binding("z", "zoom", "Zoom"),
        Binding("f", "follow_log", "Follow"),
        Binding("r", "reread", "Read again", show=False),
        Binding("escape,q", "back", "Back", key_display="q"),
    ]

    def __init__(self, session: Session, run_id: str) -> None:
        super().__init__(session)
        self.run_id = run_id
        self.tail = RunTail(session.control, run_id, self.schedule_paint)
        self.pane = "path"
        self.zoomed = False
        self._paint_due = False
        self._placed = False

    @property
    def view(self) -> RunView:
        """The run after the events that are known."""
        return self.tail.view

    @property
    def summary(self) -> RunSummary | None:
        """How the run stands."""
        return self.tail.summary

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the four panes."""
        yield Panel(id="tabs")
        with Horizontal(id="panes"):
            with Vertical(id="left", classes="column"):
                yield from self._pane("path", PathList(id="path"))
                yield from self._pane("state", StateList(id="state"))
            with Vertical(id="right", classes="column"):
                yield from self._pane("detail", Detail(id="detail"))
                yield from self._pane("events", EventList(id="events"))
        yield Panel(id="foot")

    def _pane(self, name: str, content: LineList) -> Iterator[Widget]:
        with Vertical(id=f"pane-{name}", classes="pane"):
            yield Panel(id=f"title-{name}")
            yield content

    def on_mount(self) -> None:
        """Start to follow the run."""
        super().on_mount()
        self.lay_out()
        self.follow()
        self.set_interval(1, self.tick)
        self.set_interval(3, self.look)

    # Following the run

    @work(group="follow", exclusive=True)
    async def follow(self) -> None:
        """Feed the panes for as long as the screen lives."""
        await self.tail.follow()

    @work(group="look", exclusive=True)
    async def look(self) -> None:
        """Read where the run stands."""
        await self.tail.look()

    def schedule_paint(self) -> None:
        """Repaint soon, a few times a second at most."""
        if not self._paint_due:
            self._paint_due = True
            self.set_timer(PAINT_EVERY, self.paint)

    # What is shown

    def paint(self) -> None:
        """Show the run as it is now."""
        self._paint_due = False
        self.show_paths()
        self.query_one(StateList).show(self.view.state.variables)
        self.query_one(EventList).show(self.view.events)
        if not self._placed and self.summary and self.view.events:
            self._placed = True
            self.put_cursor(self.summary)
        self.show_detail()
        self.show_lines()
        if self.tail.trouble:
            self.say(self.tail.trouble.lstrip("■✗ "), "error")

    def put_cursor(self, run: RunSummary) -> None:
        """Start where a person would look first: at the failure, at the open wait."""
        if run.error and run.error.path:
            self.query_one(PathList).put_on(run.error.path)
        elif run.open_waits:
            self.query_one(PathList).put_on(run.open_waits[0].path)

    def tick(self) -> None:
        """Let time pass."""
        self.show_paths()
        self.show_detail()
        self.show_header()

    def show_paths(self) -> None:
        """Show the path tree as it is now."""
        status = self.summary.status if self.summary else None
        self.query_one(PathList).show(self.view.root, self.now(), status)

    def header(self) -> tuple[Spans, Spans]:
        """Return where we are and how the run stands."""
        return run_titles.header(self.tail, self.now(), narrow=self.size.width < WIDE)

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        super().show_lines()
        for name in PANES:
            panel = self.query_one(f"#title-{name}", Panel)
            number = PANES.index(name) + 1
            title = run_titles.pane_title(number, name, self.pane_note(name), name == self.pane)
            panel.show([rule(title, panel.size.width, focused=name == self.pane)])
        self.show_tabs()
        self.show_foot()

    def show_tabs(self) -> None:
        """Show which pane is on view, where there is room for one only."""
        panel = self.query_one("#tabs", Panel)
        note = self.pane_note(self.pane)
        panel.show([run_titles.tabs(PANES, self.pane, note, panel.size.width)])

    def pane_note(self, name: str) -> str:
        """Return what a pane says of itself in its title."""
        if name == "events":
            log = self.query_one(EventList)
            return run_titles.log_note(len(log.events), log.unseen, following=log.following)
        counts = {
            "path": len(self.view.paths.nodes) - 1,
            "state": len(self.view.state.variables),
        }
        return f"{counts[name]:,}" if name in counts else ""

    def show_detail(self) -> None:
        """Say everything about what the cursor of the last pane stands on."""
        detail = self.query_one(Detail)
        if detail.size.width:
            detail.show(*self.detail(detail.size.width))
        self.show_foot()

    def detail(self, width: int) -> tuple[str, list[Spans]]:
        """Return what the detail is about, and its lines."""
        source = self.last_list
        if isinstance(source, EventList) and (event := source.current):
            return f"event {event.seq}", event_detail(event, width)
        if isinstance(source, StateList) and (path := source.current):
            return f"state {path}", variable_detail(path, source.variables[path], width)
        node = self.query_one(PathList).current or self.view.root
        lines = node_detail(self.view, node, self.summary, self.now(), width)
        return f"path {node.path}", lines

    last_list: LineList | None = None
    """The pane whose cursor the detail is about."""

    def show_foot(self) -> None:
        """Say in one line what the narrow layout has no room for."""
        foot = self.query_one("#foot", Panel)
        node = self.query_one(PathList).current
        if node and foot.size.width:
            title: list[Span] = [(safe(node.path or self.run_id, 300), "")]
            title = cut_spans(title, foot.size.width - 20)
            line = cut_spans(node_foot(node, self.now()), foot.size.width - 1)
            foot.show([rule(title, foot.size.width), line])

    @on(PathList.Highlighted)
    @on(EventList.Highlighted)
    @on(StateList.Highlighted)
    def selected_something(self, message: events.Event) -> None:
        """Say everything about it."""
        self.show_detail()
        self.show_lines()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane with the focus is the one on view, and what the detail is about."""
        if isinstance(event.widget, LineList) and event.widget.id in PANES:
            self.pane = event.widget.id
            if not isinstance(event.widget, Detail):
                self.last_list = event.widget
            self.lay_out()
            self.show_detail()
            self.show_lines()

    def on_resize(self, event: events.Resize) -> None:
        """One pane or four, as fits."""
        super().on_resize(event)
        self.lay_out()

    def lay_out(self) -> None:
        """Show one pane or all four."""
        self.set_class(self.zoomed or self.size.width < WIDE, "-one")
        for name in PANES:
            self.set_class(name == self.pane, f"-{name}")
        self.call_after_refresh(self.show_detail)

    # Keys

    def selected(self) -> RunSummary | None:
        """Return the run."""
        return self.summary

    def selected_path(self) -> str | None:
        """Return the path under the cursor."""
        node = self.query_one(PathList).current
        return node.path if node else None

    def open_run(self, run_id: str) -> None:
        """Look inside another run instead."""
        self.app.switch_screen(RunScreen(self.session, run_id))

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.pane = name
        self.lay_out()
        self.set_focus(self.query_one(f"#{name}", LineList))

    def action_next_pane(self, step: int) -> None:
        """Go to the next pane."""
        self.action_pane(PANES[(PANES.index(self.pane) + step) % len(PANES)])

    def action_zoom(self) -> None:
        """Give one pane the whole screen, or give it back."""
        self.zoomed = not self.zoomed
        self.lay_out()
        self.call_after_refresh(self.show_lines)

    def action_follow_log(self) -> None:
        """Follow the newest event, or stop to."""
        self.query_one(EventList).action_follow()

    def action_reread(self) -> None:
        """Read the run again."""
        self.tail = RunTail(self.control, self.run_id, self.schedule_paint)
        self.follow()

    def action_back(self) -> None:
        """Give the screen back, or go back to the runs."""
        if self.zoomed:
            self.action_zoom()
        else:
            self.app.pop_screen()
