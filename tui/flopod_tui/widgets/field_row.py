"""A field of a form made from a schema: its name, its editor, what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from textual.widget import Widget

from flopod_tui.forms.fields import FormField
from flopod_tui.text.format import cut, safe
from flopod_tui.widgets.fields import Pick, TextField
from flopod_tui.widgets.painted import Panel

NAME = 18


class FieldRow(Widget):
    """One line of the form."""

    DEFAULT_CSS = """
    FieldRow {
        layout: horizontal;
        height: 1;
        TextField { width: 1fr; }
        .field-name { width: 18; }
        .field-takes { width: 24; padding-left: 1; }
    }
    """

    def __init__(self, field: FormField, *, secret: bool = False) -> None:
        super().__init__()
        self.field = field
        self.editor = self._editor(secret)

    def _editor(self, secret: bool) -> TextField | Pick:
        field = self.field
        if field.kind == "boolean":
            return Pick(["false", "true"], field.initial)
        if field.kind == "choice":
            empty = [] if field.required and not field.nullable else [""]
            return Pick([*empty, *field.choices], field.initial)
        return TextField(field.initial, replaces=True, secret=secret)

    def compose(self) -> Iterator[Widget]:
        """Lay out the row."""
        name, takes = Panel(classes="field-name"), Panel(classes="field-takes")
        name.show([[(f" {cut(safe(self.field.name, 100), NAME - 2)}", "")]])
        optional = "" if self.field.required else "optional"
        told = ", ".join(part for part in (safe(self.field.takes, 40), optional) if part)
        takes.show([[(cut(told, 23), "quiet")]])
        yield name
        yield self.editor
        yield takes

    @property
    def value(self) -> str:
        """What is typed or picked."""
        return self.editor.value

    @value.setter
    def value(self, value: str) -> None:
        self.editor.value = value
