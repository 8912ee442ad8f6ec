"""A SQLite file as `drop-bot db upgrade` leaves it: each test that needs one has a copy.

Migrations take longer than most tests: once in a process is enough.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.database import upgraded


def upgraded_file(file: Path) -> str:
    """Put the copy there; returns its address."""
    file.write_bytes(_upgraded())
    return f"sqlite:///{file}"


@cache
def _upgraded() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "drop.db"
        upgraded(f"sqlite:///{file}")
        assert [each.name for each in file.parent.iterdir()] == [file.name]  # and nothing is left in its log
        return file.read_bytes()
