"""An editor for JSON text. Imported by the forms only: Textual's editor is slow to load."""

from __future__ import annotations

from textual.widgets import TextArea

from flopod_tui.json_text import Parsed, parse


class JsonEditor(TextArea):
    """Plain text that is read as JSON; Tab leaves it."""

    DEFAULT_CSS = """
    JsonEditor {
        height: 1fr;
        min-height: 3;
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
        return parse(self.text)

    def load_example(self, text: str) -> None:
        """Hold this text, the cursor inside its first empty string."""
        self.load_text(text)
        before = text.partition('""')[0].split("\n") if '""' in text else [""]
        self.move_cursor((len(before) - 1, len(before[-1]) + ('""' in text)))

    def show_problem(self, parsed: Parsed) -> None:
        """Put the cursor where the text goes wrong."""
        if parsed.line:
            self.move_cursor((parsed.line - 1, parsed.column - 1))
            self.focus()
