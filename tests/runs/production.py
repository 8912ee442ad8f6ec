"""A production of any size, a deployment that was started for it, and its rollout: everything real but HTTP."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from checklist.assembly import assemble
from checklist.calendar import Calendar
from checklist.deployment import Deployment
from checklist.plan import Machine, Plan, with_image
from checklist.ports import Announcer
from checklist.rollout import Strategy
from checklist.words import DeploymentId, ImageDigest, MachineId, NeededFor
from checks.unconnected import unconnected
from fly.strategies import STRATEGIES
from fly.strategies.rolling import Rolling
from runs.deps import RunDeps
from runs.rollout import Rollout
from runs.survey import survey
from sandbox import seed
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.fly.opening import Fleet
from sandbox.fly.platform import Platform
from tests.checklist.builders import INSIDE, alem, john, ready_to_submit, settle_needed, shipped, start
from tests.commands.office import Office, OneImage
from tests.generated.clock import PassingTime
from tests.generated.fly import MemoryFleet, MemoryReleases
from tests.generated.jobs import MemoryJobs, MemoryVolumes
from tests.generated.quiet import Forgotten, Skipping
from tests.generated.wires import Wires

APP = seed.PRODUCTION_APP


Opens = Callable[[Fleet], "Production"]


class Production:
    """The machines of drop-app, and what a run may use."""

    def __init__(self, folder: Path, fleet: Fleet) -> None:
        self.time = PassingTime(began=INSIDE)
        self.faults = Faults()
        next_n = itertools.count(1).__next__
        self.platform = Platform(
            Clock(real=self.time.now), self.faults, next_n, stopwatch=self.time.stopwatch, fleet=fleet
        )
        self.office = Office(folder)
        self.wires = Wires()
        self.fleet = MemoryFleet(self.platform, self.time, next_n)
        self.deps = self._deps()

    def _deps(self) -> RunDeps:
        nobody: object = None  # whom a rollout never speaks to
        return RunDeps(
            record=self.office.record,
            checklist=shipped(),
            calendar=Calendar(shipped().window),
            clock=self.time,
            fleet=self.fleet,
            jobs=MemoryJobs(self.fleet),
            volumes=MemoryVolumes(self.fleet),
            registry=OneImage(),
            releases=MemoryReleases(self.fleet),
            checkers={},
            unconnected=unconnected,
            announcer=cast(Announcer, nobody),
            aside=self.office.desk.aside,
            is_runner=lambda: True,
            owner="test",
            agent="drop-bot/test",
            plan_file=Forgotten(),
            strategies=STRATEGIES,
            drain=Skipping(self.time, self.wires),
        )

    async def is_started(self) -> Deployment:
        """A deployment of v0.5.0 for the machines that there are."""
        image = self.platform.registry.tagged("v0.5.0")
        assert image is not None
        ready = ready_to_submit()
        ready = replace(ready, release=replace(ready.release, digest=ImageDigest(image.digest)))
        seen = await survey(self.deps, ready)
        asked = ready.submitted(assemble(ready, seen, shipped()), by=john(), checklist=shipped())
        assert asked.plan is not None
        signed = asked.approved(by=alem(), plan=asked.plan.digest, at=INSIDE, team=shipped().team)
        return self.office.puts(start(settle_needed(signed, NeededFor.START)), app=asked.app)

    def rollout(self, deployment: Deployment, strategy: Strategy | None = None, *, forward: bool = True) -> Rollout:
        """Of the plan's image to all machines, one at a time if no strategy is given."""
        plan = deployment.plan
        assert plan is not None
        return Rollout(
            deps=self.deps,
            deployment=deployment,
            step="deploy-trigger",
            plan=plan,
            digest=plan.image,
            change=lambda planned: lambda config: with_image(config, app=APP, image=plan.image, tag="v0.5.0"),
            strategy=strategy or Rolling(1),
            forward=forward,
        )

    def is_halted(self, id: DeploymentId) -> None:
        """Somebody stops the deployment."""
        with self.office.record.work() as work:
            work.deployments.save(work.deployments.get(id).halted("a person said so"))
            work.commit()

    async def machines(self) -> dict[str, Machine]:
        return {machine.id: machine for machine in await self.fleet.machines(APP)}

    def updates(self) -> list[str]:
        """The machines that were updated, in order."""
        return [
            str(entry["path"]).rpartition("/")[2]
            for entry in self.platform.log
            if entry["method"] == "POST" and entry["applied"] and "config" in (entry["body"] or {})
        ]

    def counts_healthy(self, *, open: bool = False) -> list[int]:
        """How many machines are healthy (and sent requests) at everything that happens from now on."""
        counted: list[int] = []

        async def looks(event: str) -> None:
            there = [one for one in self.platform.machines(APP) if not (open and one.cordoned)]
            counted.append(sum(map(self.platform.health.healthy, there)))

        self.wires.meanwhile = looks
        return counted

    def when_updated(self, nth: int, deed: Callable[[], object]) -> None:
        """Do something as soon as so many machines were updated."""
        self.when(lambda: len(self.updates()) >= nth, deed)

    def when_made(self, nth: int, deed: Callable[[], object]) -> None:
        """Do something as soon as so many machines were made."""
        before = len(self.platform.machines(APP))
        self.when(lambda: len(self.platform.machines(APP)) >= before + nth, deed)

    def when(self, so: Callable[[], bool], deed: Callable[[], object]) -> None:
        """Do something as soon as it is so."""

        async def looks(event: str) -> None:
            if not done and so():
                done.append(event)
                deed()

        done: list[str] = []
        self.wires.meanwhile = looks


def planned_of(plan: Plan | None) -> list[MachineId]:
    assert plan is not None
    return [machine.id for machine in plan.machines]


@contextmanager
def opening(folder: Path, routes: Mapping[str, bool] | None = None) -> Iterator[Opens]:
    """Opens productions with the fleets that are wanted, and closes them. `routes`: as the fault plan is told them."""
    with ExitStack() as closing:

        def production(fleet: Fleet) -> Production:
            opened = Production(folder, fleet)
            closing.callback(opened.office.closes)
            opened.platform.plan.routes.update(routes or {})
            return opened

        yield production
