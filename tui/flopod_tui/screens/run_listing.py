"""The list of runs as it is shown: it follows the store, and says how fresh and whole it is.

What a run says is shown as soon as it is known; where its line stands changes only while nobody
moves the cursor. What keys do to the list is in the rooms that build on this one.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget

from flopod.summary import RunSummary
from flopod_tui.exits import LOST
from flopod_tui.giving_up import GivingUp
from flopod_tui.query import Vocabulary
from flopod_tui.runs import feed_text
from flopod_tui.runs.feed import RunFeed
from flopod_tui.runs.filters import RunFilter
from flopod_tui.runs.preview import preview
from flopod_tui.runs.summary_text import empty_store, worker_spans
from flopod_tui.runs.trouble import trouble_lines
from flopod_tui.screens.actions import RunActions
from flopod_tui.session import Session
from flopod_tui.terminal.timing import once
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.facets import FacetBar
from flopod_tui.widgets.filter_field import FilterField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.run_list import RunList
from flopod_tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from flopod_tui.runs.glimpse import Glimpse

REST = 0.12
"""Seconds after which a cursor rests on a run: moving through a list paints two lines a step."""
CLOSER = 0.3
"""Seconds after which the end of the run's log is read."""
STILL = 3.0
"""Seconds after the cursor was moved in which no line moves by itself."""
LOOK_EVERY = 3.0
TIMED_EVERY = 10
"""Seconds after which a filter or a sort that depends on the time is applied again."""


class RunListing(RunActions):
    """Runs, live."""

    DEFAULT_CLASSES = "-preview"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.feed = RunFeed(session.control, session.now, self.schedule_paint, session.drawn.wait)
        self.wanted = RunFilter()
        """The filter that was asked for last."""
        self._paint_due = False
        self._arranged = True
        """The rows stand otherwise than before because somebody wished it."""
        self._trouble = ""
        self._rest: Timer | None = None
        self._resting_on = ""
        self._glimpse: Glimpse | None = None
        self._ticks = 0
        self._giving_up = GivingUp(session.settings.exit_on_lost)

    def compose_body(self) -> Iterator[Widget]:
        """Lay out facets, filter, list and preview."""
        yield FacetBar(id="facets")
        with Horizontal(id="filter-line"):
            yield Panel(id="filter-mark")
            yield FilterField(self.vocabulary, id="filter")
            yield Panel(id="filter-count")
        yield Panel(id="filter-wrong")
        yield RunList(id="runs")
        yield Panel(id="preview")

    def vocabulary(self) -> Vocabulary:
        """Return what can be completed in the filter."""
        return Vocabulary()

    def on_mount(self) -> None:
        """Start to follow the store. Textual calls this of every class, so nobody calls it."""
        self.follow()
        self.set_interval(1, self.tick)
        self.set_interval(LOOK_EVERY, self.look_around)

    @property
    def runs(self) -> RunList:
        """The rows."""
        return self.query_one(RunList)

    # Following the store

    @work(group="follow")
    async def follow(self) -> None:
        """Take in changes for as long as the screen lives."""
        await self.feed.follow(self.watching)

    def watching(self) -> None:
        """Changes are told from now on: read everything, unless somebody did not want to wait."""
        self.look_around()
        if not self.feed.stopped:
            self.load()

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Read all runs."""
        await self.feed.load()

    @work(group="look", exclusive=True)
    async def look_around(self) -> None:
        """Read counts and workers."""
        await self.feed.look_around()
        workers, counts = self.feed.workers, self.feed.counts
        if workers is not None and (gone := self.session.workforce.seen(workers, counts)):
            self.announce(gone, "error")

    @work(group="narrow", exclusive=True)
    async def narrow(self, wanted: RunFilter) -> None:
        """List what this filter takes."""
        self.wanted = wanted
        await self.feed.narrow(wanted)
        self.arranged()

    def arranged(self) -> None:
        """Show the rows as somebody wished them to stand."""
        self._arranged = True
        self.paint()

    def schedule_paint(self) -> None:
        """Repaint soon: at once the first time, then a few times a second at most."""
        if not self._paint_due and self.is_mounted:
            self._paint_due = True
            first = not self.runs.count and self.feed.loaded
            once(self, 0.001 if first else self.paint_every(), self.paint)

    def paint(self) -> None:
        """Show what the feed holds now."""
        self._paint_due = False
        self.tell_trouble()
        if self.may_settle():
            self.feed.settle()
            if not self.feed.rows.is_settled:
                self.schedule_paint()
        rows = self.runs
        rows.nothing = self.nothing()
        news = self.feed.complete and not self._arranged
        if self._arranged:
            rows.new_above = 0
        self._arranged = False
        rows.show(self.feed.rows.shown, self.feed.as_of, news=news)
        self.query_one(FacetBar).show_counts(self.feed.counts, self.wanted.facets)
        self.show_found()
        self.show_lines()
        self.show_preview(rows.current)
        if not self.session.drawn.is_set() and (self.feed.loaded or self.feed.error):
            self.post_message(self.Ready())

    def may_settle(self) -> bool:
        """Say whether rows may come, go and move."""
        if not self.runs.count or (not self.feed.complete and self.feed.rows.order.is_default):
            return True
        return monotonic() - self.runs.moved_at > STILL

    def tell_trouble(self) -> None:
        """Say why the store cannot be read, and that it can be again."""
        if self.feed.error == self._trouble:
            return
        self._trouble = self.feed.error
        if self._trouble:
            return self.say(self._trouble, "error")
        self.query_one(StatusLine).clear(self.now())
        self.say("the store can be read again")

    def tick(self) -> None:
        """Let time pass."""
        self._ticks += 1
        if why := self._giving_up.why(self.feed.error):
            return self.app.exit(return_code=LOST, message=Text(why))
        if not self.is_covered:
            self.runs.tick(self.feed.as_of)
            self.show_header()
            self.show_preview(self.runs.current)
            self.look_closer()
        rows = self.feed.rows
        if not rows.is_settled and not self.feed.paused:
            self.schedule_paint()
        if rows.is_timed and self._ticks % TIMED_EVERY == 0:
            self.apply_again()

    @work(group="again", exclusive=True)
    async def apply_again(self) -> None:
        """Apply what depends on the time once more."""
        rows = self.feed.rows
        if rows.order.sort.timed and self.may_settle():
            await self.feed.sort(rows.order)
        if rows.filter.query.timed and self.may_settle():
            await self.feed.narrow(self.wanted)

    def header(self) -> tuple[Spans, Spans]:
        """Return the store, the workers and how fresh this is."""
        only = "  read-only" if self.session.read_only else ""
        left = [(" flopod  ", "accent"), (self.control.backend.url, "quiet"), (only, "trouble")]
        workers = worker_spans(self.feed.workers, can_start=self.session.may_start_worker)
        fresh = feed_text.freshness(self.feed, self.now(), self.runs.new_above)
        return left, [*workers, ("   ", ""), *fresh, (" ", "")]

    def nothing(self) -> list[Spans]:
        """Return what stands in an empty list."""
        feed = self.feed
        if feed.error and not len(feed.rows):
            return trouble_lines(self.control.backend.url, feed.error)
        if not feed.loaded or (not feed.complete and not feed.rows.filter):
            return []
        if feed.rows.filter:
            return feed_text.hidden(feed, self.wanted.query.text)
        if len(feed.rows):
            return []
        return empty_store(self.control.backend.url, self.session.looked_in)

    def show_found(self) -> None:
        """Show how many runs there are, how many are marked, and how they are sorted."""
        panel = self.query_one("#filter-count", Panel)
        feed, marked, width = self.feed, len(self.runs.marks), self.size.width
        text = f"{feed_text.found(feed, marked, width)} "
        if self.has_class("-filtering"):  # As wide as it can be: no layout at each key.
            text = text.rjust(len(feed_text.found(feed, marked, width, len(feed.rows))) + 1)
        panel.styles.width = len(text)
        panel.show([[(text, "quiet")]])
        self.set_class(bool(self.runs.marks) or self.feed.is_cut, "-counted")

    # The run under the cursor

    def show_preview(self, run: RunSummary | None) -> None:
        """Show more of the run under the cursor."""
        panel = self.query_one("#preview", Panel)
        if panel.size.height:
            width, workers = panel.size.width, self.feed.workers or []
            lines = preview(run, self._glimpse, workers, self.feed.as_of, width) if run else []
            panel.show(lines[: panel.size.height])

    @on(RunList.Highlighted)
    def highlighted(self, message: RunList.Highlighted) -> None:
        """Show the run under the cursor, and the keys that make sense for it, once it rests."""
        run_id = message.run.run_id if message.run else ""
        if run_id == self._resting_on:
            return
        self._resting_on = run_id
        if self._rest is not None:
            self._rest.stop()
        self._rest = once(self, REST, self.rested)

    def rested(self) -> None:
        """Show what belongs to the run under the cursor."""
        self.show_preview(self.selected())
        self.show_lines()
        self._rest = once(self, CLOSER - REST, self.look_closer)

    def look_closer(self) -> None:
        """Read the end of the log of the run under the cursor, if it was not read yet."""
        run, seen = self.selected(), self._glimpse
        if run is None or not self.query_one("#preview", Panel).size.height:
            return
        if run.run_id == self._resting_on and not (seen and seen.is_of(run)):
            self.read_end(run)

    def masking_changed(self) -> None:
        """Read what the preview says once more."""
        if run := self.selected():
            self.read_end(run)

    @work(group="glimpse", exclusive=True)
    async def read_end(self, run: RunSummary) -> None:
        """Read the end of a run's log."""
        from flopod_tui.runs.glimpse import glimpse

        self._glimpse = await glimpse(self.control, run, self.session.masking)
        self.show_preview(self.selected())

    def selected(self) -> RunSummary | None:
        """Return the run under the cursor."""
        return self.runs.current

    def open_run(self, run_id: str) -> None:
        """Look inside a run."""
        from flopod_tui.screens.run import RunScreen  # Loaded when the list is on the screen.

        self.app.push_screen(RunScreen(self.session, run_id))

    @on(RunList.Opened)
    def opened(self, message: RunList.Opened) -> None:
        """Look inside a run."""
        self.open_run(message.run_id)
