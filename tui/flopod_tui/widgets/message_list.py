"""What was said in this session, newest last; whatever is long goes on in the next line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flopod_tui.frame.messages import MARKS, Said
from flopod_tui.text.format import safe
from flopod_tui.text.spans import Span, Spans
from flopod_tui.widgets.lines import LineList

CLOCK = 11
LONG = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a message."""

    said: Said
    spans: Spans


class MessageList(LineList):
    """The messages that hold what is searched."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: Sequence[Line] = ()
        self.searched = ""

    @property
    def current(self) -> Said | None:
        """The message under the cursor."""
        return self.lines[self.cursor].said if self.lines else None

    def show(self, said: Iterable[Said], searched: str = "") -> None:
        """Show these; at the end, stay there."""
        at_end = self.cursor >= self.count - 1 or searched != self.searched
        self.searched = searched
        held = [one for one in said if holds(one, searched)]
        self.lines = [line for one in held for line in lines_of(one, self.size.width - 2)]
        self.count = len(self.lines)
        self.resize_to(len(self.lines))
        if at_end and self.lines:
            self.action_last()

    def row(self, index: int, width: int) -> Spans:
        """Return one line."""
        return self.lines[index].spans

    def empty_row(self, y: int, width: int) -> Spans:
        """Say that nothing holds what is searched."""
        searched = f"No message holds “{safe(self.searched, 60)}”"
        text = f"  {searched if self.searched else 'Nothing was said yet'}"
        return [(text, "quiet")] if y == 1 else []


def holds(one: Said, searched: str) -> bool:
    """Say whether a message holds a text."""
    return searched.lower() in f"{one.text} {one.shell}".lower()


def lines_of(one: Said, width: int) -> list[Line]:
    """Return a message as lines: its time, what was said, and the shell line that does the same."""
    mark, role = MARKS.get(one.role, ""), "error" if one.role == "error" else ""
    texts = textwrap.wrap(f"{mark}{safe(one.text, LONG)}", max(20, width - CLOCK)) or [""]
    lines = [Line(one, [(f" {one.at:%H:%M:%S}  ", "quiet"), (texts[0], role)])]
    lines += [Line(one, _under((text, role))) for text in texts[1:]]
    if one.shell:
        shell = textwrap.wrap(f"$ {safe(one.shell, LONG)}", max(20, width - CLOCK))
        lines += [Line(one, _under((text, "key"))) for text in shell]
    return lines


def _under(span: Span) -> list[Span]:
    return [(" " * CLOCK, ""), span]
