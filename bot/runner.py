"""Who runs: one process carries deployments out and draws the cards; the others answer Slack, and stand by."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.connection import during
from bot.database import lock_file
from checklist.errors import Outage
from runs.lock import FileLock, RunnerLock
from storage.engine import may_be_shared
from storage.lock import AdvisoryLock

LOOK_AGAIN = 0.5  # seconds: how soon a process that stands by takes over from one that died
log = structlog.get_logger()

Work = Callable[[], AbstractAsyncContextManager[None]]


class AnotherRuns(Exception):
    """Another process serves on this database, which only one can do."""


def leave() -> None:
    """End at once, as if killed: what this process has in hand, another one may have taken up already."""
    log.error("the runner lock is lost: another process may run now, so this one ends", pid=os.getpid())
    sys.stderr.flush()
    os._exit(os.EX_TEMPFAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """This process's turn to run."""

    lock: RunnerLock
    shared: bool  # whether other processes may serve on this database beside the one that runs
    leave: Callable[[], None] = leave
    every: float = LOOK_AGAIN

    def claim(self) -> None:
        """On a database that has room for one process, be the one. Raises AnotherRuns."""
        if not self.shared and not self.lock.take():
            raise AnotherRuns

    def holds(self) -> bool:
        """To be asked before anything is changed outside. A runner that does not hold its lock any more ends here."""
        held = self.lock.held()
        if not held:
            self.leave()
        return held

    @asynccontextmanager
    async def working(self, work: Work) -> AsyncIterator[None]:
        """Inside the block the work is done, from the moment at which it is this process's turn."""
        if await asyncio.to_thread(self.lock.take):
            async with self._at(work):
                yield
            return
        log.info("standing by", pid=os.getpid())
        async with during(self._takes_over(work)):
            yield

    @asynccontextmanager
    async def _at(self, work: Work) -> AsyncIterator[None]:
        log.info("running", pid=os.getpid())
        watching = asyncio.create_task(self._watch())  # to the very end of the work: it may take a while to stop
        try:
            async with work():
                yield
        finally:
            watching.cancel()

    async def _takes_over(self, work: Work) -> None:
        """Stand by until the lock is free, then work until cancelled."""
        while True:
            if await self._taken():
                break
            await asyncio.sleep(self.every)
        async with self._at(work):
            await asyncio.Event().wait()

    async def _taken(self) -> bool:
        try:
            return await asyncio.to_thread(self.lock.take)
        except Outage as outage:
            log.warning("nobody can tell who runs", system=outage.system, advice=outage.advice)
            return False

    async def _watch(self) -> None:
        """Speak to the lock again and again: one that hears nothing for a while is given to somebody else."""
        while True:
            self.holds()
            await asyncio.sleep(self.every)


def turn_on(database_url: str) -> Turn:
    """A turn on this database. Raises WrongDatabaseUrl."""
    if may_be_shared(database_url):
        return Turn(lock=AdvisoryLock(database_url), shared=True)
    return Turn(lock=FileLock(lock_file(database_url)), shared=False)
