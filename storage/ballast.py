"""The ballast: space kept back beside a SQLite database, so that a rollback can be recorded on a full disk."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SIZE = 5 * 1024 * 1024  # bytes: a rollback writes a hundredth of it


@dataclass(frozen=True, slots=True)
class Ballast:
    """A file that takes up space for real. Released once, taken again when there is space."""

    path: Path

    @property
    def held(self) -> bool:
        return self.path.exists() and self.path.stat().st_size == SIZE

    def take(self) -> bool:
        """Whether the space is kept back now."""
        if self.held:
            return True
        try:
            if shutil.disk_usage(self.path.absolute().parent).free < 2 * SIZE:
                return False  # what is left is for what waits to be written
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            os.posix_fallocate(file, 0, SIZE)
        except OSError:
            self.release()
            return False
        finally:
            os.close(file)
        return True

    def release(self) -> bool:
        """Give the space back; whether there was any."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
