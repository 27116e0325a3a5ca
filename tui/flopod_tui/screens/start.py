"""Start a run: choose a workflow, fill in its input, checked before anything is recorded."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Iterator
from typing import Any

from textual import on, work
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, TextArea

from flopod import shapes
from flopod.backend import WorkflowInfo
from flopod.errors import FlopodError
from flopod_tui.detail_text import shell
from flopod_tui.form_fields import FieldError, FormField, fields_of, read_fields, typed_from
from flopod_tui.format import compact, cut, safe, schema_line
from flopod_tui.json_text import skeleton
from flopod_tui.screens.form import Form
from flopod_tui.session import Session
from flopod_tui.spans import Span, Spans
from flopod_tui.summary_text import rule
from flopod_tui.widgets.fields import Pick, TextField
from flopod_tui.widgets.json_editor import JsonEditor
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.workflow_list import WorkflowList


class StartScreen(Form[str]):
    """Gives the id of the run that was started."""

    CSS_PATH = ["form.tcss", "start.tcss"]
    NEEDS = (60, 16)
    AUTO_FOCUS = "WorkflowList"
    HINTS = ("next_field", "send", "json")
    BINDINGS = [Binding("f4", "json", "Fields or JSON", key_display="F4")]
    WHAT = "the form"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.workflow: WorkflowInfo | None = None
        self.fields: list[FormField] | None = []
        """The fields of the chosen workflow; None: its input is typed as JSON."""
        self.example = ""
        self._building = asyncio.Lock()

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the workflows and the form."""
        yield Panel(id="workflows-title")
        yield WorkflowList(id="workflows")
        yield Panel(id="input-title")
        yield from self.row("Run id", TextField(id="run-id", placeholder="made up"), "note-run-id")
        yield VerticalScroll(id="fields", can_focus=False)
        yield JsonEditor(id="editor")
        yield Panel(id="message")
        yield Panel(id="shell")
        yield from self.buttons("Start")

    def on_mount(self) -> None:
        """Offer the workflows."""
        super().on_mount()
        self.load()
        self.set_interval(2, self.load_if_empty)

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Read which workflows are known here or announced by workers."""
        with self.telling():
            self.query_one(WorkflowList).show(await self.control.workflows())

    def load_if_empty(self) -> None:
        """Look again: a worker that was just started announces its workflows a little later."""
        if not self.query_one(WorkflowList).known:
            self.load()

    def header(self) -> tuple[Spans, Spans]:
        """Return where we are."""
        where = self.control.backend.url
        return [(" flopod", "accent"), (" ▸ start a run", "quiet")], [(f"{where} ", "quiet")]

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        super().show_lines()
        self.show_workflows_title()
        self.show_verdict()

    def show_workflows_title(self) -> None:
        """Say how many workflows there are, and what narrows them."""
        offered = self.query_one(WorkflowList)
        title: list[Span] = [("Workflow ", "strong"), (f"{len(offered.known)}", "quiet")]
        typed = (
            (safe(offered.typed, 60), "accent") if offered.typed else ("type to filter", "quiet")
        )
        self.line("workflows-title", rule([*title, (" · ", "quiet"), typed], self.size.width))

    # The form of a workflow

    @on(WorkflowList.Typed)
    def narrowed(self) -> None:
        """Show what narrows the list."""
        self.show_workflows_title()

    @on(WorkflowList.Chosen)
    def chosen(self) -> None:
        """Go on to the first field of the input."""
        first = next(iter(self.query("#fields TextField, #fields Pick")), None)
        target: Widget = (
            first if first and not self.has_class("-json") else self.query_one("#editor")
        )
        self.set_focus(target if target.display else self.query_one("#run-id"))

    @on(WorkflowList.Highlighted)
    def highlighted(self) -> None:
        """Show the form of the workflow."""
        self.rebuild()

    @work(group="build")
    async def rebuild(self) -> None:
        """Make the form again, if need be."""
        await self.build()

    async def build(self) -> None:
        """Make the fields of the workflow under the cursor, unless they are there."""
        async with self._building:
            workflow = self.query_one(WorkflowList).current
            if workflow == self.workflow:
                return
            takes = workflow is not None and workflow.takes_input
            self.fields = fields_of(workflow.schema) if workflow and takes else []
            self.example = skeleton(workflow.schema) if workflow and takes else ""
            self.query_one(JsonEditor).load_example(self.example)
            rows = self.query_one("#fields", VerticalScroll)
            await rows.remove_children()
            await rows.mount_all(self._rows())
            self.set_class(self.fields is None, "-json")
            self.workflow, self.typed = workflow, False
            self.show_verdict()

    def _rows(self) -> Iterator[Widget]:
        for index, field in enumerate(self.fields or []):
            yield FieldRow(field, index)

    def action_json(self) -> None:
        """Type the input as JSON, or in fields."""
        if self.fields is None:
            return self.say("this input has no fields: it is typed as JSON")
        editor = self.query_one(JsonEditor)
        if self.has_class("-json"):
            self._fill_fields(self.fields, editor.parsed.value)
            self.remove_class("-json")
        else:
            value, problem = self.input()
            if not problem:
                editor.load_text(json.dumps(value, indent=2, ensure_ascii=False))
            self.add_class("-json")
            self.set_focus(editor)
        self.show_verdict()

    def _fill_fields(self, fields: list[FormField], value: Any) -> None:
        typed = typed_from(fields, value)
        for row in self.query(FieldRow):
            if row.field.name in typed:
                row.value = typed[row.field.name]

    # Checking

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Pick.Changed)
    def edited(self) -> None:
        """Check again."""
        self.typed = self._anything_typed()
        self.show_verdict()

    def _anything_typed(self) -> bool:
        changed = any(row.value != row.field.initial for row in self.query(FieldRow))
        edited = self.has_class("-json") and self.query_one(JsonEditor).text != self.example
        return changed or edited or bool(self.query_one("#run-id", TextField).value)

    def input(self) -> tuple[Any, str]:
        """Return the input as typed, and what is wrong with it."""
        if self.workflow is None:
            return None, "choose a workflow"
        if not self.workflow.takes_input:
            return None, ""
        if self.has_class("-json") or self.fields is None:
            parsed = self.query_one(JsonEditor).parsed
            return parsed.value, f"JSON {parsed.told}" if parsed.problem else ""
        try:
            typed = {row.field.name: row.value for row in self.query(FieldRow)}
            return read_fields(self.fields, typed), ""
        except FieldError as error:
            return None, str(error)

    def problem(self, value: Any) -> str:
        """Return why the workflow would not take this input."""
        if self.workflow is None or self.workflow.schema is None or not self.workflow.takes_input:
            return ""
        try:
            shapes.check(value, self.workflow.schema, "input")
        except FlopodError as error:
            return str(error)
        return ""

    def show_verdict(self) -> None:
        """Say whether the input will do, and how a shell would start the run."""
        value, problem = self.input()
        problem = problem or self.problem(value)
        schema = self.workflow.schema if self.workflow else None
        wanted = safe(schema_line(schema), 200) if schema else "any JSON"
        if self.workflow and not self.workflow.takes_input:
            wanted = "none"
        title: list[Span] = [("Input ", "strong"), (cut(wanted, self.size.width - 24), "quiet")]
        self.line("input-title", rule(title, self.size.width))
        verdict = [(" ✗ ", "error"), (safe(problem, 300), "error")]
        ready = [(" ✓ ", "ok"), ("ready to start", "quiet")]
        self.line("message", verdict if problem else ready)
        command = self._command(value if not problem else None, bool(problem))
        self.line("shell", [(" sh ", "quiet"), (cut(safe(command), self.size.width - 5), "quiet")])

    def _command(self, value: Any, broken: bool) -> str:
        name = self.workflow.name if self.workflow else "WORKFLOW"
        words = ["flopod", "start", name]
        if run_id := self.query_one("#run-id", TextField).value.strip():
            words += ["--run-id", run_id]
        takes = self.workflow is not None and self.workflow.takes_input
        payload = "'…'" if broken else shlex.quote(compact(value)) if takes else ""
        return f"{shell(*words)} {payload}".rstrip()

    # Sending

    async def send(self) -> None:
        """Check, then start a run of the workflow under the cursor, however fast it was typed."""
        await self.build()
        value, problem = self.input()
        if problem := problem or self.problem(value):
            return self.say(problem, "error")
        assert self.workflow is not None  # or there would have been a problem
        run_id = self.query_one("#run-id", TextField).value.strip() or None
        self.dismiss(await self.control.start(self.workflow.name, value, run_id=run_id))


class FieldRow(Widget):
    """A field of the input: its name, its editor, what it takes."""

    DEFAULT_CSS = """
    FieldRow {
        layout: horizontal;
        height: 1;
        .field-name { width: 20; }
        .field-takes { width: 30; padding-left: 1; }
    }
    """

    def __init__(self, field: FormField, index: int) -> None:
        super().__init__(id=f"field-{index}")
        self.field = field

    def compose(self) -> Iterator[Widget]:
        """Lay out the row."""
        name, takes = Panel(classes="field-name"), Panel(classes="field-takes")
        name.show([[(f" {cut(safe(self.field.name, 100), 18)}", "")]])
        optional = "" if self.field.required else "optional"
        told = ", ".join(part for part in (safe(self.field.takes, 40), optional) if part)
        takes.show([[(cut(told, 29), "quiet")]])
        yield name
        yield self._editor()
        yield takes

    def _editor(self) -> Widget:
        if self.field.kind == "boolean":
            return Pick(["false", "true"], self.field.initial)
        if self.field.kind == "choice":
            empty = [] if self.field.required else [""]
            return Pick([*empty, *self.field.choices], self.field.initial)
        return TextField(self.field.initial)

    @property
    def value(self) -> str:
        """What is typed or picked."""
        for editor in self.query("TextField, Pick"):
            if isinstance(editor, TextField | Pick):
                return editor.value
        return self.field.initial

    @value.setter
    def value(self, value: str) -> None:
        for editor in self.query("TextField, Pick"):
            if isinstance(editor, TextField | Pick):
                editor.value = value
