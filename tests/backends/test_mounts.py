"""Network file systems are no place for those who write."""

# The files of these tests are small, and nothing else waits for the loop.
# ruff: noqa: ASYNC240

from __future__ import annotations

from pathlib import Path

import pytest
from stories import submitted

from flopod.backend import RunQuery
from flopod.errors import BackendError
from flopod_backends import FileBackend, mounts

TABLE = """\
22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=/l,upperdir=/u
23 22 0:22 / /proc rw - proc proc rw
30 22 0:40 / /mnt/nfs rw,relatime shared:5 - nfs4 server:/export rw,vers=4.2
31 22 0:41 / /mnt/with\\040space rw - fuse.sshfs me@there:/ rw
32 30 8:1 / /mnt/nfs/local rw - ext4 /dev/sda1 rw
33 22 0:42 / /mnt/hidden rw - cifs //server/share rw
34 33 8:2 / /mnt/hidden rw - xfs /dev/sdb1 rw
35 22 0:43 / /mnt/drive rw - fuse.ntfs-3g /dev/sdc1 rw
36 22 0:44 / /mnt/c rw shared:9 master:2 - 9p drvfs rw
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the file that the mounts are read from."""
    path = tmp_path / "mountinfo"
    path.write_text(TABLE)
    monkeypatch.setattr(mounts, "MOUNTS", path)
    monkeypatch.delenv(mounts.ALLOW, raising=False)
    return path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/runs", ""),
        ("/mnt/nfs/runs", "nfs4"),
        ("/mnt/nfsx/runs", ""),
        ("/mnt/nfs/local/runs", ""),
        ("/mnt/with space/runs", "fuse.sshfs"),
        ("/mnt/hidden/runs", ""),
        ("/mnt/drive/runs", ""),
        ("/mnt/c/runs", "9p"),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(table: Path, path: str, kind: str) -> None:
    assert mounts.network(Path(path)) == kind


def test_the_root_of_a_sandbox_may_be_9p(table: Path) -> None:
    table.write_text("22 1 0:21 / / rw - 9p none rw,trans=fd\n")
    assert mounts.network(Path("/home")) == ""


def test_without_a_table_nothing_is_refused(table: Path) -> None:
    table.unlink()
    mounts.refuse_network(Path("/mnt/nfs/runs"))


async def test_a_store_there_is_read_but_not_written_to_unless_that_is_asked_for(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.write_text(f"22 1 0:21 / {tmp_path} rw - nfs server:/ rw\n")
    store = FileBackend(tmp_path / "runs")
    assert await store.list_runs(RunQuery()) == []
    with pytest.raises(BackendError, match=r"\(nfs\).*FLOPOD_ALLOW_NETWORK_FS=1"):
        await store.append("r1", [submitted()])
    monkeypatch.setenv(mounts.ALLOW, "1")
    await store.append("r1", [submitted()])
    await store.close()
