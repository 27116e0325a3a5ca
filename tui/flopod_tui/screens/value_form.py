"""A form around a JSON value: from fields, an editor, a file, or what was typed before."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from flopod import shapes
from flopod.errors import FlopodError
from flopod_tui.screens.form import Form, Sent
from flopod_tui.screens.menu import MenuScreen
from flopod_tui.screens.prompt import PromptScreen
from flopod_tui.settings.recent import Recent
from flopod_tui.terminal.editor import EditorError, content_of, edited, editor_of
from flopod_tui.text.format import compact, cut, safe, size
from flopod_tui.text.json_text import Parsed
from flopod_tui.text.spans import Span
from flopod_tui.values.typed_json import pretty
from flopod_tui.widgets.choice_list import Choice
from flopod_tui.widgets.unless_gone import unless_gone
from flopod_tui.widgets.value_editor import ValueEditor

LARGE = 1_000_000
"""Bytes from which on a value makes every replay slow."""
LONG = 50_000
"""Characters from which on a text is checked when typing pauses, not with every key."""
PAUSE = 0.3
LONGEST_WORD = 100_000
"""Characters of an argument that a shell takes for sure."""


class ValueForm(Form[Sent]):
    """A form with a JSON value in it."""

    HINTS: ClassVar[Sequence[str]] = (
        "next_field",
        "send",
        "recent",
        "editor",
        "file",
        "switch",
        "skeleton",
        "copy_shell",
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "switch", "Fields/JSON", key_display="F4", priority=True),
        Binding("f5", "skeleton", "Example", key_display="F5", priority=True),
        Binding("ctrl+r", "recent", "Recent", key_display="Ctrl+R", priority=True),
        Binding("ctrl+e", "editor", "Editor", key_display="Ctrl+E", priority=True),
        Binding("ctrl+o", "file", "File", key_display="Ctrl+O", priority=True),
    ]
    VALUE = "value"
    """What the value is to the form: input, payload."""

    @property
    def editor(self) -> ValueEditor:
        """What the value is typed into."""
        return self.query_one(ValueEditor)

    def recent(self) -> Recent | None:
        """Return what was typed here before; None where it is not known for what."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any] | None:
        """Return the JSON Schema that the value must fit."""
        raise NotImplementedError

    def example(self) -> str:
        """Return JSON text to begin with."""
        raise NotImplementedError

    def checked(self) -> None:
        """Show what is now known of the value."""
        raise NotImplementedError

    def came_from(self, source: str) -> None:
        """Take note of where the value was taken from."""

    # Checking

    @on(ValueEditor.Changed)
    def value_changed(self) -> None:
        """Check again; a long text when typing pauses."""
        self.check_value(0 if len(self.editor.json.text) < LONG else PAUSE)

    def check_value(self, after: float) -> None:
        """Check now, or after a while without a key."""
        if after:
            self.check_late(after)
        else:
            self.checked()

    @work(group="late", exclusive=True)
    async def check_late(self, after: float) -> None:
        """Check, unless there is another key before."""
        with unless_gone():
            await asyncio.sleep(after)
            self.checked()

    def value_problem(self) -> str:
        """Return why the value cannot be sent; empty when it can."""
        parsed, schema = self.editor.read(), self.schema()
        if self._judged is None or self._judged[:2] != (parsed, schema):
            problem = parsed.problem or problem_of(parsed.value, schema, self.VALUE)
            self._judged = parsed, schema, problem
        return self._judged[2]

    _judged: tuple[Parsed, dict[str, Any] | None, str] | None = None
    """What was checked last, and what is wrong with it."""

    def value_word(self) -> str:
        """Return the value as a word for a shell, its secrets masked."""
        parsed = self.editor.read()
        if parsed.problem:
            return "'…'"
        text = compact(self.session.masking.masked(parsed.value))
        return shlex.quote(text) if len(text) <= LONGEST_WORD else f"@{self.VALUE}.json"

    def in_short(self, why: str) -> str:
        """Return why the form cannot be sent; what is wrong with the value stands below it."""
        return f"fix the {self.VALUE}" if why and why == self.value_problem() else why

    def verdict(self, problem: str) -> list[Span]:
        """Return the line that says whether the value will do."""
        if problem:
            return [(" ✗ ", "error"), (safe(problem, 300), "error")]
        if self.editor.empty:
            return [(" ✓ ", "ok"), (f"empty: the {self.VALUE} is null", "")]
        count = len(compact(self.editor.read().value).encode())
        told = "valid JSON" if self.editor.as_json else "valid"
        if count >= LARGE:
            return [(" ▲ ", "trouble"), (f"{told}, but {size(count)}: every replay reads it", "")]
        return [(" ✓ ", "ok"), (f"{told}, {size(count)}", "")]

    def show_problem(self) -> None:
        """Put the cursor where the value goes wrong."""
        if self.editor.as_json:
            self.editor.json.show_problem(self.editor.json.parsed)
        else:
            self.editor.go_in()

    # Keys

    def action_switch(self) -> None:
        """Type fields, or JSON."""
        if why := self.editor.switch():
            self.say(why, "error")

    def action_skeleton(self) -> None:
        """Put an example into the editor."""
        example = self.example()
        if not example:
            return self.say(f"nothing is known of the form of this {self.VALUE}")
        if self.editor.as_json:
            self.editor.json.load_example(example)
        else:
            self.editor.fill_text(example)
            self.editor.switch()
        self.came_from("")

    @work(group="ask", exclusive=True)
    async def action_recent(self) -> None:
        """Take what was typed before."""
        recent = self.recent()
        values = recent.values if recent else []
        if not values:
            off = "" if self.session.settings.history else " (history is switched off)"
            return self.say(f"no recent {self.VALUE} is remembered{off}")
        choices = [
            Choice(str(n) if n < 10 else "", cut(safe(compact(value), 300), 66), value=str(n))
            for n, value in enumerate(values, 1)
        ]
        if chosen := await self.app.push_screen_wait(MenuScreen(f"Recent {self.VALUE}", choices)):
            self.editor.fill(values[int(chosen) - 1], typed=True)
            self.came_from(f"recent {self.VALUE} {chosen}")

    def action_editor(self) -> None:
        """Edit the value in the editor of one's choice; the app waits."""
        try:
            command = editor_of(os.environ)
            with self._suspended():
                text = edited(self.editor.text(), command)
        except EditorError as error:
            return self.say(str(error), "error")
        self.refresh(layout=True)
        if text.strip() != self.editor.text().strip():
            self.editor.fill_text(text)
            self.came_from(f"from {Path(command[0]).name}")

    def _suspended(self) -> AbstractContextManager[None]:
        return nullcontext() if self.app.is_headless else self.app.suspend()

    @work(group="ask", exclusive=True)
    async def action_file(self) -> None:
        """Take the text of a file."""
        prompt = PromptScreen(f"Read the {self.VALUE} from", hint="a JSON file", check=unreadable)
        if where := await self.app.push_screen_wait(prompt):
            try:
                self.editor.fill_text(content_of(where))
            except EditorError as error:
                return self.say(str(error), "error")
            self.came_from(f"from {Path(where).name}")


def unreadable(name: str) -> str:
    """Return why a file cannot be read; empty when it can."""
    path = Path(name).expanduser()
    if path.is_file():
        return ""
    return "no such file" if not path.exists() else "this is no file"


def problem_of(value: object, schema: dict[str, Any] | None, what: str) -> str:
    """Return why a value is not what a schema asks for; empty when it is."""
    if schema is None:
        return ""
    try:
        shapes.check(value, schema, what)
    except FlopodError as error:
        return str(error)
    return ""


def filled(editor: ValueEditor, value: Any) -> bool:
    """Fill in a guess, unless somebody has typed; say whether it was."""
    if editor.changed:
        return False
    try:
        pretty(value)
    except (RecursionError, ValueError, TypeError):
        return False  # too deep to be laid out: it can be typed
    editor.fill(value)
    return True
