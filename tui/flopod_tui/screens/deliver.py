"""Deliver an event: filled from an open wait, checked before anything is sent."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from textual import on, work
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input

from flopod.backend import WorkerInfo
from flopod.errors import FlopodError, RunNotFoundError
from flopod.inner import OpenWait
from flopod.summary import RunSummary
from flopod_tui.forms import delivery_text
from flopod_tui.forms.delivery_text import DeliveredEvent, Target
from flopod_tui.forms.open_waits import WaitOf, open_waits
from flopod_tui.forms.wait_check import last_delivered, look_again, target_of
from flopod_tui.runs.summary_text import rule
from flopod_tui.screens.confirm import ConfirmScreen, empty_question
from flopod_tui.screens.value_form import ValueForm, problem_of
from flopod_tui.screens.waits_part import WaitsPart
from flopod_tui.session import Session
from flopod_tui.settings.recent import Recent
from flopod_tui.text.format import compact, cut, safe, schema_line
from flopod_tui.text.json_text import skeleton
from flopod_tui.text.spans import Span, Spans
from flopod_tui.values.typed_json import pretty, without_secrets
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.press import Press
from flopod_tui.widgets.unless_gone import unless_gone
from flopod_tui.widgets.value_editor import ValueEditor

TYPING = 0.15
"""Seconds without a key after which the store is asked."""
FIELDS = ("run", "path", "event")


class DeliverScreen(ValueForm[DeliveredEvent], WaitsPart[DeliveredEvent | None]):
    """Gives what the delivery did."""

    CSS_PATH = ["form.tcss", "deliver.tcss"]
    AUTO_FOCUS = "WaitList"
    HINTS = ("choose", *ValueForm.HINTS[:2], "filter", *ValueForm.HINTS[2:])
    BINDINGS = [Binding("ctrl+s", "send", "Deliver", key_display="Ctrl+S", priority=True)]
    WHAT = "the form"
    VALUE = "payload"
    INSTEAD = ("flopod waits", "flopod deliver RUN PATH EVENT JSON")

    def __init__(self, session: Session, run: RunSummary | None, path: str | None) -> None:
        super().__init__(session)
        self.opened_on = run
        self.run_summary = run
        """The run that the form names, as it is now."""
        self.path = path
        self.chosen: WaitOf | None = None
        self.alive: Sequence[WorkerInfo] | None = None
        """The workers; None: not read yet."""
        self.delivery_id = uuid.uuid4().hex
        """One delivery per form, however often it is sent."""
        self.trouble = ""
        """Why it is not known how the run stands."""
        self._schema: dict[str, Any] | None = None
        """The schema that the editor is the form of."""
        self._building = asyncio.Lock()

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the waits and the form."""
        yield from self.compose_waits()
        yield Panel(id="event-title")
        for name in FIELDS:
            yield from self.row(name.capitalize(), TextField(id=name), f"note-{name}")
        yield Panel(id="payload-title")
        yield ValueEditor(self.session.masking)
        yield Panel(id="message")
        yield Panel(id="shell")
        yield from self.buttons("Deliver", Press("Check only", id="check"))
        yield Panel(id="effect-title")
        yield Panel(id="effect")

    def on_mount(self) -> None:
        """Offer the open waits."""
        self.load()

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Read the open waits."""
        with unless_gone(), self.telling():
            self.alive = await self.control.workers()
            waits = await open_waits(self.control, self.opened_on, self.path)
            own = self.opened_on.run_id if self.opened_on else ""
            # Opened on a run that waits for nothing: not another run's wait by default.
            self.offer_waits(waits, by_hand=bool(own) and own not in (w.run_id for w in waits))
            await self.fill(self.waits.current)
            self.show_lines()

    def header(self) -> tuple[Spans, Spans]:
        """Return where we are, and who would resume the run."""
        return self.titled("deliver an event", self.alive)

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        super().show_lines()
        self.line("event-title", rule([("Event", "strong")], self.size.width))
        self.line("effect-title", rule([("What will happen", "strong")], self.size.width))
        self.checked()

    def close_one(self) -> bool:
        """Close the filter, if it is open."""
        return self.close_filter()

    # Filling the form

    async def fill(self, one: WaitOf | None) -> None:
        """Fill run, path and event, and offer what the wait takes."""
        self.chosen = one
        own = self.opened_on.run_id if self.opened_on else ""
        target = target_of(one) if one else Target(own, "", "")
        with self.prevent(Input.Changed):
            for name in FIELDS:
                self.query_one(f"#{name}", TextField).value = safe(target.of(name))
        await self.take_form(one.wait.schema if one else None)
        self.check()

    async def take_form(self, schema: dict[str, Any] | None) -> None:
        """Have the editor be the form of this schema; what was typed stays."""
        async with self._building:
            if schema == self._schema and self.editor.is_offered:
                return
            self._schema = schema
            typed = self.editor.read() if self.editor.changed else None
            text = self.editor.text()
            await self.editor.offer(schema, skeleton(schema), takes=True)
            if typed is not None and not typed.problem:
                self.editor.fill(typed.value, typed=True)
            elif typed is not None:
                self.editor.fill_text(text)

    @property
    def target(self) -> Target:
        """Where the form says that the event goes."""
        return Target(*(self._typed_in(name) for name in FIELDS))

    def _typed_in(self, field_id: str) -> str:
        """Return what a field holds: the stored text itself where the field still shows it."""
        shown = self.query_one(f"#{field_id}", TextField).value.strip()
        stored = target_of(self.chosen).of(field_id) if self.chosen else ""
        return stored if shown == safe(stored) else shown

    # Checking

    @on(Input.Changed, "#run,#path,#event")
    def edited(self) -> None:
        """Check run, path and event again."""
        self.check(TYPING)

    @work(group="check", exclusive=True)
    async def check(self, after: float = 0) -> None:
        """Say beside the fields whether somebody waits for this."""
        with unless_gone():
            await asyncio.sleep(after)
            run_id = self.target.run_id
            try:
                self.run_summary = await self.control.get(run_id) if run_id else None
                self.trouble = ""
            except RunNotFoundError:
                self.run_summary, self.trouble = None, ""
            except FlopodError as error:
                self.trouble = str(error)
            if wait := self.wait():
                await self.take_form(wait.schema)
            self.checked()

    def wait(self) -> OpenWait | None:
        """Return the open wait that the fields name."""
        return self.wait_in(self.run_summary)

    def wait_in(self, run: RunSummary | None) -> OpenWait | None:
        """Return the open wait of this run that the fields name."""
        target = self.target
        if run is None or run.run_id != target.run_id:
            return None
        wanted = (target.path, target.event)
        waits = (wait for wait in run.open_waits if not wait.delivered)
        return next((wait for wait in waits if (wait.path, wait.event) == wanted), None)

    def checked(self) -> None:
        """Say what is known of each field, of the payload, and what will happen."""
        target, run, wait = self.target, self.run_summary, self.wait()
        self.note("note-run", *delivery_text.run_note(target.run_id, run, self.trouble))
        self.note("note-path", *delivery_text.path_note(target, run, wait))
        self.note("note-event", *delivery_text.event_note(target, run, wait))
        wanted = safe(schema_line(wait.schema), 200) if wait and wait.schema else "any JSON"
        title: list[Span] = [("Payload ", "strong"), (cut(wanted, self.size.width - 30), "quiet")]
        self.line("payload-title", rule(title, self.size.width))
        self.line("message", self.verdict(self.value_problem()))
        self.line("effect", delivery_text.effect(wait, self.alive))
        self.show_shell()
        self.show_ready()

    def schema(self) -> dict[str, Any] | None:
        """Return the JSON Schema of what is waited for."""
        wait = self.wait()
        return wait.schema if wait else None

    def unready(self) -> str:
        """Return why nothing can be delivered yet."""
        return delivery_text.problem(self.target, self.run_summary) or self.value_problem()

    def would_lose(self) -> bool:
        """Something was typed that would be lost."""
        own = self.opened_on.run_id if self.opened_on else ""
        filled = target_of(self.chosen) if self.chosen else Target(own, "", "")
        return self.editor.changed or self.target != filled

    def recent(self) -> Recent | None:
        """Return the payloads that were delivered with this event."""
        event = self.target.event
        return Recent(self.session, f"payloads:{event}") if event else None

    def example(self) -> str:
        """Return a payload of the right form, else the last one of this event."""
        recent = self.recent()
        if (schema := self.schema()) or recent is None or not recent.values:
            return skeleton(schema)
        return pretty(recent.values[0])

    def action_skeleton(self) -> None:
        """Put an example into the editor: from the schema, from memory, from the run's log."""
        if self.example():
            return super().action_skeleton()
        self.look_for_payload()

    @work(group="skeleton", exclusive=True)
    async def look_for_payload(self) -> None:
        """Take the last payload of this event in the log of the run."""
        with unless_gone():
            found = await last_delivered(self.control, self.target.run_id, self.target.event)
            if found is None:
                return self.say("no payload of this event is known, and no schema")
            self.editor.fill(without_secrets(found.value, self.session.masking), typed=True)

    def shell_line(self) -> str:
        """Return what delivers the same from a shell."""
        return self.target.command(self.value_word())

    # Sending

    @on(Press.Pressed, "#check")
    def check_pressed(self) -> None:
        """Check only."""
        self.check_only()

    @work(group="send")
    async def check_only(self) -> None:
        """Check everything, and say what would be written."""
        with self.telling():
            if await self.all_right():
                count = len(compact(self.editor.read().value).encode())
                self.say(delivery_text.would_write(self.target, count), "ok")

    async def all_right(self) -> bool:
        """Check once more against the store; tell what is wrong."""
        looked = await look_again(self.control, self.target, self.chosen, self.wait_in, self.now())
        if looked.gone:
            self.chosen = None
        self.run_summary = looked.run
        parsed = self.editor.read()
        schema = looked.wait.schema if looked.wait else None
        wrong = parsed.problem or problem_of(parsed.value, schema, self.VALUE)
        self.checked()
        if why := looked.why_not or wrong:
            if not looked.why_not:
                self.show_problem()
            self.say(why, "error")
        return not why

    async def send(self) -> None:
        """Deliver, if the wait is still open and the payload fits."""
        if not await self.all_right():
            return
        target, value, command = self.target, self.editor.read().value, self.shell_line()
        if self.editor.empty and not await self.app.push_screen_wait(
            ConfirmScreen(empty_question(target.event))
        ):
            return
        done = await self.control.deliver(
            target.run_id, target.path, target.event, value, delivery_id=self.delivery_id
        )
        if recent := self.recent():
            recent.keep(value)
        text = delivery_text.told(done, target, self.alive)
        self.dismiss(DeliveredEvent(done, text, command))
