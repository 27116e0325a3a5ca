"""An editor for JSON text. Imported by the forms only: Textual's editor is slow to load."""

from __future__ import annotations

from textual import events
from textual.widgets import TextArea

from flopod_tui.text.json_text import Parsed
from flopod_tui.values.typed_json import STEP, harmless, indent_after, read


class JsonEditor(TextArea):
    """Plain text that is read as JSON; Tab leaves it."""

    DEFAULT_CSS = """
    JsonEditor {
        height: 1fr;
        min-height: 5;
        border: round $rule;
        background: $background;
        padding: 0;
        scrollbar-size-vertical: 1;
        &:focus { border: round $accent; }
        & .text-area--cursor-line { background: $background; }
    }
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(text, id=id, show_line_numbers=True, highlight_cursor_line=False)
        self.cursor_blink = False

    @property
    def parsed(self) -> Parsed:
        """What the text holds, or why it holds nothing."""
        return read(self.text)

    def load_example(self, text: str) -> None:
        """Hold this text, the cursor inside its first empty string."""
        self.load_text(harmless(text))
        before = self.text.partition('""')[0].split("\n") if '""' in self.text else [""]
        self.move_cursor((len(before) - 1, len(before[-1]) + ('""' in self.text)))

    def show_problem(self, parsed: Parsed) -> None:
        """Put the cursor where the text goes wrong."""
        if parsed.line:
            self.move_cursor((parsed.line - 1, parsed.column - 1))
        self.focus()

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self._type(event, "\n" + indent_after(self._before()))
        elif event.character in ("}", "]") and self._indented:
            row, column = self.cursor_location
            self.selection = type(self.selection)((row, column - len(STEP)), (row, column))
            self._type(event, event.character)

    def _type(self, event: events.Key, text: str) -> None:
        event.stop()
        event.prevent_default()
        self._replace_via_keyboard(text, *self.selection)

    @property
    def _indented(self) -> bool:
        """Nothing but an indent stands left of the cursor."""
        before = self._before()
        return before.endswith(STEP) and not before.strip() and self.selection.is_empty

    def _before(self) -> str:
        """Return what stands left of the cursor in its line."""
        row, column = self.cursor_location
        return self.document.get_line(row)[:column]

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if result := self._replace_via_keyboard(harmless(event.text), *self.selection):
            self.move_cursor(result.end_location)
