"""How a log that was left in the middle of an append is made fit to be appended to again.

An unfinished append was acknowledged to nobody: its bytes are saved to the trash, on the disk,
before they are cut. After a failed write or fsync the system may show what the disk does not hold,
and a second fsync would not tell: then what is good is copied to a new file, which takes the
place of the old one when it is on the disk. All calls block.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from zlib import crc32

from flopod.errors import RunExistsError
from flopod_backends.folder import Folder
from flopod_backends.fs import Key, write_all

logger = logging.getLogger(__name__)


def cut(folder: Folder, run_id: str, fd: int, offset: int) -> None:
    """Cut what follows `offset`, after it was saved."""
    save_tail(folder, run_id, folder.fs.read_from(fd, offset), offset)
    folder.fs.truncate(fd, offset)
    folder.fs.fsync(fd)


def copied(folder: Folder, run_id: str, fd: int, offset: int) -> int:
    """Put a copy of the log up to `offset` in its place; return it, open and locked."""
    fs, path, beside = folder.fs, folder.log(run_id), folder.beside()
    text = fs.read_from(fd, 0)
    if len(text) > offset:
        save_tail(folder, run_id, text[offset:], offset)
    copy = fs.create(beside)
    try:
        fs.lock(copy, beside)
        write_all(fs, copy, text[:offset])
        fs.fsync(copy)
        fs.rename(beside, path)
        fs.fsync_folder(folder.events)
    except BaseException:
        fs.close(copy)
        with suppress(OSError):
            fs.remove(beside)
        raise
    logger.warning("run %s: its log was copied, as a write to it had failed", run_id)
    return copy


def save_tail(folder: Folder, run_id: str, tail: bytes, offset: int) -> None:
    """Save what follows `offset` in a log; two different tails never share a name."""
    kept = folder.trash / f"{run_id}.tail.{offset}.{crc32(tail):08x}"
    folder.replace(kept, tail, durable=True)
    logger.warning(
        "run %s: an append of %d bytes was never finished; it is cut and kept in %s",
        run_id,
        len(tail),
        kept,
    )


def take_name(folder: Folder, run_id: str, log: Key | None) -> None:
    """Reserve the run's id, whatever the case of its letters; `log`: what there is of the run.

    Raises:
        RunExistsError: another run has it, and this one is new or its log the same file.
    """
    other = folder.named(run_id)
    if other == run_id:
        return
    there = folder.fs.key(folder.log(other))
    if there is None:
        folder.unname(other)  # Left by a run that is gone.
        folder.named(run_id)
    elif log is None or log.inode == there.inode:
        raise RunExistsError(other, f"{run_id!r} differs from it in the case of letters only")
