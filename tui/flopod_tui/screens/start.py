"""Start a run: choose a workflow, fill in its input, checked before anything is recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from flopod.backend import WorkerInfo, WorkflowInfo
from flopod.errors import FlopodError
from flopod.summary import RunSummary
from flopod_tui.forms import start_text
from flopod_tui.forms.last_input import LastInput, last_input
from flopod_tui.forms.start_text import StartedRun, made_up
from flopod_tui.run.detail_text import shell
from flopod_tui.runs.summary_text import rule
from flopod_tui.screens.value_form import ValueForm, filled
from flopod_tui.session import Session
from flopod_tui.settings.recent import Recent
from flopod_tui.text.format import safe
from flopod_tui.text.json_text import skeleton
from flopod_tui.text.spans import Span, Spans
from flopod_tui.values.typed_json import without_secrets
from flopod_tui.widgets.fields import TextField, Tick
from flopod_tui.widgets.painted import Panel
from flopod_tui.widgets.run_id_field import RunIdField
from flopod_tui.widgets.unless_gone import unless_gone
from flopod_tui.widgets.value_editor import ValueEditor
from flopod_tui.widgets.workflow_list import WorkflowList

LAST_RUNS = 5


class StartScreen(ValueForm[StartedRun]):
    """Gives the run that was started."""

    CSS_PATH = ["form.tcss", "start.tcss"]
    AUTO_FOCUS = "WorkflowList"
    BINDINGS = [
        Binding("ctrl+s", "send", "Start", key_display="Ctrl+S", priority=True),
        Binding("enter", "choose", "Input", tooltip="go on to the input", priority=True),
        Binding("ctrl+g", "suggest", "New id", key_display="Ctrl+G", priority=True),
    ]
    HINTS = ("choose", *ValueForm.HINTS[:3], "suggest", *ValueForm.HINTS[3:])
    WHAT = "the form"
    VALUE = "input"
    INSTEAD = ("flopod start WORKFLOW JSON",)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.workflow: WorkflowInfo | None = None
        self.alive: Sequence[WorkerInfo] | None = None
        """The workers; None: not read yet."""
        self.runs: Sequence[RunSummary] | None = None
        """The last runs of the workflow; None: not read yet."""
        self.source = ""
        """Where the input was taken from."""
        self._building = asyncio.Lock()

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the workflows and the form, and what is known of the workflow."""
        with Horizontal():
            with Vertical(id="left"):
                yield Panel(id="workflows-title")
                yield WorkflowList(id="workflows")
                yield RunIdField("Run id", self.control.backend.summary, self.now)
                yield Panel(id="input-title")
                yield ValueEditor(self.session.masking)
                yield Panel(id="message")
                yield Panel(id="source")
                yield Tick("open the run when it starts", on=True, id="open")
                yield Tick("keep this form open (start several)", id="keep")
                yield Panel(id="shell")
                yield from self.buttons("Start")
            yield Panel(id="about")

    def on_mount(self) -> None:
        """Offer the workflows."""
        self.load()
        self.set_interval(2, self.load_if_empty)

    @work(group="load", exclusive=True)
    async def load(self) -> None:
        """Read which workflows are known here or announced by workers."""
        with unless_gone():
            offered = self.query_one(WorkflowList)
            try:
                self.alive = await self.control.workers()
                offered.show(await self.control.workflows())
            except FlopodError as error:
                offered.show_trouble(str(error))
            self.set_class(bool(self.alive), "-worker")
            self.show_lines()

    def load_if_empty(self) -> None:
        """Look again: a worker that was just started announces its workflows a little later."""
        if not self.query_one(WorkflowList).known:
            self.load()

    def header(self) -> tuple[Spans, Spans]:
        """Return where we are, and who would execute the run."""
        return self.titled("start a run", self.alive)

    def show_lines(self) -> None:
        """Fill the lines that depend on the width."""
        super().show_lines()
        self.show_workflows_title()
        self.show_about()
        self.checked()

    def show_workflows_title(self) -> None:
        """Say how many workflows there are, and what narrows them."""
        offered = self.query_one(WorkflowList)
        title: list[Span] = [("Workflow ", "strong"), (f"{len(offered.known)}", "quiet")]
        typed = (
            (safe(offered.typed, 60), "accent") if offered.typed else ("type to filter", "quiet")
        )
        panel = self.query_one("#workflows-title", Panel)
        panel.show([rule([*title, (" · ", "quiet"), typed], panel.size.width)])

    def show_about(self) -> None:
        """Say what is known of the workflow, where there is room."""
        panel = self.query_one("#about", Panel)
        if panel.size.width:
            workflow, width = self.workflow, panel.size.width - 1
            lines = start_text.about(workflow, self.runs, self.now(), width) if workflow else []
            panel.show(lines)

    # The form of a workflow

    @on(WorkflowList.Typed)
    def narrowed(self) -> None:
        """Show what narrows the list."""
        self.show_workflows_title()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is the list's where that has the focus. Ours first: no key after it is lost."""
        on_list = isinstance(self.focused, WorkflowList)
        return on_list if action == "choose" else super().check_action(action, parameters)

    async def action_choose(self) -> None:
        """Go on to the first field of the input; the next keys wait until it is there."""
        with unless_gone():
            await self.build()
            if not self.editor.go_in():
                self.set_focus(self.query_one(TextField))

    @on(WorkflowList.Chosen)
    def chosen(self) -> None:
        """Go on to the first field of the input."""
        self.rebuild(go_on=True)

    @on(WorkflowList.Highlighted)
    def highlighted(self) -> None:
        """Show the form of the workflow."""
        self.rebuild()

    @work(group="build")
    async def rebuild(self, *, go_on: bool = False) -> None:
        """Make the form again, if need be."""
        with unless_gone():
            await (self.action_choose() if go_on else self.build())

    async def build(self) -> None:
        """Make the form of the workflow under the cursor, unless it is there."""
        async with self._building:
            workflow = self.query_one(WorkflowList).current
            if workflow == self.workflow:
                return
            self.workflow, self.runs, self.source = workflow, None, ""
            takes = workflow is not None and workflow.takes_input
            await self.editor.offer(self.schema(), self.example(), takes=takes)
            self.editor.display = takes
            if not self.query_one(RunIdField).typed:
                self.action_suggest()
            self.show_lines()
        if workflow is not None:
            self.look_back(workflow)

    @work(group="look-back", exclusive=True)
    async def look_back(self, workflow: WorkflowInfo) -> None:
        """Read the last runs of the workflow, and begin with the input of the newest."""
        with unless_gone(), self.telling():
            self.runs = await self.control.list_runs(workflow=workflow.name, limit=LAST_RUNS)
            self.show_about()
            found = await last_input(self.control, self.runs) if workflow.takes_input else None
            if found and self.workflow == workflow:
                self.begin_with(found)

    def begin_with(self, found: LastInput) -> None:
        """Fill in the input of an earlier run, without its secrets."""
        bare = without_secrets(found.value, self.session.masking)
        if filled(self.editor, bare):
            left_out = "" if bare == found.value else ", secrets left out"
            run_id = safe(found.run_id, 80)
            self.came_from(f"input of last run of this workflow ({run_id}){left_out}")
            self.checked()

    # The run id

    def action_suggest(self) -> None:
        """Make up another run id."""
        if self.workflow is not None:
            self.query_one(RunIdField).suggest(made_up(self.workflow.name, self.now()))

    @on(RunIdField.Changed)
    def run_id_changed(self) -> None:
        """Say whether the form can be sent now."""
        self.checked()

    @on(RunIdField.Entered)
    def run_id_entered(self, message: RunIdField.Entered) -> None:
        """Open the run that has this id."""
        self.dismiss(StartedRun(message.run_id, open=True, new=False))

    # Checking

    def would_lose(self) -> bool:
        """Something was typed that would be lost."""
        return self.editor.changed or self.query_one(RunIdField).typed

    def schema(self) -> dict[str, Any] | None:
        """Return the JSON Schema of the input."""
        workflow = self.workflow
        return workflow.schema if workflow and workflow.takes_input else None

    def example(self) -> str:
        """Return an input of the right form."""
        return skeleton(self.schema())

    def recent(self) -> Recent | None:
        """Return the inputs that were typed for this workflow."""
        return Recent(self.session, f"inputs:{self.workflow.name}") if self.workflow else None

    def came_from(self, source: str) -> None:
        """Take note of where the input was taken from."""
        self.source = source

    def unready(self) -> str:
        """Return why nothing can be started yet."""
        if self.workflow is None:
            return "choose a workflow"
        problem = self.query_one(RunIdField).problem
        return problem or (self.value_problem() if self.workflow.takes_input else "")

    def checked(self) -> None:
        """Say whether the input will do, and how a shell would start the run."""
        panel = self.query_one("#input-title", Panel)
        panel.show([start_text.input_title(self.workflow, panel.size.width)])
        self.line("message", self._verdict())
        edited = ", edited" if self.source and self.editor.changed else ""
        self.line("source", [(f"   {self.source}{edited}", "quiet")])
        self.show_shell()
        self.show_ready()

    def _verdict(self) -> list[Span]:
        workflow = self.workflow
        if workflow is None:
            return [(" choose a workflow", "quiet")]
        if problem := self.unready():
            return self.verdict(problem)
        told = self.verdict("") if workflow.takes_input else [(" ✓ ", "ok"), ("no input", "")]
        return [*told, *start_text.who_takes_it(workflow, self.alive)]

    def shell_line(self) -> str:
        """Return what starts the same from a shell."""
        words = ["flopod", "start", self.workflow.name if self.workflow else "WORKFLOW"]
        if run_id := self.query_one(RunIdField).value:
            words += ["--run-id", run_id]
        if self.workflow is None or not self.workflow.takes_input:
            return shell(*words)
        return f"{shell(*words)} {self.value_word()}"

    # Sending

    async def send(self) -> None:
        """Check, then start a run of the workflow under the cursor, however fast it was typed."""
        await self.build()
        if problem := self.unready():
            self.show_problem()
            return self.say(problem, "error")
        assert self.workflow is not None  # or there would have been a problem
        value, command = self.editor.read().value, self.shell_line()
        given = self.query_one(RunIdField).value or None
        run_id = await self.control.start(self.workflow.name, value, run_id=given)
        if self.workflow.takes_input and (recent := self.recent()):
            recent.keep(value)
        if self.query_one("#keep", Tick).on:
            self.say(f"started {run_id}; another one?", "ok", command)
            self.action_suggest()
            self.look_back(self.workflow)
        else:
            self.dismiss(StartedRun(run_id, self.query_one("#open", Tick).on, shell=command))
