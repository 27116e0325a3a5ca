"""What is in a file and in its names, and what a power cut can leave of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import NamedTuple, TypeAlias

from flopod_backends.fs import Key

BLOCK = 512


class Write(NamedTuple):
    """Bytes that no sync has saved."""

    offset: int
    data: bytes


class Cut(NamedTuple):
    """A truncation that no sync has saved."""

    size: int


@dataclass(slots=True, eq=False)
class Inode:
    """A file, a link or a folder, whatever its names."""

    number: int
    data: bytes = b""
    """What programs see."""
    durable: bytes = b""
    pending: list[Write | Cut] = field(default_factory=list)
    time: int = 0
    is_file: bool = True
    trusted: bool = True
    spoiled: bool = False
    """A sync of it has failed: what the next one says is worth nothing."""

    @property
    def key(self) -> Key:
        """What the file store knows it by."""
        return Key(self.number, len(self.data), self.time)

    def extend(self, data: bytes) -> None:
        """Write at the end."""
        begin, self.data = len(self.data), self.data + data
        match self.pending:
            case [*before, Write(offset, written)] if offset + len(written) == begin:
                # A block goes to the disk as a whole, with all that was written to it.
                self.pending = [*before, Write(offset, written + data)]
            case _:
                self.pending.append(Write(begin, data))

    def cut(self, size: int) -> None:
        """Truncate."""
        self.data = self.data[:size]
        self.pending.append(Cut(size))

    def sync(self) -> None:
        """Bring to the disk what is pending, and nothing else."""
        for change in self.pending:
            if isinstance(change, Cut):
                self.durable = self.durable[: change.size]
            else:
                self.durable = _over(self.durable, *change)
        self.pending = []


Names: TypeAlias = tuple[tuple[Path, Inode | None], ...]
"""A change of names that happens as a whole; None: the name goes away."""


def apply(names: dict[Path, Inode], changes: Names) -> None:
    for path, inode in changes:
        if inode:
            names[path] = inode
        else:
            names.pop(path, None)


def in_folders(names: dict[Path, Inode]) -> dict[Path, Inode]:
    """Return the names whose folders are all there."""
    paths = sorted(names)
    root = next(path for path in paths if not names[path].is_file)
    kept: dict[Path, Inode] = {}
    for path in paths:
        if path.parent in kept or path == root:
            kept[path] = names[path]
    return kept


def reachable(names: dict[Path, Inode]) -> dict[Path, Inode]:
    """Return the files that can matter: what has only its first name is never read."""
    return {p: i for p, i in names.items() if i.is_file and p.parent.name != "tmp"}


def _over(data: bytes, offset: int, new: bytes) -> bytes:
    if not new:
        return data
    return data[:offset].ljust(offset, b"\0") + new + data[offset + len(new) :]


def left_of(inode: Inode, dice: random.Random) -> bytes:
    """Return what a power cut leaves of a file."""
    data = inode.durable
    for change in inode.pending:
        if isinstance(change, Cut):
            data = data[: change.size] if dice.random() < 0.5 else data
        else:
            data = _over(data, change.offset, _part(*change, dice))
    return data


def _part(offset: int, data: bytes, dice: random.Random) -> bytes:
    match dice.randrange(4):
        case 0:
            return b""
        case 1:
            return data
        case 2:
            return data[: dice.randrange(len(data) + 1)]
    kept = data[: dice.randrange(len(data) + 1)] if dice.random() < 0.5 else data
    return _with_holes(offset, kept, lambda block: dice.random() < 0.5)


def _with_holes(offset: int, data: bytes, lost: Callable[[int], bool]) -> bytes:
    """Return the bytes with zeros in the blocks that are lost."""
    return b"".join(
        b"\0" * len(part) if lost(block) else part for block, part in _blocks(offset, data)
    )


def _blocks(offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    begin = 0
    while begin < len(data):
        end = begin + BLOCK - (offset + begin) % BLOCK
        yield (offset + begin) // BLOCK, data[begin:end]
        begin = end


def variants(inode: Inode, torn: Callable[[bytes], Iterable[int]]) -> list[bytes]:
    """Return all that a power cut can leave of a file."""
    found = {inode.durable: None}
    for change in inode.pending:
        after: dict[bytes, None] = {}
        for data in found:
            after |= dict.fromkeys([data])
            if isinstance(change, Cut):
                after |= dict.fromkeys([data[: change.size]])
            else:
                parts = _parts(change, torn)
                after |= dict.fromkeys(_over(data, change.offset, part) for part in parts)
        found = after
    return list(found)


def _parts(write: Write, torn: Callable[[bytes], Iterable[int]]) -> Iterator[bytes]:
    for end in torn(write.data):
        yield write.data[:end]
    blocks = [block for block, _ in _blocks(*write)]
    for lost in product((False, True), repeat=min(len(blocks), 4)):
        gone = {block for block, is_lost in zip(blocks, lost, strict=False) if is_lost}
        yield _with_holes(*write, gone.__contains__)
