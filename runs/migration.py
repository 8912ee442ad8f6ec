"""Migrations of production's database: run once for each decision of a person, and nothing about them is guessed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from checklist.calendar import OSLO
from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.jobs import Job
from checklist.kinds import FlyExec
from checklist.record import Entry, Json
from checklist.steps import Step
from checklist.words import ImageDigest, MachineId
from runs.book import Done
from runs.deps import RunDeps
from runs.launch import Begun, Ended, Launch
from runs.mutation import StepFailed, StepUnknown

LINES = 5  # of the output, that are worth saying


class Result(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the record knows of one migration: its newest launch, and whether a person has decided since its end."""

    intent: Entry | None
    starting: Entry | None
    settled: Entry | None
    decided: bool

    @property
    def result(self) -> Result | None:
        return Result(str(self.settled.fact.body["result"])) if self.settled else None

    @property
    def is_under_way(self) -> bool:
        return self.intent is not None and self.settled is None

    @property
    def number(self) -> int:
        return int(str(self.intent.fact.body["number"])) if self.intent else 0

    @property
    def begun(self) -> Begun | None:
        if self.starting is None:
            return None
        return Begun(machine=MachineId(str(self.starting.fact.body["machine"])), at=self.starting.fact.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step's command on production's database, from one exact image."""

    deps: RunDeps
    deployment: Deployment
    step: Step
    image: ImageDigest
    params: FlyExec
    decisions: frozenset[str]  # the kinds of entries by which a person decides that it is run, or run again
    snapshot: str = ""  # the backup that was taken before
    still_wanted: Callable[[], Awaitable[None]] = field(repr=False)

    async def run(self) -> Done:
        """Once; what was done before is told again. Raises StepFailed, StepUnknown, Stopped, Outage."""
        known = await self.known()
        if known.result is Result.UNKNOWN:
            known = await self._looked_at_again(known)
        if known.settled and (known.result is Result.SUCCEEDED or not known.decided):
            return self._told(known.settled)
        intent = known.intent if known.is_under_way and known.intent else await self._intend(known.number + 1)
        ended = await self._launch(intent, known.begun if known.is_under_way else None).carry_out()
        return self._told(await self._settle(intent, ended))

    async def known(self) -> Known:
        def look() -> Known:
            with self.deps.record.look() as work:
                newest = work.journal.newest
                intent, starting, settled = (
                    newest(self.deployment.id, f"migration.{kind}", self.key)
                    for kind in ("intended", "starting", "settled")
                )
                since = settled.seq if settled else 0
                decided = any(self._decides(e) for e in work.journal.entries(self.deployment.id, after=since))
            seq = intent.seq if intent else 0
            return Known(
                intent=intent,
                starting=starting if starting and starting.seq > seq else None,
                settled=settled if settled and settled.seq > seq else None,
                decided=decided,
            )

        return await self.deps.aside(look)

    async def overtaken(self) -> str:
        """What is known of one that a rollback broke off, in words. One that was not begun never will be."""
        known = await self.known()
        if known.intent is None:
            return f"the record knows of no {self.command} that was begun"
        if known.is_under_way or known.result is Result.UNKNOWN:
            known = await self._broken_off(known, known.intent)
        if known.settled:
            return str(known.settled.fact.body["reason"])
        return f"{self.command} was begun, and has not ended as far as Fly shows"

    # What the record holds

    @property
    def key(self) -> str:
        return f"{self.deployment.id}/{self.step.id}"

    def _decides(self, entry: Entry) -> bool:
        named = entry.fact.body.get("item", self.step.id)
        return entry.fact.kind in self.decisions and named == self.step.id

    async def _intend(self, number: int) -> Entry:
        launch = f"{self.deps.owner}/{self.key}/{number}"
        body: dict[str, Json] = {"number": number, "launch": launch, "image": self.image}
        if self.snapshot:
            body["snapshot"] = self.snapshot
        await self._note("intended", **body, command=[*self.params.command])
        intent = (await self.known()).intent
        if intent is None:
            raise StepFailed("the record did not keep what was meant")
        return intent

    async def _intend_start(self, machine: MachineId) -> Begun:
        await self._note("starting", machine=machine)
        return Begun(machine=machine, at=self.deps.now())

    async def _settle(self, intent: Entry, ended: Ended) -> Entry:
        result, reason = await self._judged(ended)
        await self._note(
            "settled",
            launch=intent.fact.body["launch"],
            machine=ended.machine,
            result=result,
            exit_code=ended.exit_code,
            output=ended.output,
            reason=reason,
        )
        settled = (await self.known()).settled
        if settled is None:
            raise StepUnknown("the record did not keep how it ended")
        return settled

    async def _note(self, deed: str, **body: Json) -> None:
        await self.deps.note(
            self.deps.fact(f"migration.{deed}", self.deployment.id, key=self.key, step=self.step.id, **body)
        )

    # How it went

    async def _judged(self, ended: Ended) -> tuple[Result, str]:
        last = " / ".join(ended.output.splitlines()[-LINES:])
        said = f": {last}" if last else ""
        where = f"on machine {ended.machine}"
        if ended.exit_code == self.params.exit_code:
            return Result.SUCCEEDED, f"{self.command} ended with exit code {ended.exit_code} {where}{said}"
        if ended.exit_code is not None:
            words = f"{self.command} ended with exit code {ended.exit_code} {where}{said}"
            return Result.FAILED, f"{words}. {await self._status()}"
        begun = (await self.known()).begun
        when = f" at {_clock(begun.at)}" if begun else ""
        words = f"{self.command} was started{when} {where}, and nobody knows how it ended: {ended.why}{said}"
        return (
            Result.UNKNOWN,
            f"{words}. {await self._status()}. To go on is to run it once more, which a person decides",
        )

    def _told(self, settled: Entry) -> Done:
        body = settled.fact.body
        reason = str(body["reason"])
        if body["result"] == Result.UNKNOWN:
            raise StepUnknown(reason)
        if body["result"] == Result.FAILED:
            raise StepFailed(reason)
        shown = ("machine", "exit_code", "output", "launch")
        return Done(note=reason, evidence={name: body[name] for name in shown})

    async def _status(self) -> str:
        """What the database says of itself, asked through a machine of the app that runs."""
        if not self.params.status:
            return "Look at the database before anything else is done"
        command, app = " ".join(self.params.status), self.params.app
        try:
            machine = next((one for one in await self.deps.fleet.machines(app) if one.healthy), None)
            if machine is None:
                return f"“{command}” could not be asked: no machine of {app} is healthy"
            ran = await self.deps.jobs.execute(app, machine.id, self.params.status, within=FlyExec.LONGEST_READ)
        except Outage as outage:
            return f"“{command}” could not be asked: {outage.system} {outage.advice}"
        said = " / ".join(self.deps.redactor.text(f"{ran.stdout}\n{ran.stderr}").split("\n")[:LINES]).strip(" /")
        return f"“{command}” on {machine.tag} says: {said or f'nothing, exit code {ran.exit_code}'}"

    async def _looked_at_again(self, known: Known) -> Known:
        """Nobody knew how it ended: perhaps Fly shows it by now. Raises StepUnknown while it still runs."""
        if known.intent is None or not known.decided:
            return known
        launch = self._launch(known.intent, known.begun)
        ended = await launch.look()
        if ended is not None:
            await self._settle(known.intent, ended)
            return await self.known()
        left = await self.deps.jobs.launched(self.params.app, launch.job.launch)
        if any(machine.began and not machine.is_gone for machine in left):
            raise StepUnknown(f"{self.command} still runs on its machine: a second one beside it would do harm")
        await launch.sweep()
        return known

    async def _broken_off(self, known: Known, intent: Entry) -> Known:
        launch = self._launch(intent, known.begun)
        try:
            ended = await launch.look()
            called_off = ended is None and await launch.is_called_off()
        except Outage:
            return known
        if ended is not None:
            await self._settle(intent, ended)
        elif called_off:
            await self._note("settled", result=Result.FAILED, reason=f"{self.command} was broken off before it began")
        return await self.known()

    def _launch(self, intent: Entry, begun: Begun | None) -> Launch:
        body = intent.fact.body
        job = Job(
            app=self.params.app,
            launch=str(body["launch"]),
            image=ImageDigest(str(body["image"])),
            command=self.params.command,
        )
        return Launch(
            deps=self.deps,
            job=job,
            within=self.params.timeout,
            begun=begun,
            intends=self._intend_start,
            still_wanted=self.still_wanted,
        )

    @property
    def command(self) -> str:
        return f"“{' '.join(self.params.command)}”"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(OSLO):%H:%M:%S}"
