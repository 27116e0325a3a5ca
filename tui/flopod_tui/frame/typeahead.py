"""Keys that come in one burst (pasted, or typed over a slow line) are dealt with one by one.

Textual hands each key to whatever has the focus when it comes in. Of `/error` in one packet the
letters would reach the list, where they are commands, before `/` has moved the focus to the filter.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

from textual.events import Key
from textual.message_pump import MessagePump

PATIENCE = 0.1
"""Seconds after which a key counts as dealt with, whatever has become of it."""


class TypeAhead:
    """Holds keys back while one is under way.

    Args:
        press: hands a key to what has the focus.
        target: returns what that is now; None once nothing takes keys any more.
        later: calls something once the app has done with what it is at.
    """

    def __init__(
        self,
        press: Callable[[Key], Awaitable[None]],
        target: Callable[[], MessagePump | None],
        later: Callable[[Callable[[], Awaitable[None]]], object],
    ) -> None:
        self._press = press
        self._target = target
        self._later = later
        self._under_way: Key | None = None
        self._waiting: deque[Key] = deque()

    async def take(self, key: Key) -> None:
        """Hand a key on, or keep it until the one before is dealt with."""
        if self._under_way is not None:
            self._waiting.append(key)
        else:
            self._under_way = key
            await self._hand_on(key)

    async def _hand_on(self, key: Key) -> None:
        if (focused := self._target()) is None:
            return
        await self._press(key)
        if not key.is_forwarded:
            return self.done(key)
        # It comes back to the app unless a widget stops it: then it is done there and then.
        focused.call_next(self._if_stopped, key)
        asyncio.get_running_loop().call_later(PATIENCE, self.done, key)

    def done(self, key: Key) -> None:
        """Take note that a key is dealt with, and go on with the next."""
        if key is not self._under_way:
            return
        self._under_way = following = self._waiting.popleft() if self._waiting else None
        if following is not None:
            self._later(partial(self._hand_on, following))

    def _if_stopped(self, key: Key) -> None:
        if key._stop_propagation:
            self.done(key)
