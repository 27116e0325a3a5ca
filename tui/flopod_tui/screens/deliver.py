"""Deliver an event: filled from an open wait, checked before anything is sent."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Iterator

from textual import on, work
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input, TextArea

from flopod import shapes
from flopod.delivering import Delivered
from flopod.errors import FlopodError
from flopod.inner import OpenWait
from flopod.summary import FINISHED, RunSummary
from flopod_tui.detail_text import deliver_command
from flopod_tui.format import compact, cut, plural, safe, schema_line, size
from flopod_tui.glyphs import look
from flopod_tui.json_text import skeleton
from flopod_tui.open_waits import WaitOf, open_waits
from flopod_tui.screens.form import Form
from flopod_tui.session import Session
from flopod_tui.spans import Span, Spans
from flopod_tui.summary_text import rule
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.json_editor import JsonEditor
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.wait_list import WaitList


class DeliverScreen(Form[Delivered]):
    """Gives what the delivery did."""

    CSS_PATH = ["form.tcss", "deliver.tcss"]
    AUTO_FOCUS = "WaitList"
    NEEDS = (70, 20)
    HINTS = ("next_field", "send", "fill")
    BINDINGS = [Binding("f5", "fill", "Example payload", key_display="F5")]
    WHAT = "the payload"

    def __init__(self, session: Session, run: RunSummary | None, path: str | None) -> None:
        super().__init__(session)
        self.opened_on = run
        self.run_summary = run
        """The run that the form names, as it is now."""
        self.path = path
        self.chosen: WaitOf | None = None
        self.delivery_id = uuid.uuid4().hex
        """One delivery per form, however often it is sent."""
        self.example = ""
        """What was filled in as payload and not typed."""

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the waits and the form."""
        yield Panel(id="waits-title")
        yield WaitList(id="waits")
        yield Panel(id="event-title")
        yield from self.row("Run", TextField(id="run"), "note-run")
        yield from self.row("Path", TextField(id="path"), "note-path")
        yield from self.row("Event", TextField(id="event"), "note-event")
        yield Panel(id="payload-title")
        yield JsonEditor(id="editor")
        yield Panel(id="message")
        yield Panel(id="shell")
        yield from self.buttons("Deliver")

    def on_mount(self) -> None:
        """Offer the open waits."""
        super().on_mount()
        self.load()

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Read the open waits."""
        with self.telling():
            waits = await open_waits(self.control, self.opened_on, self.path)
            offered = self.query_one(WaitList)
            offered.show(waits, self.now())
            own = self.opened_on.run_id if self.opened_on else ""
            if own and own not in (one.run_id for one in waits):
                # Opened on a run that waits for nothing: not another run's wait by default.
                offered.move_to(len(waits))
            title: list[Span] = [("Open waits ", "strong"), (f"{len(waits)}", "quiet")]
            self.line("waits-title", rule(title, self.size.width))
            self.fill(offered.current)

    def header(self) -> tuple[Spans, Spans]:
        """Return where we are."""
        where = self.control.backend.url
        return [(" flopod", "accent"), (" ▸ deliver an event", "quiet")], [(f"{where} ", "quiet")]

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        super().show_lines()
        self.line("event-title", rule([("Event", "strong")], self.size.width))
        self.show_payload()

    # Filling the form

    @on(WaitList.Chosen)
    def chosen_wait(self, message: WaitList.Chosen) -> None:
        """Fill the form for a wait."""
        wait = self.query_one(WaitList).current
        if wait != self.chosen:
            self.fill(wait)
        if message.done:
            self.set_focus(self.query_one("#editor" if wait else "#run"))

    def fill(self, one: WaitOf | None) -> None:
        """Fill run, path and event, and an example payload where none was typed."""
        self.chosen = one
        own = self.opened_on.run_id if self.opened_on else ""
        run_id = one.run_id if one else own
        values = (run_id, one.wait.path if one else "", one.wait.event if one else "")
        for field_id, value in zip(("run", "path", "event"), values, strict=True):
            self.query_one(f"#{field_id}", TextField).value = safe(value)
        editor = self.query_one(JsonEditor)
        if editor.text.strip() in ("", self.example.strip()):
            self.example = safe_text(skeleton(one.wait.schema) if one else "")
            editor.load_example(self.example)
        self.check()

    def action_fill(self) -> None:
        """Put an example payload into the editor."""
        wait = self.wait()
        self.example = safe_text(skeleton(wait.schema if wait else None))
        self.query_one(JsonEditor).load_example(self.example)

    def typed_in(self, field_id: str) -> str:
        """Return what a field holds: the stored text itself where the field still shows it."""
        shown = self.query_one(f"#{field_id}", TextField).value.strip()
        if one := self.chosen:
            stored = {"run": one.run_id, "path": one.wait.path, "event": one.wait.event}[field_id]
            if shown == safe(stored):
                return stored
        return shown

    # Checking

    @on(Input.Changed)
    def edited(self) -> None:
        """Check run, path and event again."""
        self.check()

    @on(TextArea.Changed)
    def payload_edited(self) -> None:
        """Check the payload again."""
        self.typed = self.query_one(JsonEditor).text != self.example
        self.show_payload()

    @work(group="check", exclusive=True)
    async def check(self) -> None:
        """Say beside the fields whether somebody waits for this."""
        run_id = self.typed_in("run")
        try:
            self.run_summary = await self.control.get(run_id) if run_id else None
        except FlopodError:
            self.run_summary = None
        self.show_notes()
        self.show_payload()

    def show_notes(self) -> None:
        """Say beside the fields what is known."""
        run, wait = self.run_summary, self.wait()
        if run is None:
            unknown = bool(self.typed_in("run"))
            self.note("note-run", ("✗ ", "error"), ("no such run" if unknown else "which run?", ""))
        else:
            shown = look(run.status)
            self.note("note-run", (f"{shown.glyph} {shown.word}", shown.role))
        self.note("note-path", *self._path_note(run, wait))
        event = [("✓ ", "ok"), ("is waited for", "")] if wait else []
        self.note("note-event", *event)

    def _path_note(self, run: RunSummary | None, wait: OpenWait | None) -> list[Span]:
        if wait:
            return [("✓ ", "ok"), ("open wait", "")]
        if run is None:
            return []
        if run.status in FINISHED:
            return [("✗ ", "error"), ("the run is finished", "")]
        others = plural(len(run.open_waits), "other wait") if run.open_waits else "no wait"
        return [("▲ ", "trouble"), (f"nothing waits here; {others} open", "")]

    def wait(self) -> OpenWait | None:
        """Return the open wait that the fields name."""
        return self.wait_in(self.run_summary)

    def wait_in(self, run: RunSummary | None) -> OpenWait | None:
        """Return the open wait of this run that the fields name."""
        wanted = (self.typed_in("path"), self.typed_in("event"))
        waits = run.open_waits if run else ()
        return next((w for w in waits if (w.path, w.event) == wanted and not w.delivered), None)

    def show_payload(self) -> None:
        """Say whether the payload is JSON, what it should be, and how a shell would send it."""
        editor, wait = self.query_one(JsonEditor), self.wait()
        wanted = safe(schema_line(wait.schema), 200) if wait and wait.schema else "any JSON"
        title: list[Span] = [("Payload ", "strong"), (cut(wanted, self.size.width - 30), "quiet")]
        self.line("payload-title", rule(title, self.size.width))
        self.line("message", self._verdict(wait))
        payload = compact(editor.parsed.value) if not editor.parsed.problem else "…"
        command = deliver_command(
            self.typed_in("run") or "RUN",
            self.typed_in("path") or "PATH",
            self.typed_in("event") or "EVENT",
            shlex.quote(payload),
        )
        self.line("shell", [(" sh ", "quiet"), (cut(safe(command), self.size.width - 5), "quiet")])

    def _verdict(self, wait: OpenWait | None) -> list[Span]:
        editor = self.query_one(JsonEditor)
        parsed = editor.parsed
        if parsed.problem:
            return [(" ✗ ", "error"), (f"JSON {parsed.told}", "error")]
        problem = schema_problem(parsed.value, wait)
        if problem:
            return [(" ✗ ", "error"), (safe(problem, 300), "error")]
        told = "empty: the payload is null" if not editor.text.strip() else "valid JSON"
        return [(" ✓ ", "ok"), (f"{told}, {size(len(editor.text.encode()))}", "quiet")]

    # Sending

    async def send(self) -> None:
        """Check once more against the store, then deliver."""
        run_id, path, event = (self.typed_in(name) for name in ("run", "path", "event"))
        editor = self.query_one(JsonEditor)
        parsed = editor.parsed
        if parsed.problem:
            editor.show_problem(parsed)
            return self.say(f"JSON {parsed.told}", "error")
        if not (run_id and path and event):
            return self.say("run, path and event are needed", "error")
        run = await self.control.get(run_id)
        wait = self.wait_in(run)
        if (
            wait is None
            and self.chosen is not None
            and self.typed_in("path") == self.chosen.wait.path
        ):
            self.chosen = None
            self.check()
            return self.say("this wait was answered meanwhile; nothing was sent", "error")
        if problem := schema_problem(parsed.value, wait):
            return self.say(problem, "error")
        delivered = await self.control.deliver(
            run_id, path, event, parsed.value, delivery_id=self.delivery_id
        )
        self.dismiss(delivered)


def schema_problem(value: object, wait: OpenWait | None) -> str:
    """Return why a payload is not what the wait takes; empty when it is."""
    if wait is None or wait.schema is None:
        return ""
    try:
        shapes.check(value, wait.schema, "payload")
    except FlopodError as error:
        return str(error)
    return ""


def safe_text(text: str) -> str:
    """Return text of several lines made harmless."""
    return "\n".join(safe(line) for line in text.split("\n"))
