"""Whether a path lies on a network file system, where locks and fsync promise too little.

Only those who write ask: reading a store over the network is fine.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from flopod.errors import BackendError

ALLOW = "FLOPOD_ALLOW_NETWORK_FS"
MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = re.compile(
    r"9p|afs|beegfs|ceph|cifs|coda|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|pvfs2|smb3|smbfs|"
    r"fuse\.(ceph|curlftpfs|davfs|gcsfuse|glusterfs|goofys|juicefs|mfs|nfs|rclone|s3fs|sshfs)"
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def refuse_network(path: Path) -> None:
    """Refuse to write under `path` if it lies on a network file system.

    Raises:
        BackendError: it does, and FLOPOD_ALLOW_NETWORK_FS is not 1.
    """
    if os.environ.get(ALLOW) == "1":
        return
    kind = network(path)
    if kind:
        raise BackendError(
            f"{path} is on a network file system ({kind}), where a lock or an fsync may not hold; "
            f"name a local directory, or set {ALLOW}=1"
        )


def network(path: Path) -> str:
    """Return the kind of network file system that `path` lies on; empty: none that we know."""
    try:
        text = MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
    point, kind = _mount(path.resolve(), text)
    # A sandbox may show the root of a container, which is its own, as 9p.
    own = (kind, point) == ("9p", Path("/"))
    return kind if _NETWORK.fullmatch(kind) and not own else ""


def _mount(path: Path, text: str) -> tuple[Path, str]:
    """Return where the file system of `path` is mounted, and of what kind it is."""
    found = Path(), ""
    for line in text.splitlines():
        fields, _, rest = line.partition(" - ")
        words = fields.split(" ")
        if len(words) < 5 or not rest:
            continue
        point = Path(_ESCAPE.sub(lambda code: chr(int(code[1], 8)), words[4]))
        # Of several in one place the last one is seen.
        if path.is_relative_to(point) and len(point.parts) >= len(found[0].parts):
            found = point, rest.split(" ")[0]
    return found
