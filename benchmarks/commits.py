"""What a commit costs: one row in bare sqlite3 against one entry through a unit of work."""

import itertools
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figures
from checklist.ports import Record
from checklist.record import Fact

ROUNDS, WARM = 300, 20
NIGHT = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)


def measured_commits(raw: Path, record: Record) -> dict[str, Figures]:
    """One of each in turn, on the same disk."""
    with closing(sqlite3.connect(raw, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE rows (n INTEGER PRIMARY KEY, body TEXT)")
        return _in_turn({"sqlite3, one row": _rows(connection), "unit of work, one entry": lambda: _entry(record)})


def _in_turn(commits: dict[str, Callable[[], None]]) -> dict[str, Figures]:
    seconds: dict[str, list[float]] = {name: [] for name in commits}
    for _ in range(WARM + ROUNDS):
        for name, commit in commits.items():
            begun = time.perf_counter()
            commit()
            seconds[name].append(time.perf_counter() - begun)
    return {name: Figures(taken[WARM:]) for name, taken in seconds.items()}


def _rows(connection: sqlite3.Connection) -> Callable[[], None]:
    numbers = itertools.count()

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows VALUES (?, ?)", (next(numbers), "x" * 200))
        connection.execute("COMMIT")

    return commit


def _entry(record: Record) -> None:
    with record.work() as work:
        work.journal.append(Fact(kind="benchmark.wrote", at=NIGHT, by="bot", body={"words": "x" * 200}))
        work.commit()
