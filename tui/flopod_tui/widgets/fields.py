"""Fields of a form: one line each, told apart without colour, nothing in them blinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.strip import Strip
from textual.widgets import Input

from flopod_tui.text.format import safe
from flopod_tui.widgets.painted import Painted


class TextField(Input):
    """A line of text. What is pasted is made harmless like everything else."""

    DEFAULT_CSS = """
    TextField.-textual-compact {
        background: $panel;
        padding: 0 1;
        &:focus { background: $cursor; background-tint: $foreground 0%; }
        &:ansi { text-style: underline; }
    }
    """

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """Of the text: Textual would lay out the whole screen with each key."""

    def __init__(
        self,
        value: str = "",
        *,
        id: str | None = None,
        placeholder: str = "",
        replaces: bool = False,
        secret: bool = False,
    ) -> None:
        """Hold a text.

        Args:
            replaces: what is typed first takes the place of what stood there.
            secret: dots are shown in its place.
        """
        super().__init__(
            value,
            id=id,
            placeholder=placeholder,
            compact=True,
            select_on_focus=replaces,
            password=secret,
        )
        self.cursor_blink = False

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if event.text:
            line = next(iter(event.text.splitlines()), "")
            self.replace(safe(line), *sorted(self.selection))


class Pick(Painted, can_focus=True):
    """A value out of a few: `◂ fast ▸`, or `[x]` for yes and no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,right,l", "step(1)", "Next", show=False),
        Binding("left,h", "step(-1)", "Previous", show=False),
    ]
    DEFAULT_CSS = """
    Pick { height: 1; width: 1fr; }
    """

    @dataclass
    class Changed(Message):
        """Another value was picked."""

        picker: Pick

    chosen: reactive[int] = reactive(0)

    def __init__(self, choices: Sequence[str], value: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.choices = list(choices)
        if value in self.choices:
            self.set_reactive(Pick.chosen, self.choices.index(value))

    @property
    def value(self) -> str:
        """What is picked."""
        return self.choices[self.chosen] if self.choices else ""

    @value.setter
    def value(self, value: str) -> None:
        if value in self.choices:
            self.chosen = self.choices.index(value)

    @property
    def is_toggle(self) -> bool:
        """It is a yes or no."""
        return self.choices == ["false", "true"]

    def action_step(self, step: int) -> None:
        """Pick the next value."""
        self.chosen = (self.chosen + step) % max(1, len(self.choices))

    def watch_chosen(self) -> None:
        """Report another value."""
        self.post_message(self.Changed(self))

    def on_click(self) -> None:
        """A click picks the next value."""
        self.action_step(1)

    def render_line(self, y: int) -> Strip:
        """Draw the value."""
        if self.is_toggle:
            spans = [(f" [{'x' if self.value == 'true' else ' '}]", "strong")]
        else:
            shown = safe(self.value.strip('"'), 100)
            spans = [(" ◂ ", "key"), (shown or "—", "strong"), (" ▸", "key")]
        if self.has_focus and len(self.choices) > 1:
            spans.append(("   Space changes", "quiet"))
        return self.strip(spans, self.size.width, cursor=self.has_focus)


class Tick(Pick):
    """A yes or no with its question: `[x] open the run when it starts`."""

    DEFAULT_CSS = """
    Tick { height: 1; }
    """

    def __init__(self, label: str, *, on: bool = False, id: str | None = None) -> None:
        super().__init__(["false", "true"], "true" if on else "false", id=id)
        self.label = label

    @property
    def on(self) -> bool:
        """Whether it is ticked."""
        return self.value == "true"

    def render_line(self, y: int) -> Strip:
        """Draw the box and the question."""
        spans = [(f" [{'x' if self.on else ' '}] ", "strong"), (self.label, "")]
        return self.strip(spans, self.size.width, cursor=self.has_focus)
