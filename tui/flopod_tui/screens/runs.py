"""The list of runs: what is going on in this store, live, read from summaries only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from flopod.summary import RunSummary
from flopod_tui.filters import FACETS, RunFilter
from flopod_tui.format import plural, since
from flopod_tui.run_feed import RunFeed
from flopod_tui.screens.actions import RunActions
from flopod_tui.screens.run import RunScreen
from flopod_tui.session import Session
from flopod_tui.spans import Spans
from flopod_tui.summary_text import empty_store, preview, worker_spans
from flopod_tui.widgets.facets import FacetBar
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.run_list import RunList

REST = 0.12
"""Seconds after which a cursor rests on a run: moving through a list paints two lines a step."""
PAINT_EVERY = 0.1
"""Seconds in which changes are gathered into one repaint."""


class RunsScreen(RunActions):
    """The first screen."""

    CSS_PATH = "runs.tcss"
    AUTO_FOCUS = "RunList"
    HINTS = (
        *("clear", "open", "deliver", "retry", "start", "cancel"),
        *("filter", "live", "reread", "preview"),
    )
    BINDINGS = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("f", "live", "Pause"),
        Binding("r", "reread", "Read again"),
        Binding("p", "preview", "Preview"),
        *(Binding(str(n), f"facet({n})", "Show one group", show=False) for n in range(1, 8)),
        Binding("0", "facet(0)", "Show all", show=False),
        Binding("escape", "clear", "Clear the filter", key_display="Esc"),
        Binding("q", "back", "Quit"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.feed = RunFeed(session.control, self.schedule_paint)
        self._paint_due = False
        self._trouble = ""
        self._rest: Timer | None = None

    def compose_body(self) -> Iterator[Widget]:
        """Lay out facets, filter, list and preview."""
        yield FacetBar(id="facets")
        with Horizontal(id="filter-line"):
            yield Panel(id="filter-mark")
            field = Input(id="filter", compact=True, select_on_focus=False)
            field.cursor_blink = False
            yield field
            yield Panel(id="filter-count")
        yield RunList(id="runs")
        yield Panel(id="preview")

    def on_mount(self) -> None:
        """Start to follow the store."""
        super().on_mount()
        self.add_class("-preview")
        self.query_one("#filter-mark", Panel).show([[(" / ", "key")]])
        self.say("? for keys · only D R S X change a run")
        self.follow()
        self.set_interval(1, self.tick)
        self.set_interval(3, self.look_around)

    # Following the store

    @work(group="follow")
    async def follow(self) -> None:
        """Feed the list for as long as the screen lives."""
        await self.feed.follow()

    @work(group="look", exclusive=True)
    async def look_around(self) -> None:
        """Read counts and workers."""
        with self.telling():
            await self.feed.look_around()

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Read the list again, with the filter as it is now."""
        with self.telling():
            await self.feed.load()

    @work(group="more")
    async def load_more(self) -> None:
        """Read the next page."""
        with self.telling():
            await self.feed.load_more()

    def schedule_paint(self) -> None:
        """Repaint soon: at once the first time, then a few times a second at most."""
        if not self._paint_due:
            self._paint_due = True
            self.set_timer(PAINT_EVERY, self.paint)

    def paint(self) -> None:
        """Show what the feed holds now."""
        self._paint_due = False
        self.tell_trouble()
        runs = self.query_one(RunList)
        runs.nothing = self.nothing()
        runs.show(self.feed.rows.runs, self.now(), complete=self.feed.rows.complete)
        self.query_one(FacetBar).show_counts(self.feed.counts, self.feed.filter.facet)
        self.show_found()
        self.show_lines()

    def tell_trouble(self) -> None:
        """Say why the store cannot be read, and that it can be again."""
        if self.feed.error != self._trouble:
            self._trouble = self.feed.error
            self.say(self._trouble or "the store can be read again", "error" * bool(self._trouble))

    def tick(self) -> None:
        """Let time pass."""
        self.query_one(RunList).tick(self.now())
        self.show_header()
        self.show_preview(self.query_one(RunList).current)

    # What is shown

    def header(self) -> tuple[Spans, Spans]:
        """Return the store, the workers and how fresh this is."""
        left = [(" flopod", "accent"), ("  ", ""), (self.control.backend.url, "quiet")]
        if self.session.read_only:
            left.append(("  read-only", "trouble"))
        workers = worker_spans(self.feed.workers, can_start=self.session.may_start_worker)
        return left, [*workers, ("   ", ""), *self.freshness(), (" ", "")]

    def freshness(self) -> Spans:
        """Return how old the data is."""
        if self.feed.error:
            return [("✗ cannot read the store", "error")]
        if not self.feed.loaded:
            return [("reading…", "quiet")]
        if self.feed.paused:
            return [("paused", "trouble")]
        newest = self.feed.newest
        age = f" · changed {since(newest, self.now())} ago" if newest else ""
        return [("live", "ok"), (age, "quiet")]

    def nothing(self) -> list[Spans]:
        """Return what stands in an empty list."""
        feed = self.feed
        if feed.error:
            return [
                [],
                [("   ✗ ", "error"), (feed.error, "")],
                [],
                [("   r", "key"), (" look again", "")],
            ]
        if not feed.loaded:
            return []
        if feed.filter:
            hidden = plural(sum(feed.counts.values()), "run")
            words = f" matches “{feed.filter.text}”" if feed.filter.words else " is in this group"
            return [[], [(f"   No run{words}", ""), (f" · {hidden} hidden · Esc clears", "quiet")]]
        return empty_store(self.control.backend.url, self.session.looked_in)

    def show_found(self) -> None:
        """Show how many runs the filter found."""
        rows = self.feed.rows
        count = plural(len(rows), "run") if rows.complete else f"first {plural(len(rows), 'run')}"
        panel = self.query_one("#filter-count", Panel)
        panel.show([[(f"{count} ".rjust(panel.size.width), "quiet")]])

    def show_preview(self, run: RunSummary | None) -> None:
        """Show more of the run under the cursor, from its summary."""
        panel = self.query_one("#preview", Panel)
        if panel.size.height:
            panel.show(preview(run, self.now(), panel.size.width) if run else [])

    @on(RunList.Highlighted)
    def highlighted(self, message: RunList.Highlighted) -> None:
        """Show the run under the cursor, and the keys that make sense for it, once it rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self.rested)

    def rested(self) -> None:
        """Show what belongs to the run under the cursor."""
        self.show_preview(self.selected())
        self.show_hints()

    @on(RunList.EndNear)
    def end_near(self) -> None:
        """Read on."""
        self.load_more()

    # Keys

    def why_not(self, action: str) -> str:
        """Return why an action makes no sense now."""
        if action == "clear" and not (self.feed.filter or self.has_class("-filtering")):
            return "there is no filter to clear"
        return super().why_not(action)

    def open_run(self, run_id: str) -> None:
        """Look inside a run."""
        self.app.push_screen(RunScreen(self.session, run_id))

    def selected(self) -> RunSummary | None:
        """Return the run under the cursor."""
        return self.query_one(RunList).current

    @on(RunList.Opened)
    def opened(self, message: RunList.Opened) -> None:
        """Look inside a run."""
        self.open_run(message.run_id)

    def action_filter(self) -> None:
        """Type words that the runs must hold."""
        self.add_class("-filtering")
        self.set_focus(self.query_one("#filter", Input))

    @on(Input.Changed, "#filter")
    def filter_typed(self, event: Input.Changed) -> None:
        """Narrow the list with every key."""
        self.narrow(RunFilter(self.feed.filter.facet, event.value))

    @on(Input.Submitted, "#filter")
    def filter_done(self) -> None:
        """Go back to the list, keeping the words."""
        self.set_focus(self.query_one(RunList))
        self.set_class(bool(self.feed.filter.words), "-filtering")

    def action_facet(self, number: int) -> None:
        """Show one group of statuses; once more: all."""
        chosen = FACETS[number - 1] if number else None
        if chosen is self.feed.filter.facet:
            chosen = None
        self.narrow(RunFilter(chosen, self.feed.filter.text))

    def narrow(self, wanted: RunFilter) -> None:
        """List what this filter takes."""
        if wanted != self.feed.filter:
            self.feed.filter = wanted
            self.feed.rows.replace(
                [run for run in self.feed.rows.runs if wanted.takes(run)], complete=False
            )
            self.load()

    def action_clear(self) -> None:
        """Clear one thing: the words, then the group."""
        field = self.query_one("#filter", Input)
        if self.has_class("-filtering"):
            self.remove_class("-filtering")
            self.set_focus(self.query_one(RunList))
            field.value = ""
        else:
            self.narrow(RunFilter(None, self.feed.filter.text))

    def action_live(self) -> None:
        """Pause the list, or let it live again."""
        self.feed.paused = not self.feed.paused
        self.show_header()
        if not self.feed.paused:
            self.load()

    def action_reread(self) -> None:
        """Read everything again now."""
        self.load()
        self.look_around()

    def action_preview(self) -> None:
        """Show or hide more of the run under the cursor."""
        self.toggle_class("-preview")
        self.call_after_refresh(partial(self.show_preview, self.selected()))

    def action_back(self) -> None:
        """Leave; the runs go on."""
        self.app.exit()
