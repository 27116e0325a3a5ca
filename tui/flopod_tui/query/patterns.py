"""Regular expressions that a hostile text cannot make run for ever.

Python's engine tries every way a text can be cut, so the number of ways is bounded instead: a
pattern repeats at most three times, never inside a repeat, and looks at the beginning of a text.
"""

from __future__ import annotations

import re
from warnings import catch_warnings, simplefilter

from flopod_tui.query.errors import QueryError

REACH = 120
"""Characters of a text that a pattern looks at."""
MOST_REPEATS = 3
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?|.", re.S)
_COUNTED = re.compile(r"\{\d*,?\d*\}")


def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern that can be searched for, upper and lower case being the same.

    Raises:
        QueryError: it is none, or one that could take too long; the position is one in `text`.
    """
    _check(text)
    try:
        with catch_warnings():
            # Python warns of what it will read otherwise one day, as `[[`.
            simplefilter("ignore", FutureWarning)
            return re.compile(text, re.I)
    except re.error as error:
        raise QueryError(f"no regular expression: {error.msg}", error.pos or 0) from None
    except (OverflowError, RecursionError) as error:
        raise QueryError(f"no regular expression: {error}", 0) from None


def _check(text: str) -> None:
    """Refuse what could take too long."""
    repeats = 0
    opened: list[bool] = []
    """For each open group: whether it holds a repeat or an alternative."""
    last_held, place = False, 0
    while place < len(text):
        piece = _piece(text, place)
        if piece == "(?" or (piece[0] == "\\" and piece[1:2].isdigit()):
            raise QueryError("groups with (? and references like \\1 are not taken", place)
        if _repeats(piece):
            repeats += 1
            if last_held:
                raise QueryError("a repeated group may not hold a repeat or an alternative", place)
            if repeats > MOST_REPEATS:
                raise QueryError(f"more than {MOST_REPEATS} repeats are not taken", place)
        held = _repeats(piece) or piece == "|"
        opened = [one or held for one in opened]
        if piece == "(":
            opened.append(False)
        last_held = piece == ")" and bool(opened) and opened.pop()
        place += len(piece)


def _piece(text: str, place: int) -> str:
    counted = _COUNTED.match(text, place)
    found = counted or _PIECE.match(text, place)
    return found[0] if found else text[place]


def _repeats(piece: str) -> bool:
    return piece in ("*", "+", "?") or (piece[0] == "{" and len(piece) > 1)
