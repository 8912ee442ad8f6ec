"""A world in memory with the real record in it: Fly.io, Slack, the clock, and one process of the bot after another."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from bot import asks
from bot.asks import Body
from bot.desk import Desk
from bot.members import Members
from checklist.assembly import FRESH
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.errors import Outage, Refusal
from checklist.jobs import ONE_OFF_GROUPS
from checklist.kinds import (
    CalendarOpen,
    CheckKind,
    FlyImageDigest,
    FlyMachineChecks,
    FlySecretsPresent,
    HttpProbe,
)
from checklist.marks import Verdict
from checklist.plan import PROCESS_GROUP
from checklist.ports import Announcer, Checker, Fleet, Jobs, Record, Registry, Releases, Volumes
from checklist.words import DeploymentId
from checks.calendar import CalendarChecks
from checks.fly import FlyChecks
from checks.reading import checker
from checks.unconnected import unconnected
from checks.verdicts import failed, passed
from commands.deps import Ask, Deps
from commands.expire import expire
from commands.usage import USAGE, verb_named
from fly.strategies import STRATEGIES
from runs.conduct import Conductor
from runs.deps import RunDeps
from runs.drift import DriftWatch
from sandbox import seed
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.fly.images import REGISTRY, Reference
from sandbox.fly.platform import Platform
from sandbox.history import Violation, check_history
from tests.generated import workplace
from tests.generated.clock import PassingTime
from tests.generated.engine import LANES, Engine
from tests.generated.fly import MemoryFleet, MemoryRegistry, MemoryReleases
from tests.generated.jobs import MemoryJobs, MemoryVolumes
from tests.generated.quiet import Accounts, Channel, Forgotten, WiredSleep
from tests.generated.slack import MemorySlack, Reader
from tests.generated.stores import Store
from tests.generated.wires import Wired, WiredRecord, Wires, wired
from tests.generated.workplace import PLAIN, Document, Extras, document

T = TypeVar("T")
LAST_ID = 16**14 - 1  # of two machines that are made the later one comes first: no order is left to chance
CANARY = "postgres://drop:canary-7f3a@db.internal/drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The bot as one process: what it was started with, and what ends with it."""

    wires: Wires
    checklist: Checklist
    desk: Desk
    conductor: Conductor
    reader: Reader
    watch: DriftWatch


class World:
    """Everything outside of the process, and the process that is alive."""

    def __init__(self, store: Store, day: int = 0, extras: Extras = PLAIN) -> None:
        self.store = store
        self.extras = extras
        self.first = self.day = day  # whose checklist is in force
        self.later: list[tuple[int, Document]] = []  # each later checklist, with the last entry before it
        self.time = PassingTime()
        self.next_n: Callable[[], int] = itertools.count(1).__next__
        clock = Clock(real=self.time.now)
        self.faults = Faults()
        self.platform = Platform(
            clock,
            self.faults,
            self.next_n,
            stopwatch=self.time.stopwatch,
            fleet=extras.fleet,
            new_id=lambda: f"{LAST_ID - self.next_n():014x}",
        )
        self.platform.durations.move += extras.slower
        for machine in self.platform.machines(seed.PRODUCTION_APP):
            config = machine.version.config
            config["env"] = {"MAINTENANCE_MODE": "false", "DATABASE_URL": CANARY}
            if machine.state == "started":  # one that stands still may do so for the sake of its services
                config.pop("services", None)  # a small one: it is hashed and copied all the time
            config["metadata"] = {"fly_platform_version": "v2", PROCESS_GROUP: config["metadata"][PROCESS_GROUP]}
        self.slack = MemorySlack(time=self.time, next_n=self.next_n)
        self.engine = Engine(store)
        self.process = self.starts()

    # Processes

    def starts(self, day: int | None = None, wires: Wires | None = None) -> Process:
        """A new process over the same record, perhaps with another checklist."""
        if day is not None:
            self.day = day
            self.later.append((self._last_entry(), document(day, self.extras)))
        wires, checklist = wires or Wires(), workplace.checklist(self.day, self.extras)
        self.slack.reconnects()
        record = cast(Record, WiredRecord(self.store.record, wires))
        reader = Reader(record=record, slack=self.slack, time=self.time)
        memory = MemoryFleet(self.platform, self.time, self.next_n)
        deps = self._deps(record, checklist, memory, wires)
        run_deps = self._run_deps(deps, reader, memory, wires)
        self.process = Process(
            wires=wires,
            checklist=checklist,
            desk=Desk(
                deps=deps,
                members=self._members(deps),
                aside=_at_once,
                urgent=_at_once,
                beside=_at_once,
                wake=lambda: None,
            ),
            conductor=Conductor(run_deps),
            reader=reader,
            watch=DriftWatch(deps=run_deps, wake=lambda: None),
        )
        return self.process

    def _deps(self, record: Record, checklist: Checklist, memory: MemoryFleet, wires: Wires) -> Deps:
        return Deps(
            record=record,
            checklist=checklist,
            calendar=workplace.calendar(self.day),
            clock=self.time,
            registry=cast(Registry, Wired("registry", MemoryRegistry(memory), wires)),
        )

    def _run_deps(self, deps: Deps, reader: Reader, memory: MemoryFleet, wires: Wires) -> RunDeps:
        fleet = cast(Fleet, Wired("fleet", memory, wires))
        return RunDeps(
            record=deps.record,
            checklist=deps.checklist,
            calendar=deps.calendar,
            clock=self.time,
            fleet=fleet,
            jobs=cast(Jobs, Wired("jobs", MemoryJobs(memory), wires)),
            volumes=cast(Volumes, Wired("volumes", MemoryVolumes(memory), wires)),
            registry=deps.registry,
            releases=cast(Releases, Wired("releases", MemoryReleases(memory), wires)),
            checkers=self._checkers(fleet, deps, wires),
            unconnected=unconnected,
            announcer=cast(Announcer, Wired("announcer", reader, wires)),
            aside=_at_once,
            is_runner=lambda: not wires.dead,
            owner="generated",
            agent="drop-bot/generated",
            plan_file=Forgotten(),
            strategies=STRATEGIES,
            drain=WiredSleep(wires),
        )

    def _checkers(self, fleet: Fleet, deps: Deps, wires: Wires) -> Mapping[CheckKind, Checker]:
        machines = FlyChecks(fleet, deps.registry)
        return {
            CheckKind.FLY_IMAGE_DIGEST: checker(FlyImageDigest, machines.image_digest),
            CheckKind.FLY_MACHINE_CHECKS: checker(FlyMachineChecks, machines.machine_checks),
            CheckKind.FLY_SECRETS_PRESENT: checker(FlySecretsPresent, machines.secrets_present),
            CheckKind.CALENDAR: checker(CalendarOpen, CalendarChecks(deps.calendar, self.time).open),
            CheckKind.HTTP_PROBE: checker(HttpProbe, wired("app.get", self._probe, wires)),
        }

    async def _probe(self, params: HttpProbe) -> Verdict:
        """The app answers where one of its machines is healthy."""
        app, health = seed.PRODUCTION_APP, self.platform.health
        up = any(health.healthy(machine) for machine in self.platform.machines(app))
        return passed(f"{params.url} answered", {"status": 200}) if up else failed("no answer", {"status": 503})

    def _members(self, deps: Deps) -> Members:
        """Everybody's accounts, as the workspace shows them; nobody has to wait for that."""
        return Members(
            directory=Accounts(),
            workspace=Channel(deps.checklist.workspace),
            record=deps.record,
            checklist=deps.checklist,
            aside=_at_once,
            clock=self.time,
        )

    # What happens

    async def is_asked(self, method: str, body: Body) -> str:
        """A payload reaches the bot; the refusal that came of it, by its name. Raises Death."""
        with self.slack.delivers(method, body):
            process = self.process
            try:
                await process.desk.perform(await self._ask(body))
            except Refusal as refusal:
                who = asks.user(body)
                known = process.checklist.team.by_slack(who)
                verb = str(body.get("text") or asks.verb(body))[:80]
                await process.desk.refused(refusal, by=known.id if known else who, verb=verb)
                return type(refusal).__name__
            except Outage:
                return "Outage"
        return ""

    async def _ask(self, body: Body) -> Ask:
        """As the listeners come to it."""
        members, user = self.process.desk.members, asks.user(body)
        by = await members.person(user, asks.teams(body), USAGE.get(asks.verb(body)))
        if "command" in body:
            ask = asks.typed(body, by)
        else:
            ask = asks.submitted(body, by) if "view" in body else asks.clicked(body, by)
        members.permit(user, verb_named(ask.verb))
        return ask

    def sweeps(self) -> None:
        """What is due by itself."""
        expire(self.process.desk.deps)

    async def is_watched(self) -> None:
        """Production is looked at, when it is time. Raises Death."""
        await self.process.watch.look_if_due()

    async def goes_on(self, *lanes: str) -> bool:
        """The next run is carried out; a death on the way is survived by a new process. Whether there was a run."""
        return await self.engine.goes_on(self.process.conductor, lanes or tuple(LANES))

    async def comes_to_rest(self) -> None:
        """Whatever is queued is done, and whatever is to be said is said."""
        while await self.goes_on():
            pass
        self.process.reader.says_all()

    def someone_changes_production(self) -> None:
        """Another hand sets a variable on the first production machine that serves."""
        machines = self.platform.machines(seed.PRODUCTION_APP)
        machine = next(one for one in machines if one.config["metadata"].get(PROCESS_GROUP) not in ONE_OFF_GROUPS)
        old = machine.version
        env = {**old.config["env"], "LOG_LEVEL": f"debug{self.next_n()}"}
        machine.update({**old.config, "env": env}, old.reference, old.image, launch=True)

    def release_is_ready(self) -> str:
        """Staging runs a version that production does not run yet. Returns the version."""
        running = {one["tag"] for one in self.platform.snapshot()[seed.PRODUCTION_APP]}
        version = next(version for version in ("0.5.0", "0.5.1") if f"v{version}" not in running or len(running) > 1)
        reference = Reference(REGISTRY, seed.IMAGE_REPOSITORY, f"v{version}", None)
        for machine in self.platform.machines(seed.STAGING_APP):
            machine.update(machine.version.config, reference, self.platform.registry.pulled(reference), launch=True)
        return version

    # What is left

    def newest(self) -> Deployment | None:
        with self.store.record.look() as work:
            return work.deployments.last()

    def drifted(self) -> bool:
        """Whether somebody has to say who changed production."""
        with self.store.record.look() as work:
            return work.production.drift(seed.PRODUCTION_APP) is not None

    def surveyed(self, id: DeploymentId) -> bool:
        """Whether the newest survey of the deployment is young enough for a plan."""
        with self.store.record.look() as work:
            survey = work.surveys.newest(id)
        return survey is not None and self.time.now() - survey.at < FRESH

    def violations(self) -> list[Violation]:
        """What does not hold of all that happened."""
        return check_history(
            self.store.entries(),
            self.platform.log,
            self.slack.log,
            document(self.first, self.extras),
            later=self.later,
            notices=self.store.notices(),
            cells=self.store.cells(),
            secrets=[CANARY],
        )

    def _last_entry(self) -> int:
        with self.store.record.look() as work:
            head = work.journal.head()
        return head.seq if head else 0


async def _at_once(work: Callable[[], T]) -> T:
    return work()
