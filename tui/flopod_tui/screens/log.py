"""The message log: all that was said in this session, with the shell line that does the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from flopod_tui.frame.messages import as_text
from flopod_tui.screens.sharing import Sharing, Takeable
from flopod_tui.text.format import plural
from flopod_tui.text.spans import Spans
from flopod_tui.widgets.fields import TextField
from flopod_tui.widgets.message_list import MessageList, holds
from flopod_tui.widgets.painted import Panel


class LogScreen(Sharing):
    """Shows the messages, newest last."""

    CSS_PATH = "log.tcss"
    AUTO_FOCUS = "MessageList"
    HINTS: ClassVar[Sequence[str]] = ("search", "copy_shell", "copy", "export")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search"),
        Binding("enter,c", "copy_shell", "Copy the shell line", key_display="Enter"),
        Binding("escape", "clear", "Clear the search, then back", show=False),
        Binding("q,L", "back", "Back"),
    ]

    _shown = -1

    def compose_body(self) -> Iterator[Widget]:
        """Lay out the search and the messages."""
        with Horizontal(id="search-line"):
            yield Panel(id="search-mark")
            yield TextField(id="search")
        yield MessageList(id="messages")

    def on_mount(self) -> None:
        """Look for new messages now and then."""
        self.query_one("#search-mark", Panel).show([[(" / ", "key")]])
        self.set_interval(1, self.look)

    def header(self) -> tuple[Spans, Spans]:
        """Return where we are and how much there is."""
        log = self.session.log
        kept = f", the last {len(log.said):,} kept" if log.count > len(log.said) else ""
        count = f"{plural(log.count, 'message')}{kept} "
        return [(" flopod", "accent"), (" ▸ messages", "quiet")], [(count, "quiet")]

    def on_resize(self, event: events.Resize) -> None:
        """Fit the messages to the width."""
        self.call_after_refresh(self.show_messages)

    def look(self) -> None:
        """Show what was said since."""
        if self.session.log.count != self._shown:
            self.show_messages()
            self.show_header()

    def show_messages(self) -> None:
        """Show the messages that hold what is searched."""
        self._shown = self.session.log.count
        searched = self.query_one("#search", TextField).value
        self.query_one(MessageList).show(self.session.log.said, searched)

    def say(self, text: str, role: str = "", shell: str = "") -> None:
        """Show a message in the list as well."""
        super().say(text, role, shell)
        self.look()

    # Taking messages

    def copies(self) -> Sequence[Takeable]:
        """Return what can be copied: a message, its shell line, all of them."""
        one = self.query_one(MessageList).current
        if one is None:
            return ()
        shell = one.shell
        return (
            *((Takeable("c", "the shell line", lambda: shell),) if shell else ()),
            Takeable("l", "this message", lambda: as_text([one])),
            Takeable("a", "all messages", self.all_text),
        )

    def exports(self) -> Sequence[Takeable]:
        """Return what can be written to a file."""
        found = bool(self.query_one("#search", TextField).value)
        what = "the messages found" if found else "all messages"
        return (Takeable("m", what, self.all_text, "flopod-messages.txt"),)

    def all_text(self) -> str:
        """Return the messages that hold what is searched, as text."""
        searched = self.query_one("#search", TextField).value
        return as_text(one for one in self.session.log.said if holds(one, searched))

    # Keys

    def why_not(self, action: str) -> str:
        """Return why an action makes no sense now."""
        one = self.query_one(MessageList).current
        if action == "copy_shell" and not (one and one.shell):
            return "this message has no shell line"
        return super().why_not(action)

    async def action_copy_shell(self) -> None:
        """Copy the shell line of the message under the cursor."""
        one = self.query_one(MessageList).current
        if not self.refuses("copy_shell") and one:
            shell = one.shell
            await self.copy(Takeable("c", "the shell line", lambda: shell))

    def action_search(self) -> None:
        """Type what the messages must hold."""
        self.add_class("-searching")
        self.set_focus(self.query_one("#search", TextField))

    @on(Input.Changed, "#search")
    def search_typed(self) -> None:
        """Narrow the list with every key."""
        self.show_messages()

    @on(Input.Submitted, "#search")
    def search_done(self) -> None:
        """Go back to the list, keeping what is searched."""
        self.set_focus(self.query_one(MessageList))

    def action_clear(self) -> None:
        """Clear the search; without one, go back."""
        if not self.has_class("-searching"):
            return self.action_back()
        self.remove_class("-searching")
        self.query_one("#search", TextField).value = ""
        self.set_focus(self.query_one(MessageList))

    def action_back(self) -> None:
        """Go back."""
        self.dismiss(None)
