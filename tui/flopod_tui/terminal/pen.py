"""What a terminal draws with: colours and attributes, and the shortest way from one to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

_OFF = {1: 22, 2: 22, 3: 23, 4: 24, 5: 25, 7: 27, 8: 28, 9: 29}
"""For each attribute the code that ends it."""
_ON_BLANKS = frozenset({4, 7, 9})
"""The attributes that are seen where there is no letter."""
_INKS = (*range(30, 38), 39, *range(90, 98))
_GROUNDS = (*range(40, 48), 49, *range(100, 108))


@dataclass(frozen=True, slots=True)
class Pen:
    """How a character is drawn."""

    ink: str = "39"
    """The code of its colour, as `31` or `38;2;1;2;3`."""
    ground: str = "49"
    attributes: frozenset[int] = frozenset()

    @property
    def shows_on_blanks(self) -> bool:
        """More than its ground is seen where there is no letter."""
        return bool(self.attributes & _ON_BLANKS)


PLAIN_PEN = Pen()


@lru_cache(4096)
def after(pen: Pen, codes: str) -> Pen | None:
    """Return the pen after the codes of a sequence; None if they are not understood."""
    numbers = [int(code or 0) for code in codes.split(";")]
    index = 0
    while index < len(numbers):
        length = _length(numbers, index)
        changed = _with(pen, numbers[index : index + length])
        if changed is None:
            return None
        pen = changed
        index += length
    return pen


def _length(numbers: list[int], index: int) -> int:
    if numbers[index] in (38, 48):
        return {2: 5, 5: 3}.get(numbers[index + 1] if index + 1 < len(numbers) else 0, 1)
    return 1


def _with(pen: Pen, numbers: list[int]) -> Pen | None:
    code, text = numbers[0], ";".join(map(str, numbers))
    if code == 0:
        return PLAIN_PEN
    if code in _OFF:
        return replace(pen, attributes=pen.attributes | {code})
    if 22 <= code <= 29:
        return replace(pen, attributes=frozenset(a for a in pen.attributes if _OFF[a] != code))
    if code in _INKS or (code == 38 and len(numbers) > 1):
        return replace(pen, ink=text)
    if code in _GROUNDS or (code == 48 and len(numbers) > 1):
        return replace(pen, ground=text)
    return None


@lru_cache(4096)
def change(told: Pen | None, wanted: Pen) -> str:
    """Return the shortest sequence from one pen to another; from an unknown one, the whole."""
    if told == wanted:
        return ""
    whole = _sequence(["" if wanted == PLAIN_PEN else "0", *_differences(PLAIN_PEN, wanted)])
    if told is None:
        return whole
    return min(_sequence(_differences(told, wanted)), whole, key=len)


@lru_cache(4096)
def for_blank(told: Pen | None, wanted: Pen) -> Pen:
    """Return the pen for a blank: what is not seen in it may stay as it is."""
    if told is None or told.shows_on_blanks or wanted.shows_on_blanks:
        return wanted
    return replace(told, ground=wanted.ground)


def _differences(told: Pen, wanted: Pen) -> list[str]:
    ends = {_OFF[one] for one in told.attributes - wanted.attributes}
    kept = {one for one in told.attributes if _OFF[one] not in ends}
    codes = [str(code) for code in sorted(ends | (wanted.attributes - kept))]
    if wanted.ink != told.ink:
        codes.append(wanted.ink)
    if wanted.ground != told.ground:
        codes.append(wanted.ground)
    return codes


def _sequence(codes: list[str]) -> str:
    return f"\x1b[{';'.join(codes)}m"
