"""Hostile texts, and runs that hold one in every field a store can hold.

Each text carries a mark of letters, so that a test can tell where it came to be seen.
"""

from __future__ import annotations

import json
from datetime import timedelta

from flopod import events as ev
from flopod.backend import Backend, WorkerInfo, WorkflowInfo
from flopod.errors import ErrorInfo
from flopod.stored import Encoded
from tui.pictures import FAILED, WAITING
from tui.store import NOW, Story

PAYLOADS = {
    "title": "\x1b]0;pwned\x07",
    "title, closed by ST": "\x1b]2;pwned\x1b\\",
    "clipboard": "\x1b]52;c;cHduZWQ=\x07",
    "link": "\x1b]8;;http://pwned.example\x1b\\here\x1b]8;;\x1b\\",
    "clear": "\x1b[2J\x1b[H",
    "colour": "\x1b[31;47;8m",
    "cursor up": "\x1b[10A\x1b[1G",
    "scroll region": "\x1b[1;1r\x1b[?6h",
    "alternate screen": "\x1b[?1049l\x1b[?1000h",
    "report": "\x1b[6n\x1b[c\x1b[>0q",
    "reset": "\x1bc",
    "DCS": "\x1bP+q544e\x1b\\",
    "APC": "\x1b_Gi=1,a=q;AAAA\x1b\\",
    "C1 CSI": "\x9b2J\x9b31m",
    "C1 OSC": "\x9d0;pwned\x9c",
    "bells and backs": "\x07\b\b\b\b\x7f\x0e\x0f",
    "lines": "one\rtwo\nthree\x0b\x0cfour\x85\u2028five\u2029six",
    "tab": "\tone\ttwo",
    "NUL": "a\x00b",
    "surrogates": "\ud83d\udc0d\ud800\udfff",
    "bidi": "\u202egpj.exe\u202c\u2066x\u2069\u200f\u061c",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e",
    "fillers": "\u115f\u3164\uffa0\u2800",
    "tags": "\U000e0041\U000e0042\U000e007f",
    "private use": "\ue000\U000f0000\ufffe\U0010ffff",
    "variation": "A\ufe0f\u2764\ufe0f",
    "combining": "e" + "\u0301" * 40,
    "wide": "宽字符テスト한글",
    "emoji": "👨\u200d👩\u200d👧👍🏽🇩🇪",
    "right to left": "שלום مرحبا",
    "Rich colour": "[red]hidden[/red][bold]",
    "Rich close": "[/][/nothing]",
    "Rich action": "[@click=app.pwned]click[/]",
    "Textual action": "[@click=app.pwned()]click[/] [@click='screen.pwned']x[/]",
    "Rich link": "[link=http://pwned.example]click[/link]",
    "Rich escape": "trailing \\[ and \\",
    "markup of Textual": "[on red $error 50%]x[/] [$text-muted]y",
    "format": "{0.__class__} %s %n ${HOME} $(id) `id`",
    "HTML": "<script>alert(1)</script>&#27;",
}
"""By name: what is stored."""
NAMES = list(PAYLOADS)


def marked(number: int) -> str:
    """Return the text of this number behind its mark."""
    number %= len(NAMES)
    return f"Z{number:02}z{PAYLOADS[NAMES[number]]}"


def storable(text: str) -> str:
    """Return the text as a log holds it: UTF-8 has no surrogates, JSON escapes may name them."""
    return text.encode("utf-8", "replace").decode()


class Hostile:
    """Gives one hostile text after another, starting at any of them; or always the same."""

    def __init__(self, first: int, step: int = 1) -> None:
        self.next, self.step = first, step

    def text(self) -> str:
        """Return the next one."""
        self.next += self.step
        return storable(marked(self.next - self.step))

    def name(self) -> str:
        """Return the next one, as a name: no store takes NUL in it."""
        return self.text().replace("\0", "\x01")

    def label(self) -> str:
        """Return the next one, as a part of a path."""
        return self.name().replace("/", "|").replace("[", "(").replace("]", ")")

    def value(self) -> Encoded:
        """Return a stored value with texts as keys and values, deep inside too."""
        self.next += self.step
        text = marked(self.next - self.step)
        held = {text: text, "inside": [text, {text: [text]}], "token": text, "short": 1}
        return Encoded(json.dumps({"json": held}).encode())

    def error(self, path: str = "") -> ErrorInfo:
        """Return an error that holds nothing else."""
        lines = f'File "{self.text()}", line 1, in {self.text()}\n    {self.text()}\n'
        return ErrorInfo(self.text(), self.text(), path, lines, attempts=2, kind="activity")


def failed(hostile: Hostile, run_id: str = FAILED) -> Story:
    """A run that failed, every field of every event hostile."""
    say = hostile
    story = Story(run_id, timedelta(minutes=7))
    story.tell(ev.RunSubmitted(workflow=say.name(), input=say.value()))
    story.tell(ev.RunForked(source=say.text(), source_seq=1))
    story.tell(ev.RunStarted(worker=say.text(), code=say.text(), was=say.text()))
    story.tell(ev.LogEmitted(level=say.text(), message=say.text(), fields=say.value()))
    story.tell(ev.LogEmitted(level="error", message=say.text()))
    story.step(say.label(), took=0.2)
    each = say.label()
    story.tell(ev.EachStarted(total=2, fingerprint=say.text()), each)
    story.tell(ev.EachItemCompleted(output=say.value()), f"{each}[0]")
    story.tell(ev.EachItemFailed(error=say.error(f"{each}[1]")), f"{each}[1]")
    story.tell(ev.BranchTaken(key=say.label()), say.label())
    path = f"{say.label()}[{say.label()}]/{say.label()}"
    story.tell(ev.ActivityStarted(), path)
    due = story.at + timedelta(seconds=5)
    story.tell(ev.ActivityRetrying(attempt=1, error=say.error(path), next_at=due), path)
    story.tell(ev.ActivityStarted(attempt=2), path)
    info = say.error(path)
    story.tell(ev.ActivityFailed(error=info), path)
    return story.tell(ev.RunFailed(error=info, failed_paths=(path, say.text())))


def waits(hostile: Hostile, run_id: str = WAITING) -> Story:
    """A run that waits, every field hostile."""
    say = hostile
    story = Story(run_id, timedelta(minutes=9))
    story.tell(ev.RunSubmitted(workflow=say.name(), input=say.value()))
    story.tell(ev.RunStarted(worker=say.text()))
    path = say.label()
    story.tell(ev.ActivityStarted(), path)
    story.tell(ev.ActivityCompleted(output=say.value()), path)
    story.tell(ev.VarSet(value=say.value(), by=say.text()), say.label())
    name = say.label()
    story.tell(ev.ListSet(value=say.value()), name).tell(ev.ListSet(pushed=say.value()), name)
    name = say.label()
    story.tell(ev.MapSet(value=say.value()), name)
    story.tell(ev.EventDelivered(event=say.text(), payload=say.value(), delivery_id=say.text()))
    schema = {
        "title": say.text(),
        "description": say.text(),
        "type": "object",
        "properties": {say.text(): {"title": say.text(), "enum": [say.text(), 1]}},
    }
    return story.tell(ev.WaitStarted(event=say.text(), schema=schema), say.label())


def puzzled(hostile: Hostile, run_id: str) -> Story:
    """A run that needs a person, every field hostile."""
    say = hostile
    story = Story(run_id, timedelta(minutes=11)).begin(say.text())
    asked = (say.text(), say.text())
    error = say.error(say.label())
    return story.tell(ev.RunNeedsAttention(error=error, recorded=asked, asked=asked))


def hostile_worker(hostile: Hostile) -> WorkerInfo:
    """Return a worker whose every name is hostile."""
    say = hostile
    schema = {
        "title": say.text(),
        "type": "object",
        "properties": {
            "safe": {"type": "string", "default": say.text(), "description": say.text()},
            say.text(): {"enum": [say.text()], "title": say.text()},
        },
    }
    found = tuple(WorkflowInfo(name=say.text(), doc=say.text(), schema=schema) for _ in range(3))
    return WorkerInfo(
        worker_id="hostile",
        host=say.text(),
        pid=1,
        since=NOW,
        expires_at=NOW + timedelta(days=3650),
        workflows=found,
        concurrency=1,
    )


def hostile_stories(hostile: Hostile) -> list[Story]:
    """Return runs that hold hostile texts wherever they hold a text."""
    more = range(len(NAMES))
    return [
        failed(hostile),
        waits(hostile),
        *(failed(hostile, f"failed-{n:02}") for n in more),
        *(puzzled(hostile, f"puzzled-{n:02}") for n in more[:6]),
        *(waits(hostile, f"waits-{n:02}") for n in more[:6]),
    ]


async def hostile_store(backend: Backend, hostile: Hostile) -> None:
    """Record them, and have such a worker."""
    for story in hostile_stories(hostile):
        await story.record(backend)
    await backend.renew(hostile_worker(hostile))
