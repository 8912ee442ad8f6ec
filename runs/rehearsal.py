"""The rehearsal of a rollback: staging goes back to what production would go back to, returns, and both are timed."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from checklist.assembly import assemble
from checklist.definition import Item
from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.kinds import BotRehearsal, Params
from checklist.marks import Outcome, Verdict
from checklist.moves import BEFORE_START
from checklist.plan import Machine, Plan, PlannedMachine, Survey, planned, with_image
from checklist.record import Json
from checklist.rollout import Action, Formation, Stage, Strategy
from checklist.words import ImageDigest, MachineId
from runs.deps import RunDeps
from runs.mutation import Change, StepFailed
from runs.rollout import Rollout
from runs.way_back import one_by_one, way_back

REGISTRY_WITHIN = timedelta(seconds=5)
Seen = Mapping[MachineId, Machine]
BACK, FORTH = "back", "forth"
FIGURE = "seconds_to_healthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a leg brings every machine to."""

    digest: ImageDigest
    version: str  # as people call it


@dataclass(slots=True)
class Stopwatch:
    """The strategy that it was given, and when each machine was there, in seconds from the leg's begin."""

    strategy: Strategy
    monotonic: Callable[[], float]
    begun: float
    seconds: dict[MachineId, float] = field(default_factory=dict)

    def next(self, formation: Formation) -> tuple[Action, ...]:
        for spot in formation.at(Stage.THERE):
            self.seconds.setdefault(spot.id, self.elapsed())
        return self.strategy.next(formation)

    def elapsed(self) -> float:
        return round(self.monotonic() - self.begun, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """How one leg went. Without trouble, every machine is there and healthy."""

    seconds: float
    trouble: str
    before: Seen
    after: Seen
    there: Mapping[MachineId, float]  # when each machine was, in seconds

    def evidence(self) -> Json:
        return {
            "seconds": self.seconds,
            "trouble": self.trouble,
            "machines": {id: self._machine(machine, self.after.get(id)) for id, machine in self.before.items()},
        }

    def _machine(self, before: Machine, after: Machine | None) -> Json:
        return {
            "before": before.digest,
            "after": after.digest if after else None,
            "seconds": self.there.get(before.id),
            "checks": dict(after.checks) if after else {},
        }

    @property
    def runs(self) -> str:
        """What runs now, in words."""
        told = (f"{one.id} {one.tag or one.digest} {one.state}" for one in self.after.values())
        return ", ".join(told) or "nobody can tell what"


async def rehearse(deps: RunDeps, deployment: Deployment, item: Item, params: Params) -> Verdict:
    """Roll the app to one digest and then to the other. What an earlier rehearsal left is brought back first.

    Passed when both legs end healthy. Raises Outage when nothing was done.
    """
    if not isinstance(params, BotRehearsal):
        raise TypeError(f"{params.kind} is no rehearsal")
    old = await _image_of(deps, deployment, ImageDigest(params.to))
    new = Image(digest=ImageDigest(params.then), version=f"v{deployment.release.version}")
    number, over = await _last(deps, deployment, item)
    rehearsal = Rehearsal(deps=deps, deployment=deployment, item=item, number=number, app=params.app)
    if not over:
        await rehearsal.returned(new)
    if deployment.status not in BEFORE_START:
        return _verdict(Outcome.INCONCLUSIVE, "the deployment went on without it")
    seen = await rehearsal.seen()
    missing = _not_ready(params.app, seen, old, new) or await _not_there(deps, old)
    return missing or await replace(rehearsal, number=number + 1).there_and_back(seen, old, new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One rehearsal, by its number in the record."""

    deps: RunDeps
    deployment: Deployment
    item: Item
    number: int
    app: str

    async def there_and_back(self, seen: Seen, old: Image, new: Image) -> Verdict:
        """Both legs. The second is gone whatever came of the first: the release is to run on staging again."""
        await self._note("begun", to=old.digest, then=new.digest, machines=list[Json](seen))
        back = await self._leg(BACK, old, seen)
        forth = await self._leg(FORTH, new, {**seen, **back.after})
        await self._note("ended", returned=not forth.trouble)
        evidence: dict[str, Json] = {
            "app": self.app,
            "to": old.digest,
            "then": new.digest,
            FIGURE: back.seconds,
            BACK: back.evidence(),
            FORTH: forth.evidence(),
        }
        outcome = Outcome.FAILED if back.trouble or forth.trouble else Outcome.PASSED
        return Verdict(outcome=outcome, reason=_told(self.app, back, forth, old, new), evidence=evidence)

    async def returned(self, new: Image) -> None:
        """Bring back what an earlier rehearsal left on the old version. Whether that went well is seen afterwards."""
        forth = await self._leg(FORTH, new, await self.seen())
        await self._note("ended", returned=not forth.trouble)

    async def seen(self) -> Seen:
        """The app's machines now. Raises Outage."""
        return {machine.id: machine for machine in await self.deps.fleet.machines(self.app)}

    async def _leg(self, name: str, image: Image, before: Seen) -> Leg:
        """By the same rollout that brings production back."""
        plan, begun = self._plan(before, image), self.deps.monotonic()
        now = await one_by_one(self.deps, self.app, before)
        watch = Stopwatch(way_back(self.deps, now), self.deps.monotonic, begun)
        trouble = await _trouble(replace(self._rollout(name, image, plan, watch), seen=now))
        seconds, after = watch.elapsed(), dict[MachineId, Machine]()
        with contextlib.suppress(Outage):  # then nobody can tell, which is no success
            after = dict(await self.seen())
        there = all(id in after and after[id].digest == image.digest for id in before)
        if not trouble and not there:
            trouble = f"not every machine was seen on {image.version} afterwards"
        return Leg(seconds=seconds, trouble=trouble, before=before, after=after, there=watch.seconds)

    def _rollout(self, name: str, image: Image, plan: Plan, strategy: Strategy) -> Rollout:
        def change(planned: PlannedMachine) -> Change:
            repository = self.deps.checklist.production.name
            return lambda config: with_image(config, app=repository, image=image.digest, tag=image.version)

        return Rollout(
            deps=self.deps,
            deployment=self.deployment,
            step=f"{self.item.id}/{self.number}/{name}",
            plan=plan,
            digest=image.digest,
            change=change,
            strategy=strategy,
            forward=False,
        )

    def _plan(self, seen: Seen, image: Image) -> Plan:
        """As if this were the app to be moved."""
        survey = Survey(
            at=self.deps.now(),
            machines=tuple(planned(one, app=self.app, image=image.digest, tag=image.version) for one in seen.values()),
            running=image.digest,
            running_version=image.version,
            secrets={},
        )
        return assemble(replace(self.deployment, app=self.app), survey, self.deps.checklist)

    async def _note(self, deed: str, **body: Json) -> None:
        body = {"key": self.item.id, "number": self.number, "app": self.app, **body}
        await self.deps.note(self.deps.fact(f"rehearsal.{deed}", self.deployment.id, **body))


async def _trouble(rollout: Rollout) -> str:
    """Carry it out; why it failed, or nothing."""
    try:
        await rollout.run()
    except StepFailed as failed:
        return str(failed)
    except Outage as outage:
        return f"{outage.system}: {outage.advice}"
    return ""


def _told(app: str, back: Leg, forth: Leg, old: Image, new: Image) -> str:
    """What came of it, in one line."""
    if forth.trouble:
        how = f"{app} was not brought back to {new.version}: {forth.trouble}. It runs {forth.runs}"
        return f"{how}; ask for it again once that is mended, and {new.version} is brought back first"
    if back.trouble:
        return f"{app} did not get to {old.version}, and runs {new.version} again: {back.trouble}"
    there = f"{app} ran {old.version} healthy after {back.seconds:.1f} s"
    return f"{there}, and {new.version} again {forth.seconds:.1f} s later"


def _not_ready(app: str, seen: Seen, old: Image, new: Image) -> Verdict | None:
    """Why nothing would be proved; None when the app runs the release, healthy, and the other one is another one."""
    other = ", ".join(one.id for one in seen.values() if one.digest != new.digest)
    sick = ", ".join(one.id for one in seen.values() if not (one.healthy or one.rests))
    if old.digest == new.digest:
        return _verdict(Outcome.INCONCLUSIVE, f"production runs {new.version} already: there is nothing to go back to")
    if other:
        return _verdict(Outcome.FAILED, f"{app} does not run {new.version} on {other}: deploy it there first")
    if sick:
        return _verdict(Outcome.FAILED, f"{app} is not healthy on {sick}: nothing was moved")
    if not any(one.healthy for one in seen.values()):
        return _verdict(Outcome.INCONCLUSIVE, f"no machine of {app} runs: start one first")
    return None


async def _not_there(deps: RunDeps, old: Image) -> Verdict | None:
    """Why there is no way back; None when the registry has the image. Raises Outage."""
    repository = deps.checklist.production.name
    if await deps.registry.digest(repository, old.digest, within=REGISTRY_WITHIN):
        return None
    return _verdict(Outcome.FAILED, f"the registry does not have {repository}@{old.digest}: push {old.version} again")


def _verdict(outcome: Outcome, reason: str) -> Verdict:
    return Verdict(outcome=outcome, reason=reason)


async def _image_of(deps: RunDeps, deployment: Deployment, digest: ImageDigest) -> Image:
    """The version that production runs, by the name that the newest survey has for it."""

    def look() -> str:
        with deps.record.look() as work:
            newest = work.surveys.newest(deployment.id)
        return newest.running_version if newest and newest.running == digest else digest

    return Image(digest=digest, version=await deps.aside(look))


async def _last(deps: RunDeps, deployment: Deployment, item: Item) -> tuple[int, bool]:
    """The number of the item's last rehearsal, 0 before the first; and whether the release came back after it."""

    def look() -> tuple[int, bool]:
        with deps.record.look() as work:
            begun = work.journal.newest(deployment.id, "rehearsal.begun", item.id)
            ended = work.journal.newest(deployment.id, "rehearsal.ended", item.id)
        if begun is None:
            return 0, True
        over = ended is not None and ended.seq > begun.seq and ended.fact.body["returned"] is True
        return int(str(begun.fact.body["number"])), over

    return await deps.aside(look)
