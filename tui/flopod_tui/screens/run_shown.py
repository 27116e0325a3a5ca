"""What a run's screen shows, as of the moment that is shown: views, lines, and the detail."""

from __future__ import annotations

from flopod.summary import RunSummary
from flopod_tui.run import subject
from flopod_tui.run import titles as run_titles
from flopod_tui.run.detail_text import event_detail, node_detail, node_foot, variable_detail
from flopod_tui.run.log_lines import log_line
from flopod_tui.run.subject import Subject
from flopod_tui.run.titles import Standing
from flopod_tui.runs.summary_text import rule
from flopod_tui.screens.run_panes import PANES, VIEWS, RunPanes
from flopod_tui.screens.run_taking import RunTaking
from flopod_tui.screens.travel import Travelling
from flopod_tui.text.format import safe
from flopod_tui.text.spans import Span, Spans, cut_spans, spread
from flopod_tui.widgets.detail import Detail
from flopod_tui.widgets.event_list import EventList
from flopod_tui.widgets.log_view import LogView
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.path_list import PathList
from flopod_tui.widgets.scrubber import Scrubber
from flopod_tui.widgets.state_list import StateList
from flopod_tui.widgets.status_line import StatusLine
from flopod_tui.widgets.timeline import Timeline


class RunShown(RunPanes, Travelling, RunTaking):
    """A screen that shows a run."""

    _placed = False
    _told = ""
    _missed: str | None = None
    """The path that should have the cursor, and has none at this moment; or the one that has it."""
    _instead: str | None = None
    """The path that has it."""

    def paint(self) -> None:
        """Show the run at the moment that is shown."""
        self._paint_due = False
        self.track.take(self.view.events)
        self.show_view()
        if not self._placed and self.summary and self.tail.reading is None:
            self._placed = True
            self.put_cursor(self.summary)
        self.show_detail()
        self.show_lines()
        self.tell_trouble()

    def tell_trouble(self) -> None:
        """Say what is wrong, and that it is over, once."""
        if self.tail.trouble == self._told:
            return
        self._told = self.tail.trouble
        if self._told:
            return self.say(self._told.lstrip("■✗ "), "error")
        self.query_one(StatusLine).clear(self.now())
        self.say("the run can be read again")

    def show_view(self) -> None:
        """Show the view that is on the screen."""
        shown, run = self.shown, self.stood
        if self.looking == "timeline":
            status = run.status if run else None
            self.query_one(Timeline).show(shown.events, self.then(), status)
        elif self.looking == "json":
            self.query_one(LogView).show(shown.events)
        else:
            self.show_paths()
            self.show_state()
            self.show_events()

    def show_paths(self) -> None:
        """Show the path tree."""
        run = self.stood
        tree = self.shown.paths
        self.query_one(PathList).show(tree, self.then(), run.status if run else None)

    def show_state(self) -> None:
        """Show the variables, compared or not."""
        self.query_one(StateList).show(self.shown.state.variables, self.compared_state())

    def show_events(self) -> None:
        """Show the log; what comes after the moment that is shown is quiet."""
        log = self.query_one(EventList)
        if self.here is None:
            log.show(self.tail.events)
        else:
            log.show(self.view.events, self.moment_seq())

    def arrived(self) -> None:
        """Show another moment, its record under the cursor of the events."""
        wanted = self._missed if self._path_at_cursor() == self._instead else self._path_at_cursor()
        self.track.take(self.view.events)
        self.show_view()
        self._keep_on(wanted)
        if self.here is not None and (seq := self.moment_seq()):
            self._show_record(seq)
        self.show_detail()
        self.show_lines()

    def _keep_on(self, path: str | None) -> None:
        """Have the cursor on a path again that was not there at the moment shown before."""
        paths = self.query_one(PathList)
        if path and path in self.shown.paths.nodes and path != self._path_at_cursor():
            paths.put_on(path)
        self._missed = path
        self._instead = self._path_at_cursor()

    def _show_record(self, seq: int) -> None:
        log = self.query_one(EventList)
        top = log.scroll_offset.y
        log.put_on(seq)
        log.pause()
        if log.scroll_offset.y != top:
            log.jump(log.cursor - log.page // 2)

    def selected_path(self) -> str | None:
        """Return the path under the cursor."""
        if self.looking == "timeline":
            return self.query_one(Timeline).current
        return self._path_at_cursor()

    def _path_at_cursor(self) -> str | None:
        node = self.query_one(PathList).current
        return node.path if node else None

    def look_at(self, view: str) -> None:
        """Look at the run in one of the ways, at the same path as before."""
        path = self.selected_path()
        super().look_at(view)
        self.call_after_refresh(self._select, path)

    def _select(self, path: str | None) -> None:
        if path and self.looking == "timeline":
            self.query_one(Timeline).put_on(path)
        elif path and path in self.shown.paths.nodes and path != self._path_at_cursor():
            self.query_one(PathList).put_on(path)

    def put_cursor(self, run: RunSummary) -> None:
        """Start where a person would look first: at the failure, at the open wait."""
        if self._missed in self.shown.paths.nodes:
            self.query_one(PathList).put_on(self._missed or "")
        elif run.error and run.error.path:
            self.query_one(PathList).put_on(run.error.path)
        elif run.open_waits:
            self.query_one(PathList).put_on(run.open_waits[0].path)
        elif run.inner.calls:
            self.query_one(PathList).put_on(next(iter(run.inner.calls)))

    def masking_changed(self) -> None:
        """Show secrets, or mask them again."""
        super().masking_changed()
        self.show_view()
        self.show_detail()

    def tick(self) -> None:
        """Let time pass, unless it stands still."""
        if self.here is None:
            if self.looking == "timeline":
                self.show_view()
            elif self.looking == "tree":
                self.show_paths()
            self.show_detail()
        self.show_header()

    def header(self) -> tuple[Spans, Spans]:
        """Return where we are and how the run stands."""
        moment = self.shown.events[-1] if self.past and self.past.events else None
        stands = Standing(self.run_id, self.stood, self.then(), moment)
        return run_titles.header(stands, self.tail, self.now(), narrow=self.is_narrow)

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        super().show_lines()
        for number, name in enumerate(PANES, 1):
            panel = self.query_one(f"#title-{name}", Panel)
            title = run_titles.pane_title(number, name, self.pane_note(name), name == self.pane)
            panel.show([rule(title, panel.size.width, focused=name == self.pane)])
        self.show_views()
        self.show_notice()
        self.show_foot()
        self.show_scrubber()

    def show_views(self) -> None:
        """Show which view and which pane is on the screen."""
        panel = self.query_one("#views", Panel)
        at = "LIVE" if self.here is None else f"{self.moment_seq()}"
        if self.is_narrow and self.looking in ("tree", "events"):
            note = (
                self.pane_note(self.pane) if self.pane in ("events", "state") else f"state @ {at}"
            )
            right = f"{note}   v {self.looking.capitalize()}"
            return panel.show([run_titles.tabs(PANES, self.pane, right, panel.size.width)])
        keys = "Tab: next pane  z: zoom" if self.looking == "tree" and not self.is_narrow else ""
        right = f"state at {at}   compare: {self.compared}"
        if self.looking == "timeline":
            right = self.query_one(Timeline).note
        panel.show([run_titles.views(VIEWS, self.looking, keys, right, panel.size.width)])

    def show_notice(self) -> None:
        """Say what is to be known before all else."""
        panel = self.query_one("#notice", Panel)
        rows = run_titles.notice(self.tail, self.size.width)
        panel.styles.height = len(rows)
        panel.display = bool(rows)
        panel.show(rows)

    def show_scrubber(self) -> None:
        """Show the whole log in one line, and the keys that go through it."""
        scrubber, keys = self.query_one(Scrubber), self.query_one("#keys", Panel)
        finished = self.summary is not None and self.summary.finished
        end = "    " if self.here is not None else "END " if finished else "LIVE"
        more: list[Span] = []
        if self.is_narrow:
            more = [("  , .", "key"), (" step  ", "quiet"), ("G", "key"), (" live ", "quiet")]
        here = None if self.here is None else self.here - 1
        scrubber.lay(self.track, here, end, more, times=not self.is_narrow)
        keys.show([run_titles.travel_keys(keys.size.width)])

    def pane_note(self, name: str) -> str:
        """Return what a pane says of itself in its title."""
        if name == "events":
            log = self.query_one(EventList)
            return run_titles.log_note(len(log.events), log.unseen, following=log.following)
        if name == "state":
            number = len(self.shown.state.variables)
            return f"{number:,} @ {self.moment_seq() or 0} · d diff: {self.compared}"
        return f"{len(self.shown.paths.nodes) - 1:,}" if name == "path" else ""

    def show_detail(self) -> None:
        """Say everything about what the cursor of the last list stands on."""
        detail = self.query_one(Detail)
        if detail.size.width:
            detail.show(*self.detail(detail.size.width))
        self.show_foot()

    def detail(self, width: int) -> tuple[str, list[Spans]]:
        """Return what the detail is about, and its lines."""
        masking, source = self.session.masking, self.last_list
        if isinstance(source, EventList | LogView) and (event := source.current):
            return f"event {event.seq}", event_detail(event, width, masking)
        if isinstance(source, StateList) and (path := source.current) is not None:
            variable = source.variables[path]
            return f"state {path}", variable_detail(path, variable, width, masking)
        view, node = self.shown, self.query_one(PathList).current or self.shown.root
        inside, child = self.inside, self.tail.child
        lines = node_detail(view, node, self.stood, self.then(), width, masking, inside, child)
        return f"path {node.path}", lines

    def subject(self) -> Subject | None:
        """Return what is looked at."""
        masking, source = self.session.masking, self.last_list
        if isinstance(source, EventList | LogView) and (event := source.current):
            return subject.of_event(event, self.run_id, masking)
        if isinstance(source, StateList) and (path := source.current) is not None:
            seq = self.moment_seq() or 0
            return subject.of_variable(path, source.variables[path], self.run_id, seq, masking)
        node = self.query_one(PathList).current
        if isinstance(source, Timeline):
            node = self.shown.node(source.current)
        return subject.of_node(node, self.shown, self.run_id) if node else None

    def show_foot(self) -> None:
        """Say in two lines what the narrow layout has no room for."""
        foot = self.query_one("#foot", Panel)
        width = foot.size.width
        if not width:
            return
        node, event = self.query_one(PathList).current, self.query_one(EventList).current
        title, key, line = "", "2 detail ", [("", "")]
        if self.pane == "events" and event:
            title, key = f"seq {event.seq}", "Enter go there "
            line = [(f" {safe(log_line(event, self.session.masking, width), 500)}", "")]
        elif node:
            title, line = safe(node.path or self.run_id, 300), list(node_foot(node, self.then()))
        name = rule(cut_spans([(title, "")], width - 24), width - len(key) - 2)
        foot.show([spread(name, [(key, "quiet")], width), cut_spans(line, width - 1)])
