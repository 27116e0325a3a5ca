"""What the start form says beside its fields: the workflow, its parameters, its last runs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import randbits

from flopod.backend import WorkerInfo, WorkflowInfo
from flopod.errors import InvalidRunIdError
from flopod.paths import check_run_id, new_run_id
from flopod.summary import RunSummary
from flopod_tui.forms.fields import FormField, fields_of
from flopod_tui.runs.summary_text import rule
from flopod_tui.runs.text import took
from flopod_tui.text.format import cut, cut_middle, fit, fit_right, safe, schema_line, since
from flopod_tui.text.glyphs import look
from flopod_tui.text.spans import Span, Spans

NO_WORKFLOW = (
    "No workflow is known: no live worker announces one.",
    "A worker looks for them in -w FILE, then FLOPOD_WORKFLOWS,",
    "then [tool.flopod] workflows of the nearest pyproject.toml.",
    "Next: flopod worker -w FILE      or type the name of a workflow.",
)
DOC_LINES = 8


@dataclass(frozen=True, slots=True)
class StartedRun:
    """What the form gives: a run, and whether to look at it."""

    run_id: str
    open: bool
    shell: str = ""
    new: bool = True
    """False: it was there already, and is to be looked at."""


def about(
    workflow: WorkflowInfo, runs: Sequence[RunSummary] | None, now: datetime, width: int
) -> list[Spans]:
    """Return what is known of a workflow: its description, what it takes, how its runs went."""
    rows: list[Spans] = [rule([(safe(workflow.name, 100), "strong")], width)]
    rows += [[(f" {line}", "")] for line in _doc(workflow.doc, width - 2)]
    rows += [[], rule([("Parameters", "strong")], width), *_parameters(workflow, width)]
    title: list[Span] = [("Last runs", "strong")]
    return [*rows, [], rule(title, width), *_runs(runs, now, width)]


def _doc(doc: str, width: int) -> list[str]:
    lines = [
        safe(piece)
        for line in doc.strip()[:4000].split("\n")
        for piece in (textwrap.wrap(line, max(20, width)) or [""])
    ]
    return [*lines[:DOC_LINES], *(["…"] if len(lines) > DOC_LINES else [])]


def _parameters(workflow: WorkflowInfo, width: int) -> list[Spans]:
    if not workflow.takes_input:
        return [[(" takes no input", "quiet")]]
    fields = fields_of(workflow.schema)
    if not fields:
        takes = safe(schema_line(workflow.schema), 200) if workflow.schema else "any JSON"
        return [[(" input  ", "quiet"), (cut(takes, width - 8), "")]]
    name = min(24, max(len(field.name) for field in fields))
    return [_parameter(field, name, width) for field in fields]


def _parameter(field: FormField, name: int, width: int) -> Spans:
    told = "required" if field.required else "optional"
    default = f" = {safe(field.initial, 40)}" if not field.required and field.initial else ""
    takes = cut(safe(field.takes, 100), max(8, width - name - 14 - len(default)))
    left: list[Span] = [(f" {fit(safe(field.name, 100), name)}  ", ""), (takes, "quiet")]
    gap = width - name - 3 - len(takes) - len(default) - len(told) - 1
    return [*left, (default, "quiet"), (" " * max(1, gap), ""), (told, "quiet")]


def _runs(runs: Sequence[RunSummary] | None, now: datetime, width: int) -> list[Spans]:
    if runs is None:
        return [[(" reading…", "quiet")]]
    if not runs:
        return [[(" none yet", "quiet")]]
    return [_run(run, now, width) for run in runs]


def _run(run: RunSummary, now: datetime, width: int) -> Spans:
    shown = look(run.status)
    word = f" {fit(shown.word, 12)}" if width >= 64 else ""
    room = width - 22 - len(word)
    return [
        (f" {shown.glyph} ", shown.role),
        (fit(cut_middle(safe(run.run_id, 200), room, 10), room), ""),
        (word, shown.role),
        (fit_right(took(run, now), 7), "quiet"),
        (fit_right(f"{since(run.submitted_at, now)} ago", 11), "quiet"),
    ]


def input_title(workflow: WorkflowInfo | None, width: int) -> list[Span]:
    """Return the title of the input: what it must be."""
    wanted = "none"
    if workflow is not None and workflow.takes_input:
        wanted = safe(schema_line(workflow.schema), 200) if workflow.schema else "any JSON"
    title: list[Span] = [("Input ", "strong"), (cut(wanted, width - 14), "quiet")]
    return rule(title, width)


def made_up(name: str, now: datetime) -> str:
    """Return an id for a new run."""
    return new_run_id(name, now, randbits(64))


def run_id_problem(run_id: str, taken: RunSummary | None) -> str:
    """Return why there can be no new run of this id; empty when there can."""
    if taken is not None:
        return f"run {safe(run_id, 80)} exists already: Enter on its id opens it"
    try:
        check_run_id(run_id or "made-up")
    except InvalidRunIdError as error:
        return str(error)
    return ""


def run_id_note(run_id: str, taken: RunSummary | None, now: datetime) -> list[Span]:
    """Return what to say beside the id of a run that is to be started."""
    if not run_id:
        return [("one is made up", "quiet")]
    if taken is None and run_id_problem(run_id, None):
        return [("✗ ", "error"), ("letters, digits, . _ - only", "")]
    if taken is None:
        return [("✓ ", "ok"), ("free", "")]
    shown = look(taken.status)
    told = f"exists ({shown.glyph} {shown.word}, {since(taken.submitted_at, now)} ago)"
    return [("✗ ", "error"), (told, "")]


def who_takes_it(workflow: WorkflowInfo, workers: Sequence[WorkerInfo] | None) -> list[Span]:
    """Return who would execute a run of the workflow."""
    if workers is None:
        return []
    for worker in workers:
        if any(info.name == workflow.name for info in worker.workflows):
            return [(f" · worker {worker.pid} will take it", "quiet")]
    told = "no live worker executes it: it will wait in the store"
    return [(" · ", "quiet"), ("▲ ", "trouble"), (told, "")]
