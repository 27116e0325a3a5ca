"""A JSON value to be filled in: fields where its schema names some, or JSON text.

It knows what was filled in and what a person has changed since, so that nothing typed is ever
replaced by a better guess.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, TextArea

from flopod_tui.forms.fields import FieldError, FormField, fields_of, read_fields, typed_from
from flopod_tui.text.json_text import Parsed
from flopod_tui.values.masking import Masking
from flopod_tui.values.typed_json import harmless, pretty
from flopod_tui.widgets.field_row import FieldRow
from flopod_tui.widgets.fields import Pick
from flopod_tui.widgets.json_editor import JsonEditor


class ValueEditor(Widget):
    """Fields or JSON text, one of the two at a time."""

    DEFAULT_CSS = """
    ValueEditor {
        height: auto;
        &.-json { height: 1fr; min-height: 5; max-height: 16; }
        #fields { height: auto; }
        JsonEditor { display: none; }
        &.-json JsonEditor { display: block; }
        &.-json #fields { display: none; }
    }
    """

    @dataclass
    class Changed(Message):
        """There is something else in it."""

    def __init__(self, masking: Masking, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.masking = masking
        self.fields: list[FormField] | None = []
        """The fields of the value; None: it is typed as JSON."""
        self.is_offered = False
        """It is the form of some schema."""
        self._filled: Any = ""
        """What it holds without anybody's doing."""
        self._last: tuple[tuple[bool, Any], Parsed] | None = None
        """What was typed when it was last read, and what that was."""
        self._building = asyncio.Lock()

    def compose(self) -> Iterator[Widget]:
        """Lay out the fields and the text."""
        yield Vertical(id="fields")
        yield JsonEditor(id="editor")

    @property
    def json(self) -> JsonEditor:
        """The text."""
        return self.query_one(JsonEditor)

    @property
    def as_json(self) -> bool:
        """The value is typed as JSON."""
        return self.has_class("-json")

    async def offer(self, schema: dict[str, Any] | None, example: str, *, takes: bool) -> None:
        """Be the form of a schema.

        Args:
            example: JSON text of the right form.
            takes: False where there is no value at all to be given.
        """
        async with self._building:
            self._last, began = None, (self.as_json, self.json.text)
            self.fields = fields_of(schema) if takes else []
            if self.fields and any(not field.name.isprintable() for field in self.fields):
                self.fields = None
            rows = self.query_one("#fields", Vertical)
            await rows.remove_children()
            await rows.mount_all(
                FieldRow(field, secret=self.masking.hides(field.name))
                for field in self.fields or ()
            )
            self.is_offered, self._filled = True, None
            # Somebody may have begun to type JSON while the fields were made: that stays.
            if (self.as_json, self.json.text) == began:
                self.set_class(self.fields is None, "-json")
                self.json.load_example(example)
                self._filled = self._typed()

    # What is in it

    def read(self) -> Parsed:
        """Return the value, or what is wrong with it; the same is not read twice."""
        typed = (self.as_json, self._typed())
        if self._last is None or self._last[0] != typed:
            self._last = typed, self._read()
        return self._last[1]

    def _read(self) -> Parsed:
        if self.as_json or self.fields is None:
            parsed = self.json.parsed
            told = f"JSON {parsed.told}" if parsed.problem else ""
            return Parsed(parsed.value, told, parsed.line, parsed.column)
        try:
            return Parsed(read_fields(self.fields, self._typed_fields()))
        except FieldError as error:
            return Parsed(problem=str(error))

    @property
    def empty(self) -> bool:
        """Nothing at all was given."""
        return self.as_json and not self.json.text.strip()

    @property
    def changed(self) -> bool:
        """A person has typed into it."""
        return self.is_offered and bool(self._typed() != self._filled)

    def _typed(self) -> Any:
        return self.json.text if self.as_json else self._typed_fields()

    def _typed_fields(self) -> dict[str, str]:
        return {row.field.name: row.value for row in self.query(FieldRow)}

    # Filling it

    def fill(self, value: Any, *, typed: bool = False) -> None:
        """Hold this value, where it has the form of one.

        Args:
            typed: it counts as somebody's doing.
        """
        fits = self.fields is not None and _fits(self.fields, value)
        if self.fields and fits:
            self._fill_fields(self.fields, value)
        elif self.fields:
            self.add_class("-json")
        if self.as_json:
            self.json.load_example(pretty(value))
        if not typed:
            self._filled = self._typed()

    def fill_text(self, text: str) -> None:
        """Hold this JSON text, right or wrong, as if it were typed."""
        if self.fields is not None:
            self.add_class("-json")
        self.json.load_text(harmless(text))

    def text(self) -> str:
        """Return what is in it as JSON text."""
        parsed = self.read()
        return self.json.text if self.as_json or parsed.problem else pretty(parsed.value)

    def _fill_fields(self, fields: list[FormField], value: Any) -> None:
        typed = typed_from(fields, value)
        for row in self.query(FieldRow):
            row.value = typed.get(row.field.name, row.field.initial)

    def switch(self) -> str:
        """Change between fields and JSON; return why that cannot be."""
        if self.fields is None:
            return "this has no fields: it is typed as JSON"
        if not self.fields:
            return "there is nothing to fill in"
        untouched = not self.changed
        why = self._to_fields(self.fields) if self.as_json else self._to_json()
        if untouched:
            self._filled = self._typed()
        self.post_message(self.Changed())
        return why

    def _to_json(self) -> str:
        parsed = self.read()
        if not parsed.problem:
            self.json.load_example(pretty(parsed.value))
        self.add_class("-json")
        self.go_in()
        return ""

    def _to_fields(self, fields: list[FormField]) -> str:
        parsed = self.json.parsed
        if parsed.problem or not _fits(fields, parsed.value):
            return parsed.problem or "this JSON has parts that the fields have no place for"
        self._fill_fields(fields, parsed.value)
        self.remove_class("-json")
        self.go_in()
        return ""

    def go_in(self) -> bool:
        """Give the focus to the first thing to type; False where there is none."""
        first = self.json if self.as_json else next((r.editor for r in self.query(FieldRow)), None)
        if first is not None:
            # Not `focus()`, which comes later: the next key must not go to where the focus was.
            self.screen.set_focus(first)
        return first is not None

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Pick.Changed)
    def edited(self, message: Message) -> None:
        """Report it."""
        message.stop()
        self.post_message(self.Changed())


def _fits(fields: list[FormField], value: Any) -> bool:
    """Say whether the fields have a place for all parts of a value."""
    return isinstance(value, dict) and set(value) <= {field.name for field in fields}
