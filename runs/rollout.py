"""A rollout: machine by machine as its strategy says, each under a lease, each healthy before it counts."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.moves import Status
from checklist.plan import Machine, Plan, PlannedMachine, config_hash
from checklist.rollout import Formation, Stage, Strategy, formation_of
from checklist.words import ImageDigest, MachineId
from runs.deps import RunDeps, seconds
from runs.greens import in_place
from runs.hours import refuse_closed
from runs.leasing import Leasing
from runs.mutation import Change, Mutation, Mutator, StepFailed, StepUnknown
from runs.observation import Observer, Replaced, Wanted
from runs.prospect import Prospect

ChangeOf = Callable[[PlannedMachine], Change]
InHand = dict[asyncio.Task[Machine], MachineId]

KNOWN_BY = ("machine.version.sent", "machine.version.seen", "machine.version.reverted")


class Stopped(Exception):
    """A person wants the deployment stopped or rolled back: nothing more is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """What one step wants of the whole fleet."""

    deps: RunDeps
    deployment: Deployment
    step: str
    plan: Plan
    digest: ImageDigest | None  # None: each machine goes on with the image on which the plan found it
    change: ChangeOf
    strategy: Strategy
    seen: tuple[Machine, ...] | None = None  # the machines as they are, if they were looked at just now
    forward: bool  # a forward move stops when the deployment does, or a machine fails; a rollback goes on
    marks: Mapping[str, str] = field(default_factory=dict)  # of Fly's own release, if there is one
    in_window: bool = False  # a machine is begun only while the window is open; the one in hand is finished
    prospects: dict[str, Prospect] = field(default_factory=dict)  # of each process group, as its machines have shown

    async def run(self) -> str:
        """Bring every machine there. Returns what was done, in words.

        When one fails, those in hand are finished before it is told. Raises StepFailed with all of them, Stopped.
        """
        return await replace(self, plan=await in_place(self.deps, self.plan))._run()

    async def _run(self) -> str:
        done: dict[MachineId, str] = {}
        failed: dict[MachineId, Exception] = {}
        formation, in_hand = await self._formation(), InHand()
        try:
            while (formation := self._begin(formation, in_hand, halted=self.forward and bool(failed))) and in_hand:
                over, _ = await asyncio.wait(in_hand, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in in_hand if task in over]:  # in the order in which they were begun
                    id = in_hand.pop(task)
                    formation = formation.moved(id, self._settled(id, task, done, failed))
        finally:
            await _let_go(in_hand)
        return self._told(done, failed)

    async def _formation(self) -> Formation:
        """Raises StepFailed when no machine can be reached, and Outage: but a way back needs no list."""
        formation = formation_of(self.plan.machines, await self._machines())
        if not formation.spots:
            raise StepFailed("the hosts of all machines cannot be reached")
        return formation

    async def _machines(self) -> tuple[Machine, ...]:
        if self.seen is not None:
            return self.seen
        try:
            return await self.deps.fleet.machines(self.plan.app)
        except Outage:
            if self.forward:
                raise
            return ()

    def _begin(self, formation: Formation, in_hand: InHand, *, halted: bool) -> Formation:
        """Begin what the strategy wants now, and nothing more once a machine has failed."""
        for action in () if halted else self.strategy.next(formation):
            planned = next(machine for machine in self.plan.machines if machine.id == action.id)
            in_hand[asyncio.create_task(self.bring(planned))] = action.id
            formation = formation.moved(action.id, Stage.IN_HAND)
        return formation

    def _settled(
        self, id: MachineId, task: asyncio.Task[Machine], done: dict[MachineId, str], failed: dict[MachineId, Exception]
    ) -> Stage:
        try:
            done[id] = task.result().instance_id
        except (StepFailed, Outage, Stopped) as trouble:
            failed[id] = trouble
            return Stage.FAILED
        return Stage.THERE

    def _told(self, done: dict[MachineId, str], failed: dict[MachineId, Exception]) -> str:
        for trouble in failed.values():
            if isinstance(trouble, Stopped):
                raise trouble
        named = ", ".join(f"{id} {instance[-6:]}" for id, instance in sorted(done.items()))
        words = f"{len(done)}/{len(self.plan.machines)} machines" + (f": {named}" if named else "")
        lost = sorted({machine.id for machine in self.plan.machines} - done.keys() - failed.keys())
        if lost and not failed:
            words += f"; not updated, for their hosts cannot be reached: {', '.join(lost)}"
        if not failed:
            return words
        if self.forward and len(failed) == 1:
            raise next(iter(failed.values()))
        kind = StepUnknown if any(isinstance(trouble, StepUnknown) for trouble in failed.values()) else StepFailed
        raise kind(f"{words}; " + "; ".join(f"{id}: {trouble}" for id, trouble in sorted(failed.items())))

    async def bring(self, planned: PlannedMachine) -> Machine:
        """Bring one machine there and see that it is. Raises StepFailed, Outage, Stopped."""
        await self.still_wanted()
        wanted, mutator = await self._wanted(planned), Mutator(self.deps)
        seen = await self._at_rest(mutator, wanted)
        if wanted.there(seen):
            runs = not seen.stands_still or await self._was_launched(wanted)
            await self.sees(_expected(seen, wanted, runs=runs, crashes=seen.crashes))
            return seen
        self.still_open(planned)
        leasing = self.leasing()
        async with leasing.held(planned.id) as hold:
            self.still_open(planned)  # the lease may have been waited for
            sent = await mutator.carry_out(wanted, seen, leasing, hold)
            try:
                expected = _expected(sent, wanted, runs=not seen.stands_still, crashes=0)
                await self.sees(replace(expected, just_sent=True))
            except Replaced as replaced:
                await self._reverted(seen, replaced.seen)
                raise
            return sent

    async def _reverted(self, before: Machine, now: Machine) -> None:
        """Fly put back what was there before the update: not another hand's work, so a retry may begin from it."""
        if (now.digest, config_hash(now.config)) == (before.digest, config_hash(before.config)):
            body = {"key": now.id, "instance_id": now.instance_id, "step": self.step}
            await self.deps.note(self.deps.fact("machine.version.reverted", self.deployment.id, **body))

    async def _was_launched(self, wanted: Mutation) -> bool:
        """Whether we sent it to run before a crash of our own: then standing still is no success."""

        def look() -> bool:
            with self.deps.record.look() as work:
                intent = work.journal.newest(self.deployment.id, "machine.update.intended", wanted.key)
            return bool(intent and intent.fact.body.get("launch"))

        return await self.deps.aside(look)

    async def sees(self, wanted: Wanted) -> None:
        """See that one machine is so, and write down that it was. Raises StepFailed, Outage, Stopped."""
        observer = Observer(deps=self.deps, app=self.plan.app, still_wanted=self.still_wanted, prospects=self.prospects)
        await observer.sees(wanted)
        body = {"key": wanted.id, "instance_id": wanted.instance_id, "step": self.step}
        await self.deps.note(self.deps.fact("machine.version.seen", self.deployment.id, **body))

    def leasing(self) -> Leasing:
        return Leasing(deps=self.deps, app=self.plan.app, deployment=self.deployment.id, still_wanted=self.still_wanted)

    async def _at_rest(self, mutator: Mutator, wanted: Mutation) -> Machine:
        """The machine once nothing else is being done to it: until then Fly refuses an update. Raises StepFailed."""
        began = self.deps.now()
        while (seen := await mutator.look(wanted)).moving:
            await self.still_wanted()
            if self.deps.now() - began > self.deps.pace.wait_timeout + seen.stops_within:
                raise StepFailed(f"machine {seen.id} is {seen.state} and does not come to rest")
            await self.deps.sleep(seconds(self.deps.pace.poll))
        if not seen.reachable:
            raise StepFailed(f"machine {seen.id} is on a host that cannot be reached")
        return seen

    async def _wanted(self, planned: PlannedMachine) -> Mutation:
        expected = await self.known_versions(planned) if self.forward else None
        return Mutation(
            deployment=self.deployment.id,
            step=self.step,
            app=self.plan.app,
            machine=planned.id,
            change=self.change(planned),
            digest=self.digest or planned.digest,
            expected=expected,
            marks=self.marks,
        )

    async def known_versions(self, planned: PlannedMachine) -> frozenset[str]:
        """The plan's, and what we last sent to the machine and last saw of it ourselves."""

        def look() -> frozenset[str]:
            with self.deps.record.look() as work:
                ours = [work.journal.newest(self.deployment.id, kind, planned.id) for kind in KNOWN_BY]
            return frozenset({planned.instance_id} if not any(ours) else ()).union(
                str(entry.fact.body["instance_id"]) for entry in ours if entry
            )

        return await self.deps.aside(look)

    async def still_wanted(self) -> None:
        self.deps.drain.going()
        if self.forward and (await self.deps.get(self.deployment.id)).status is not Status.DEPLOYING:
            raise Stopped

    def still_open(self, planned: PlannedMachine) -> None:
        if not self.in_window:
            return
        refuse_closed(self.deps, f"machine {planned.id}")


def _expected(machine: Machine, wanted: Mutation, *, runs: bool, crashes: int) -> Wanted:
    return Wanted(id=machine.id, instance_id=machine.instance_id, digest=wanted.digest, runs=runs, crashes=crashes)


async def _let_go(in_hand: InHand) -> None:
    """Nothing is left running behind: what was in hand is broken off, and its lease given back."""
    for task in in_hand:
        task.cancel()
    await asyncio.gather(*in_hand, return_exceptions=True)
