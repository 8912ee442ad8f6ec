"""What the product promises about speed, measured: python -m benchmarks. It judges nothing but says what is worse."""

import asyncio
import gc
import logging
import platform
import sqlite3
import tempfile
import time
from pathlib import Path

from benchmarks.acks import measured_acks
from benchmarks.commits import measured_commits
from benchmarks.figures import Figures, Table
from benchmarks.processes import Process, measured_processes
from benchmarks.workplace import FEW, MANY, benched

GOAL = 0.5  # of what the bare default app takes: our durable click, and our status
BARE = "bare Bolt app, default"
OURS = ("ours: Confirm, durable, 50 blocks", f"ours: /drop status, {FEW} past", f"ours: /drop status, {MANY:,} past")


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    begun = time.monotonic()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.machine()}")
    with tempfile.TemporaryDirectory(prefix="drop-benchmarks-") as folder:
        asyncio.run(_measured(Path(folder)))
    print(f"\n{time.monotonic() - begun:.0f} s in all")


async def _measured(folder: Path) -> None:
    processes = await measured_processes(folder / "processes")
    async with benched(folder) as bench:
        gc.collect()
        gc.freeze()  # as `drop-bot run` does
        acks = await measured_acks(bench)
        commits = await asyncio.to_thread(measured_commits, folder / "raw.db", bench.few.house.ground.record)
    _tell_acks(acks)
    print(Table("One row, synchronous=FULL", commits, against=next(iter(commits))))
    _tell_processes(processes)


def _tell_acks(acks: dict[str, Figures]) -> None:
    print(Table("From the payload to its ack, interleaved", acks, against=BARE))
    for name in OURS:
        ratio = acks[name].median / acks[BARE].median
        verdict = "as promised" if ratio <= GOAL else "WORSE than promised"
        print(f"  {name}: {ratio:.2f} of the bare default app, at most {GOAL} is the goal: {verdict}")


def _tell_processes(processes: list[Process]) -> None:
    print("\nA process, from its start until Slack has its connection")
    for number, process in enumerate(processes, 1):
        print(f"  run {number}   {process.seconds:5.2f} s   {process.resident / 2**20:4.0f} MiB resident")


if __name__ == "__main__":
    main()
