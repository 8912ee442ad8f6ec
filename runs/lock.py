"""The runner lock: of all processes on one database, the one that holds it runs; the others stand by."""

import fcntl
import os
from pathlib import Path
from typing import Protocol


class RunnerLock(Protocol):
    """Held by one process at most, and let go of when that process dies."""

    def take(self) -> bool:
        """Whether this process is the runner now. Raises RecordOutage when nobody can tell."""
        ...

    def held(self) -> bool:
        """Whether this process is the runner still: asked anew each time, never remembered."""
        ...

    def release(self) -> None: ...


class FileLock:
    """An exclusive lock on a file beside the SQLite database. The kernel lets go of it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Whether this process is the runner now."""
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def held(self) -> bool:
        """Whether we still hold the lock, on the very file that has its name now."""
        if self._file is None:
            return False
        mine = os.fstat(self._file)
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        return (mine.st_dev, mine.st_ino) == (named.st_dev, named.st_ino)

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
