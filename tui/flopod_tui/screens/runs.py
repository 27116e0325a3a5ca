"""The first screen, with the keys that act on its list: sort, columns, marks, copy, export."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.binding import Binding

from flopod.inner import OpenWait
from flopod.summary import RunSummary
from flopod_tui.frame.palette import Entry
from flopod_tui.output.plain import plain_summary
from flopod_tui.runs.columns import COLUMNS, chosen
from flopod_tui.runs.order import SORTS, Order, order_from
from flopod_tui.screens.run_filtering import RunFiltering
from flopod_tui.screens.sharing import Takeable
from flopod_tui.widgets.run_list import RunList

if TYPE_CHECKING:
    from flopod_tui.widgets.choice_list import Choice

SORT, SHOWN = "runs.sort", "runs.columns"
"""Their names in what is remembered."""
NO_DEADLINE = datetime.max.replace(tzinfo=UTC)


class RunsScreen(RunFiltering):
    """All runs of a store."""

    CSS_PATH = "runs.tcss"
    AUTO_FOCUS = "RunList"
    HINTS = (
        *("clear", "complete", "recall", "open", "deliver", "retry", "start", "cancel"),
        *("filter", "sort", "live", "mark", "copy", "preview", "columns", "reread", "export"),
    )
    BINDINGS = [
        Binding("s", "sort", "Sort", tooltip="choose what the list is sorted by"),
        Binding("o", "reverse", "Reverse", show=False, tooltip="turn the order round"),
        Binding("c", "columns", "Columns", tooltip="choose the columns"),
        Binding("f", "live", "Pause", tooltip="stand still, and live again"),
        Binding("r", "reread", "Read again", tooltip="read the store again now"),
        Binding("p", "preview", "Preview", tooltip="show or hide the preview"),
        Binding("v", "raw", "Summary", show=False, tooltip="the run's summary as JSON"),
        Binding("w", "oldest_wait", "Oldest wait", show=False, tooltip="go to the oldest wait"),
        Binding("q", "back", "Quit"),
    ]

    def on_mount(self) -> None:
        """Begin as the last session ended."""
        memory, settings = self.session.memory, self.session.settings
        self.feed.rows.order = order_from(memory.get(SORT))
        shown = memory.get(SHOWN)
        known = [one for one in shown if isinstance(one, str)] if isinstance(shown, list) else []
        self.show_columns(known or settings.columns)

    # Order and columns

    @work(group="ask", exclusive=True)
    async def action_sort(self) -> None:
        """Choose what the list is sorted by."""
        from flopod_tui.screens.menu import MenuScreen
        from flopod_tui.widgets.choice_list import Choice

        now = self.feed.rows.order
        choices = [
            Choice(one.key, one.label, note=now.arrow if name == now.name else "", value=name)
            for name, one in SORTS.items()
        ]
        if name := await self.app.push_screen_wait(MenuScreen("Sort by", choices)):
            self.sort(Order(name))

    def action_reverse(self) -> None:
        """Turn the order round."""
        now = self.feed.rows.order
        self.sort(Order(now.name, not now.reverse))

    @work(group="sort", exclusive=True)
    async def sort(self, order: Order) -> None:
        """Show the runs in this order."""
        await self.feed.sort(order)
        self.session.memory.put(SORT, [order.name, order.reverse])
        self.arranged()
        self.show_columns(self.runs.names)
        self.runs.move_to(0)

    @work(group="ask", exclusive=True)
    async def action_columns(self) -> None:
        """Show columns, or hide them, until somebody leaves."""
        from flopod_tui.screens.menu import MenuScreen

        while name := await self.app.push_screen_wait(MenuScreen("Columns", self.column_choices())):
            names = [one for one in self.runs.names if one != name]
            if name not in self.runs.names:
                names = [one for one in COLUMNS if one in names or one == name]
            self.session.memory.put(SHOWN, names)
            self.show_columns(names)

    def column_choices(self) -> list[Choice]:
        """Return the columns, each with whether it is shown."""
        from flopod_tui.widgets.choice_list import Choice

        return [
            Choice(
                f"{index:x}",
                f"[{'x' if name in self.runs.names else ' '}] {name}",
                value=name,
                why_not="always shown" if name == "run" else "",
            )
            for index, name in enumerate(COLUMNS, 1)
        ]

    def show_columns(self, names: Sequence[str]) -> None:
        """Show these columns, as many as fit."""
        self.runs.show_columns(chosen(names), self.feed.rows.order)

    # Marks

    @on(RunList.Marked)
    def marked_others(self) -> None:
        """Count them."""
        self.show_found()
        self.show_hints()

    def marked(self) -> Sequence[RunSummary]:
        """Return the runs that are marked."""
        known = self.feed.rows.by_id
        return [known[run_id].run for run_id in sorted(self.runs.marks) if run_id in known]

    def unmark(self, run_ids: Collection[str]) -> None:
        """Take the marks off these runs."""
        self.runs.unmark(run_ids)

    # Taking things out

    def copies(self) -> Sequence[Takeable]:
        """Return what can be copied."""
        from flopod_tui.runs.export import json_row

        run = self.selected()
        if run is None:
            return ()
        path = run.error.path if run.error else run.current_path
        some = [
            Takeable("i", "id", lambda: run.run_id),
            Takeable("p", "path", lambda: path),
            Takeable("c", "command", lambda: f"flopod show {shlex.quote(run.run_id)}"),
            Takeable("v", "summary as JSON", lambda: json_row(run)),
        ]
        ids = [one.run_id for one in self.marked()]
        more = [Takeable("m", f"ids of {len(ids)} marked", lambda: "\n".join(ids))] if ids else []
        return [*(one for one in some if one.key != "p" or path), *more]

    def exports(self) -> Sequence[Takeable]:
        """Return the forms in which the shown runs are written to a file."""
        from flopod_tui.runs.export import as_csv, as_json, as_jsonl

        runs = [row.run for row in self.feed.rows.shown]
        if not runs:
            return ()
        forms = {"c": as_csv, "j": as_json, "l": as_jsonl}
        names = {"c": "csv", "j": "json", "l": "jsonl"}
        return [
            Takeable(
                key,
                f"{len(runs):,} runs as {names[key]}",
                partial(make, runs),
                f"runs.{names[key]}",
            )
            for key, make in forms.items()
        ]

    # Other keys

    def why_not(self, action: str) -> str:
        """Return why an action makes no sense now."""
        if action in ("raw", "copy", "mark") and self.selected() is None:
            return "no run is selected"
        if action == "export" and not self.feed.rows.shown:
            return "no run is shown"
        if action == "preview" and not (self.has_class("-wide") and self.has_class("-tall")):
            return "the preview needs a window of at least 110 columns and 30 lines"
        return super().why_not(action)

    def action_live(self) -> None:
        """Pause the list, or let it live again."""
        self.feed.pause(not self.feed.paused)
        self.show_header()

    def action_reread(self) -> None:
        """Read everything again now."""
        self.load()
        self.look_around()

    def action_preview(self) -> None:
        """Show or hide more of the run under the cursor."""
        if self.refuses("preview"):
            return
        self.toggle_class("-preview")
        self.call_after_refresh(self.rested)

    def action_raw(self) -> None:
        """Show the run's record."""
        from flopod_tui.screens.value import ValueScreen

        run = self.selected()
        if not self.refuses("raw") and run is not None:
            title = f"the summary of {run.run_id}"
            self.app.push_screen(ValueScreen(self.session, title, plain_summary(run)))

    def action_oldest_wait(self) -> None:
        """Go to the run that waits for an event and has the least time left."""
        runs = [row.run for row in self.feed.rows.by_id.values() if row.run.open_waits]
        if not runs:
            return self.say("no run waits for an event", "error")
        run = min(runs, key=_urgency)
        if not self.runs.go_to(run.run_id):
            self.say(f"{run.run_id} waits, and the filter hides it: Esc clears", "error")

    def action_back(self) -> None:
        """Leave; the runs go on."""
        self.app.exit()

    def palette(self) -> Sequence[Entry]:
        """Return what the command palette offers beside the keys."""
        typed = self.typed.text.strip()
        nothing = "" if typed else "no filter is typed"
        saved = [
            Entry(f"@{name}", f"Filter: {text}", partial(_do, self.filter_by, f"@{name}"))
            for name, text in sorted(self.saved().items())
        ]
        sorts = [
            Entry(f"sort-{name}", f"Sort by {name}", partial(_do, self.sort, Order(name)))
            for name in SORTS
        ]
        return [
            Entry("filter", "Filter the runs", self.filter_by, "/", "QUERY"),
            Entry("save", "Save the filter", self.save_filter, "", "NAME", nothing),
            *saved,
            *sorts,
        ]


def _do(act: Callable[[Any], object], value: object, _: str) -> None:
    """Do what an entry of the palette without an argument stands for."""
    act(value)


def _urgency(run: RunSummary) -> tuple[datetime, datetime]:
    return min(map(_limits, run.open_waits))


def _limits(wait: OpenWait) -> tuple[datetime, datetime]:
    return wait.deadline or NO_DEADLINE, wait.opened_at
