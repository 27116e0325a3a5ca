"""What the run list says beside its rows: who executes runs, and that a store is empty."""

from __future__ import annotations

from collections.abc import Sequence

from flopod.backend import WorkerInfo
from flopod_tui.text.format import fit
from flopod_tui.text.spans import Span, Spans

LABEL = 11


def worker_spans(workers: Sequence[WorkerInfo] | None, *, can_start: bool = False) -> list[Span]:
    """Return who executes runs here: `worker 4121 ✓`, `2 workers ✓`, `▲ no worker`."""
    if workers is None:
        return []
    if not workers:
        offer = [(" W", "key"), (" starts one", "quiet")] if can_start else []
        return [("▲ no worker", "trouble"), *offer]
    name = f"worker {workers[0].pid}" if len(workers) == 1 else f"{len(workers)} workers"
    return [(f"{name} ", "quiet"), ("✓", "ok")]


def rule(title: Spans, width: int, *, focused: bool = False) -> list[Span]:
    """Return a line with a title in it: `── Title ─────────`."""
    role = "accent" if focused else "rule"
    used = sum(len(text) for text, _ in title)
    return [("── ", role), *title, (" " + "─" * max(0, width - used - 4), role)]


def labelled(label: str, *spans: Span) -> list[Span]:
    """Return a line of the form `Label     text`."""
    return [(f" {fit(label, LABEL)}", "quiet"), *spans]


def empty_store(url: str, looked_in: Sequence[tuple[str, str]]) -> list[Spans]:
    """Return what a store without runs says: where it is, and what to do next."""
    lines: list[Spans] = [[], [(f"   No runs in {url} yet.", "strong")], []]
    width = max((len(name) for name, _ in looked_in), default=0)
    for index, (name, value) in enumerate(looked_in):
        label = "Looked in" if index == 0 else ""
        lines.append([(f"   {fit(label, 12)}{fit(name, width)}  ", "quiet"), (value, "")])
    lines += [[]] if looked_in else []
    lines.append([("   S", "danger"), (" start a run     ", ""), ("r", "key"), (" look again", "")])
    return [*lines, [], [("   from a shell: flopod start <workflow> '{…}'", "quiet")]]
