"""The summary beside a log, `<run>.summary.json`: a list of runs reads these and no log.

It is derived and never trusted: it says which state of the log it folds, carries a checksum of its
own, and is rebuilt from the log wherever it is missing, does not fit or cannot be read. That is why
nobody waits for it to reach the disk.
"""

from __future__ import annotations

from zlib import crc32

import msgspec

from flopod.summary import RunSummary
from flopod_backends.fs import Key
from flopod_backends.log_file import Mark

_FORM = 1


class _Sidecar(msgspec.Struct, frozen=True):
    """The file as it stands."""

    form: int
    seq: int
    offset: int
    crc: int
    mtime: int
    """When the log was last written, as its file tells: an edited log is read anew."""
    check: int
    """CRC-32 of the summary's text, seeded with the log's."""
    summary: msgspec.Raw


_read = msgspec.json.Decoder(_Sidecar)
_read_summary = msgspec.json.Decoder(RunSummary)


def sidecar(summary: RunSummary, mark: Mark, log: Key) -> bytes:
    """Return the file's content."""
    text = msgspec.json.encode(summary)
    check = crc32(text, mark.crc)
    return msgspec.json.encode(_Sidecar(_FORM, *mark, log.mtime, check, msgspec.Raw(text)))


def read_sidecar(run_id: str, text: bytes, log: Key) -> tuple[RunSummary, Mark] | None:
    """Return the summary and the place in the log up to which it folds.

    None: it cannot be read, or is not of this log.
    """
    try:
        found = _read.decode(text)
        summary = _read_summary.decode(found.summary)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    mark = Mark(found.seq, found.offset, found.crc)
    if (found.form, summary.run_id, summary.last_seq) != (_FORM, run_id, mark.seq):
        return None
    if found.check != crc32(bytes(found.summary), mark.crc):
        return None
    if mark.offset > log.size or (mark.offset == log.size and found.mtime != log.mtime):
        return None
    return summary, mark
