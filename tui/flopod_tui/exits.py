"""How a command ends: the exit codes, and which error leads to which."""

from __future__ import annotations

from flopod.errors import BackendError, CorruptLogError, FlopodError

OK = 0
FAILED = 1
"""The run failed."""
WRONG_USE = 2
"""Wrong use, or a name that nothing has."""
UNREADABLE = 3
"""The backend can't be reached, read or written."""
LOST = 4
"""The app gave up on a store that stayed lost (`--exit-on-lost`)."""
INTERRUPTED = 130


def code_for(error: FlopodError) -> int:
    """Return the exit code of a command that an error ended."""
    return UNREADABLE if isinstance(error, BackendError | CorruptLogError) else WRONG_USE


class WrongUseError(FlopodError):
    """A command was given something that it can't take."""
