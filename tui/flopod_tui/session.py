"""What every screen is given: the control, a clock, and what this session may do."""

from __future__ import annotations

from asyncio import Event
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from flopod.control import Control
from flopod.stored import utc_now
from flopod_tui.frame.messages import MessageLog
from flopod_tui.runs.workforce import Workforce
from flopod_tui.settings.memory import Memory
from flopod_tui.settings.model import Settings
from flopod_tui.terminal.pace import Pace
from flopod_tui.values.masking import Masking


@dataclass(frozen=True, slots=True)
class Session:
    """One opening of the app."""

    control: Control
    now: Callable[[], datetime] = utc_now
    read_only: bool = False
    start_worker: Callable[[], Awaitable[str]] | None = None
    """Starts a detached worker and says what it did; None where there can be none."""
    looked_in: tuple[tuple[str, str], ...] = field(default=())
    """What decided on this store, as name and value: shown while it is empty."""

    settings: Settings = field(default_factory=Settings)
    memory: Memory = field(default_factory=Memory)
    log: MessageLog = field(default_factory=MessageLog)
    masking: Masking = field(default_factory=Masking)
    pace: Pace = field(default_factory=Pace)
    workforce: Workforce = field(default_factory=Workforce)
    drawn: Event = field(default_factory=Event)
    """Set once the first frame is on the screen: what can wait until then waits."""

    @property
    def may_start_worker(self) -> bool:
        """Say whether a worker may be started from here."""
        return self.start_worker is not None and not self.read_only
