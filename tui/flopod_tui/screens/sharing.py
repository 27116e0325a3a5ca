"""Taking things out of the app: `y` copies what the screen shows, `e` writes it to a file.

A screen says what there is to take; how it leaves, and what is said about it, is here.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import work
from textual.binding import Binding

from flopod_tui.screens.page import Page
from flopod_tui.terminal.clipboard import copy
from flopod_tui.text.format import size

TextMaker = Callable[[], str | Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Takeable:
    """Something that can be copied or written to a file."""

    key: str
    """The key that takes it, in the menu."""
    label: str
    text: TextMaker
    """Makes it, when it is wanted; secrets masked."""
    file: str = ""
    """The file name that is offered."""


class Sharing(Page[None]):
    """A screen from which things are taken."""

    BINDINGS = [Binding("y", "copy", "Copy"), Binding("e", "export", "Export")]

    def copies(self) -> Sequence[Takeable]:
        """Return what can be copied now."""
        return ()

    def exports(self) -> Sequence[Takeable]:
        """Return what can be written to a file now."""
        return ()

    @work(group="ask", exclusive=True)
    async def action_copy(self) -> None:
        """Copy one of a few things."""
        if one := await self._chosen("Copy", self.copies()):
            with self.telling():
                await self.copy(one)

    @work(group="ask", exclusive=True)
    async def action_export(self) -> None:
        """Write one of a few things to a file."""
        from flopod_tui.screens.prompt import PromptScreen

        one = await self._chosen("Write to a file", self.exports())
        if one is None:
            return
        prompt = PromptScreen(
            f"Write {one.label} to",
            hint="a file that is not there yet",
            value=one.file,
            check=taken,
        )
        if where := await self.app.push_screen_wait(prompt):
            with self.telling():
                self.write(where, one.label, await _made(one))

    async def copy(self, one: Takeable) -> None:
        """Copy it, and say which way was used."""
        text = await _made(one)
        self.say(f"{one.label}, {size(len(text.encode()))}: {copy(self.app, text)}", "ok")

    def write(self, where: str, label: str, text: str) -> None:
        """Write a text to a new file that only this user can read."""
        if wrong := taken(where):
            return self.say(f"{wrong}; nothing was written", "error")
        path = Path(where).expanduser()
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            return self.say(f"{path}: {error.strerror}; nothing was written", "error")
        self.say(f"wrote {label} to {path}, {size(len(text.encode()))}", "ok")

    async def _chosen(self, title: str, offered: Sequence[Takeable]) -> Takeable | None:
        from flopod_tui.screens.menu import MenuScreen
        from flopod_tui.widgets.choice_list import Choice

        if not offered:
            self.say(f"{title.lower()}: there is nothing here", "error")
            return None
        choices = [Choice(one.key, one.label, one.file) for one in offered]
        key = await self.app.push_screen_wait(MenuScreen(title, choices))
        return next((one for one in offered if one.key == key), None)


async def _made(one: Takeable) -> str:
    made = one.text()
    text = made if isinstance(made, str) else await made
    # Half a surrogate pair, which a stored text may hold, as JSON writes it.
    return text.encode("utf-8", "backslashreplace").decode()


def taken(name: str) -> str:
    """Return why a file of this name cannot be written; empty when it can."""
    try:
        path = Path(name).expanduser()
        if path.exists():
            return "there is a file of this name already"
        if "\0" in name:
            return "no file can have this name"
        return "" if path.parent.is_dir() else f"no such directory: {path.parent}"
    except (OSError, RuntimeError) as error:
        return f"no file can have this name: {getattr(error, 'strerror', '') or error}"
