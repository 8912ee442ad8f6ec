"""How long it takes from Roll back until Fly is sent the first update, with the real bot in a process of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.figures import Figures
from benchmarks.workplace import RELEASE, ROOT
from bot.cli import RUN
from checklist.assembly import assemble
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.loading import load
from checklist.moves import Status
from checklist.plan import with_image
from checklist.ports import Record
from checklist.steps import Book, StepState
from checklist.words import DeploymentId
from sandbox import seed
from sandbox.client import Control
from sandbox.fly.images import REGISTRY, Reference
from sandbox.fly.opening import TWO_MACHINES, Fleet
from sandbox.server import Sandbox
from storage.engine import record_engine
from storage.work import SqlRecord

RUNS = 8
LOOK_EVERY_SECONDS = 0.002
PATIENCE_SECONDS = 60.0
CR = DeploymentId("CR-001")


async def measured_rollbacks(folder: Path) -> Figures:
    """Seconds from `/drop rollback` typed to the first update, several times."""
    async with workplace(folder) as place:
        return Figures([await place.sample(run) for run in range(RUNS)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """A sandbox with a bot, and the bot's record, in which the deployment is put back to where it can roll back."""

    sandbox: Sandbox
    people: Control
    record: Record
    checklist: Checklist

    async def sample(self, run: int) -> float:
        self.deployed()
        before, begun = self._updates(), time.perf_counter()
        answer = asyncio.create_task(self.people.says("alem", f"/drop rollback {CR} errors, time {run}"))
        await until(lambda: self._updates() > before, "an update reaches Fly")
        seconds = time.perf_counter() - begun
        assert "rolling back" in (await answer)["reply"]["text"]
        await until(self._waits, "the rollback waits for a person")
        return seconds

    def _updates(self) -> int:
        log = self.sandbox.world.platform.log
        return sum(e["method"] == "POST" and e["path"].rpartition("/")[2] in seed.PRODUCTION_MACHINES for e in log)

    def deployed(self) -> None:
        """As after a deployment: the machines run the new version, and the deployment is being verified."""
        with self.record.work() as work:
            found, survey = work.deployments.get(CR), work.surveys.newest(CR)
            assert survey is not None
            plan = found.plan or assemble(found, survey, self.checklist)
            work.deployments.save(replace(found, status=Status.VERIFYING, plan=plan, mutated=True, steps=()))
            work.commit()
        platform = self.sandbox.world.platform
        image = platform.registry.with_digest(plan.image)
        reference = Reference.parse(f"{REGISTRY}/{plan.app}@{plan.image}")
        assert reference is not None
        for machine in platform.machines(plan.app):
            config = with_image(machine.version.config, app=plan.app, image=plan.image, tag=f"v{plan.version}")
            machine.update(config, reference, image, launch=True)

    def _waits(self) -> bool:
        """The rollback has done what needs no person."""
        return any(step.state is StepState.WAITING for step in self.found().steps_of(Book.ROLLBACK))

    def found(self) -> Deployment:
        with self.record.look() as work:
            return work.deployments.get(CR)


@asynccontextmanager
async def workplace(folder: Path, fleet: Fleet = TWO_MACHINES, *, brisk: bool = True) -> AsyncIterator[Workplace]:
    """A deployment is open, and production was surveyed."""
    checklist, manifest = ROOT / "checklist.yml", ROOT / "manifest.yml"
    async with (
        Sandbox(folder, bot_command=RUN, checklist=checklist, manifest=manifest, fleet=fleet, brisk=brisk) as sandbox,
        Control(sandbox.base_url) as people,
    ):
        await people.waits_for_the_bot()
        engine = record_engine(sandbox.environment()["DATABASE_URL"])
        record = SqlRecord(engine, _queues_nothing)
        await _opened(people, record)
        yield Workplace(sandbox=sandbox, people=people, record=record, checklist=load(sandbox.world.checklist))
        engine.dispose()


async def _opened(people: Control, record: Record) -> None:
    await people.says("john", "/drop deploy 0.5.0")
    answer = await people.submits("john", **{name: value for name, value in RELEASE.items() if value})
    assert answer["ok"], answer

    def surveyed() -> bool:
        with record.look() as work:
            return work.surveys.newest(CR) is not None

    await until(surveyed, "production is surveyed")


async def until(
    fits: Callable[[], bool], what: str, *, within: float = PATIENCE_SECONDS, every: float = LOOK_EVERY_SECONDS
) -> None:
    """Raises TimeoutError. Looked at closely: the looks are part of what is measured."""
    for _ in range(int(within / every)):
        if fits():
            return
        await asyncio.sleep(every)
    raise TimeoutError(f"it never came to be that {what}")


def _queues_nothing(session: object, run: object) -> None:
    raise AssertionError("only the bot queues runs")
