"""A disk of a few MiB that can really be full: a tmpfs in a mount namespace of this process and its children alone."""

import contextlib
import ctypes
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

_MIB = 1024 * 1024
_SIZE = 24 * _MIB
_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000  # linux/sched.h
_NO_SUID, _NO_DEVICES, _DETACH = 2, 4, 2  # linux/mount.h


class NoSmallDisk(Exception):
    """This machine does not let us mount one."""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """The disk under a folder."""

    folder: Path

    def fill(self, database: Path) -> None:
        """Leave not one byte free. What the database has in its log goes into its file first: then it must grow."""
        with closing(sqlite3.connect(database, timeout=5)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with self._filling.open("ab") as file:
            for size in (_MIB, 4096, 1):
                self._fill(file.fileno(), size)

    def clear(self) -> None:
        """Give the space back."""
        self._filling.unlink(missing_ok=True)

    @property
    def _filling(self) -> Path:
        return self.folder / "somebody-else-s-files"

    def _fill(self, file: int, size: int) -> None:
        with contextlib.suppress(OSError):
            while True:
                os.posix_fallocate(file, os.fstat(file).st_size, size)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A small disk is mounted on the folder inside the block. To be entered before there is a second thread.

    Raises NoSmallDisk.
    """
    if not sys.platform.startswith("linux"):
        raise NoSmallDisk
    libc = ctypes.CDLL(None, use_errno=True)
    _own_mounts(libc)
    target = os.fsencode(folder)
    if libc.mount(b"drop", target, b"tmpfs", _NO_SUID | _NO_DEVICES, f"size={_SIZE}".encode()) != 0:
        raise NoSmallDisk
    try:
        yield SmallDisk(folder)
    finally:
        libc.umount2(target, _DETACH)


def _own_mounts(libc: ctypes.CDLL) -> None:
    """A mount namespace, by way of a user namespace in which whoever we are may mount. Raises NoSmallDisk."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_USER | _NEW_MOUNTS) != 0:
        raise NoSmallDisk
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
