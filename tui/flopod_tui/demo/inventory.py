"""Take the inventory of a directory: hash every file, find doubles, have it approved, write it."""

from __future__ import annotations

import hashlib
import os
import stat
import sysconfig
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flopod import Runtime, workflow
from flopod_tui.demo import home

NOT_LIBRARY = ("site-packages", "dist-packages", "__pycache__")
"""Folders beside Python's standard library that are not part of it."""


@dataclass(frozen=True)
class Inventory:
    """What to take the inventory of."""

    directory: str = ""
    """The Python standard library if empty."""
    out: str = ""
    """The manifest; `manifests/<run id>.sha256` in the data directory if empty."""
    concurrency: int = 8
    patience: str = "1h"
    """How long to wait for the approval."""


@dataclass(frozen=True)
class Approval:
    """What comes with the event `approve`."""

    by: str


@workflow
async def inventory(wf: Runtime, input: Inventory = Inventory()) -> dict[str, Any]:
    """Hash every file of a directory, find doubles, and write the manifest once it is approved."""
    place = await wf.activity("walk", lambda: walk(input.directory, input.out, wf.run_id))
    size = await wf.var("bytes", 0)

    async def take(name: str, index: int) -> str:
        file = await wf.activity("hash", lambda: hash_file(place["root"], name))
        await size.update(lambda before: before + int(file["size"]))
        return str(file["sha256"])

    each = await wf.each("files", place["names"], take, concurrency=input.concurrency)
    digests = {name: sha for name, sha in zip(place["names"], each.results, strict=True) if sha}
    kinds = await wf.map("kinds", Counter(Path(name).suffix or "none" for name in digests))
    doubles = await wf.list("doubles", same_content(digests))

    wf.log(f"{len(digests)} files hashed, {len(each.errors)} unreadable")
    approval = await wf.wait("approval", "approve", timeout=input.patience, type=Approval)
    manifest = None
    if approval is not None:
        manifest = await wf.activity("write-manifest", lambda: write_manifest(place, digests))
    return {
        "files": len(digests),
        "unreadable": len(each.errors),
        "bytes": size.value,
        "kinds": kinds.map,
        "doubles": len(doubles.items),
        "approved_by": approval.by if approval else None,
        "manifest": manifest,
    }


def walk(directory: str, out: str, run_id: str) -> dict[str, Any]:
    """Return the regular files below the directory, but for the manifest and our own data."""
    root = os.path.abspath(directory or sysconfig.get_path("stdlib"))
    out = os.path.abspath(out or home() / "manifests" / f"{run_id}.sha256")
    left_out = {out, str(home())}
    skipped = () if directory else NOT_LIBRARY
    names: list[str] = []
    for folder, inside, files in os.walk(root, onerror=_refuse):
        inside[:] = [
            name
            for name in inside
            if name not in skipped and os.path.join(folder, name) not in left_out
        ]
        here = (os.path.join(folder, name) for name in files)
        names += [os.path.relpath(p, root) for p in here if p not in left_out and _is_file(p)]
    return {"root": root, "out": out, "names": sorted(names)}


def _refuse(error: OSError) -> None:
    raise error


def _is_file(path: str) -> bool:
    """Say whether it is a file itself: no link to one, and no pipe that would never end."""
    return stat.S_ISREG(os.lstat(path).st_mode)


def hash_file(root: str, name: str) -> dict[str, Any]:
    """Return the size and the SHA-256 of a file."""
    with open(os.path.join(root, name), "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"size": file.tell(), "sha256": digest.hexdigest()}


def same_content(digests: Mapping[str, str]) -> list[list[str]]:
    """Return the groups of files that have the same content."""
    by_digest: defaultdict[str, list[str]] = defaultdict(list)
    for name, digest in digests.items():
        by_digest[digest].append(name)
    return [names for names in by_digest.values() if len(names) > 1]


def write_manifest(place: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    """Write the manifest, whole or not at all, as `sha256sum -c` reads it; return its name."""
    out = Path(place["out"])
    out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    with draft.open("wb") as file:
        file.writelines(_line(place["root"], name, digests[name]) for name in sorted(digests))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(out)
    return str(out)


def _line(root: str, name: str, digest: str) -> bytes:
    """Return a line of the manifest: a name with a backslash or line end is written escaped."""
    path = os.fsencode(os.path.join(root, name))
    escaped = path.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    mark = b"\\" if escaped != path else b""
    return mark + digest.encode() + b"  " + escaped + b"\n"
