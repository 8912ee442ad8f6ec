"""What lies beside the database: where, and how a file is replaced so that nobody ever reads half of it."""

import os
from pathlib import Path

from checklist.record import sha256
from storage.engine import location

BALLAST = ".ballast"
PLAN_FILE = ".rollback.json"  # the plan of the deployment that was begun last
SIDE_RECORD = ".side.db"  # one rollback, carried out while the record could not be used


def beside(url: str, ending: str) -> Path:
    """The file of that ending beside a SQLite database; for one on a server, in the working directory, by its address.

    Raises WrongDatabaseUrl.
    """
    where = location(url)
    if where.get_backend_name() == "sqlite":
        return Path(f"{where.database}{ending}")
    address = f"{where.host}:{where.port}/{where.database}?{sorted(where.query.items())}"
    return Path(f"drop-{sha256(address)[:12]}{ending}")


def replace_file(path: Path, text: str) -> None:
    """Written whole and kept by the disk before it takes the name. Raises OSError."""
    new = path.with_name(path.name + ".new")
    file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _write(file, text)
    finally:
        os.close(file)
    os.replace(new, path)


def _write(file: int, text: str) -> None:
    """Every byte of the text, kept by the disk. Raises OSError."""
    content = text.encode()
    while content:
        content = content[os.write(file, content) :]
    os.fsync(file)
