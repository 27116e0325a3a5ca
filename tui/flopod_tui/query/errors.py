"""What a filter that cannot be understood is told as."""

from __future__ import annotations

from flopod.errors import FlopodError


class QueryError(FlopodError):
    """A filter could not be understood."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.position = position
        """The character, from 0, where the trouble is; the length of the text for its end."""

    def shifted(self, position: int) -> QueryError:
        """Return the same trouble at another place."""
        return QueryError(str(self), position)
