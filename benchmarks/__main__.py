"""What the product promises about speed, measured: python -m benchmarks. It judges nothing but says what is worse."""

import asyncio
import gc
import platform
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.acks import BARE_CLICK, BARE_STATUS, CONFIRM, STATUS_FEW, STATUS_MANY, Clicks, measured_acks
from benchmarks.commits import measured_commits
from benchmarks.figures import Figures, Table
from benchmarks.fleets import Fleets, measured_fleets
from benchmarks.flood import Flood, measured_flood
from benchmarks.goals import Goal
from benchmarks.processes import Process, measured_processes
from benchmarks.rollbacks import measured_rollbacks
from benchmarks.throughput import CLIENTS, measured_throughput
from benchmarks.workplace import FEW, MANY, benched
from bot.logs import write_logs
from checklist.redaction import Redactor


def main() -> None:
    begun = time.monotonic()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.machine()}")
    with (
        tempfile.TemporaryDirectory(prefix="drop-benchmarks-") as folder,
        (Path(folder) / "log").open("w", encoding="utf-8") as log,
    ):
        write_logs(Redactor(), to=log)  # as `drop-bot run` does
        asyncio.run(_measured(Path(folder)))
    print(f"\n{time.monotonic() - begun:.0f} s in all")


async def _measured(folder: Path) -> None:
    processes = await measured_processes(folder / "processes")
    rollbacks = await measured_rollbacks(folder / "rollbacks")
    fleets = await measured_fleets(folder / "fleets")
    flood = await measured_flood(folder / "flood")
    async with benched(folder) as bench:
        gc.collect()
        gc.freeze()  # as `drop-bot run` does
        clicks = Clicks(bench.few)
        acks = await measured_acks(bench, clicks)
        throughput = await measured_throughput(clicks)
        commits = await asyncio.to_thread(measured_commits, folder / "raw.db", bench.few.house.ground.record)
    for title, rows, against in (
        ("From the payload to its ack, interleaved", acks, BARE_STATUS),
        ("One row, synchronous=FULL, interleaved", commits, next(iter(commits))),
    ):
        print(Table(title, rows, against=against))
    _tell_processes(processes)
    _tell_fleets(fleets)
    print("\nGoals")
    for goal in (
        *_of_acks(acks),
        *_of_the_rest(throughput, rollbacks, processes),
        *_of_fleets(fleets),
        *_of_the_flood(flood),
    ):
        print(goal)


def _of_acks(acks: Mapping[str, Figures]) -> Iterator[Goal]:
    """Each against the bare default app with the same body."""
    for ours, bare in ((STATUS_FEW, BARE_STATUS), (CONFIRM, BARE_CLICK)):
        yield Goal(name=f"{ours}, median", figure=acks[ours].median / acks[bare].median, unit=" ×", at_most=0.5)
        yield Goal(name=f"{ours}, p99", figure=acks[ours].p99 / acks[bare].p99, unit=" ×", at_most=1)
    past = acks[STATUS_MANY].median / acks[STATUS_FEW].median
    yield Goal(name=f"/drop status with {MANY:,} past against {FEW}", figure=past, unit=" ×", at_most=1.1)


def _of_the_rest(throughput: float, rollbacks: Figures, processes: Sequence[Process]) -> Iterator[Goal]:
    yield Goal(name=f"durable clicks with {CLIENTS} clients", figure=throughput, unit=" a second", at_least=300)
    yield Goal(name="Roll back → first update, median", figure=rollbacks.median, unit=" s", at_most=1)
    yield Goal(name="Roll back → first update, slowest", figure=max(rollbacks.samples), unit=" s", at_most=1)
    yield Goal(name="process start → serving, slowest", figure=max(p.seconds for p in processes), unit=" s", at_most=3)
    resident = max(process.resident for process in processes) / 1e6
    yield Goal(name="resident memory", figure=resident, unit=" MB", at_most=150)


def _of_the_flood(flood: Flood) -> Iterator[Goal]:
    """While one person types a thousand commands in ten seconds."""
    yield Goal(name="Roll back → first update, in a flood", figure=flood.seconds, unit=" s", at_most=1)
    yield Goal(name="the slowest answer in the flood", figure=flood.slowest, unit=" s", at_most=3)
    yield Goal(name=f"entries that {flood.refused} refused commands left", figure=flood.entries, unit="", at_most=1)


def _of_fleets(fleets: Fleets) -> Iterator[Goal]:
    """Above what the machines and the confirming reads take; and what Fly is sent for a rollout."""
    for move in fleets.moves:
        yield Goal(name=f"{move.name}, above its machines", figure=move.above * 100, unit=" %", at_most=5)
    for calls in fleets.calls:
        name = f"calls that change something, for {calls.machines} machines"
        yield Goal(name=name, figure=calls.changes, at_most=calls.at_most)


def _tell_fleets(fleets: Fleets) -> None:
    print("\nA fleet on its way back")
    for move in fleets.moves:
        print(move)
    print("\nWhat Fly is asked for while a rolling deployment goes forward")
    for calls in fleets.calls:
        print(calls)


def _tell_processes(processes: Sequence[Process]) -> None:
    print("\nA process, from its start until Slack has its connection")
    for number, process in enumerate(processes, 1):
        print(f"  run {number}   {process.seconds:5.2f} s   {process.resident / 1e6:4.0f} MB resident")


if __name__ == "__main__":
    main()
