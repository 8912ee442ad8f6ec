"""A deployment in the middle, and no bot: the record as a bot left it, and production as it left that."""

from dataclasses import dataclass, replace
from pathlib import Path

from bot.rollback import Asked, roll_back
from bot.settings import Settings
from checklist.assembly import assemble
from checklist.deployment import Deployment
from checklist.plan import Plan, PlannedMachine, Survey, config_hash, with_image
from checklist.record import Entry, Fact
from checklist.words import DeploymentId, ImageDigest, MachineId
from sandbox import seed
from sandbox.fly.images import Reference
from sandbox.server import Sandbox
from storage.engine import record_engine
from storage.files import PLAN_FILE, SIDE_RECORD, beside
from storage.plan_file import JsonPlanFile
from storage.upgrade import upgrade
from storage.work import SqlRecord, no_queue
from tests.checklist import builders
from tests.checklist.builders import INSIDE

CR = DeploymentId("CR-001")
REASON = "The error rate went up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Both machines run v0.5.0, the record and the plan file know of CR-001, and nobody serves."""

    settings: Settings
    sandbox: Sandbox
    plan: Plan

    @property
    def database(self) -> Path:
        return beside(self.settings.database_url, "")

    @property
    def side(self) -> Path:
        return beside(self.settings.database_url, SIDE_RECORD)

    @property
    def record(self) -> SqlRecord:
        return SqlRecord(record_engine(self.settings.database_url), no_queue)

    async def rolls_back(self, by: str = "alem", deployment: str = CR) -> tuple[int, str]:
        """The exit code of `drop-bot rollback`, and all that it said."""
        said: list[str] = []
        code = await roll_back(self.settings, Asked(deployment=deployment, by=by, reason=REASON), said.append)
        return code, "\n".join(said)

    def deployment(self) -> Deployment:
        with self.record.look() as work:
            return work.deployments.get(CR)

    def side_entries(self) -> list[Entry]:
        with SqlRecord(record_engine(f"sqlite:///{self.side}"), no_queue).look() as work:
            return list(work.journal.entries())

    def entries(self, kind: str = "") -> list[Entry]:
        with self.record.look() as work:
            return [entry for entry in work.journal.entries() if kind in ("", entry.fact.kind)]

    def runs_on(self) -> set[str | None]:
        """The versions that production's machines run."""
        return {shown["tag"] for shown in self.sandbox.world.platform.snapshot()[seed.PRODUCTION_APP]}

    def updates(self) -> int:
        """How many machine updates Fly was sent."""
        log = self.sandbox.world.platform.log
        paths = [entry["path"] for entry in log if entry["method"] == "POST"]
        return sum(path.rpartition("/")[2] in seed.PRODUCTION_MACHINES for path in paths)


def begin(sandbox: Sandbox, settings: Settings) -> Begun:
    """Put the record, the plan file and the machines there."""
    plan = _plan(sandbox)
    beside(settings.database_url, "").unlink()
    engine = record_engine(settings.database_url)
    upgrade(engine)  # the record alone: no engine of the runs has been here
    halted = _halted()
    assert halted.approval is not None
    deployment = replace(halted, plan=plan, approval=replace(halted.approval, plan=plan.digest), mutated=True)
    with SqlRecord(engine, no_queue).work() as work:
        work.deployments.add(deployment)
        work.journal.append(Fact(kind="plan.exported", at=INSIDE, by="bot", deployment=CR, body={"key": plan.digest}))
        work.commit()
    engine.dispose()
    JsonPlanFile(beside(settings.database_url, PLAN_FILE)).write(plan)
    _deploy(sandbox, plan)
    return Begun(settings=settings, sandbox=sandbox, plan=plan)


def _halted() -> Deployment:
    what = builders.release(migrations=False, maintenance=False)
    asked = builders.awaiting(builders.ready_to_submit(builders.opened(what=what)))
    return builders.start(builders.approved(asked)).halted("prod-health: answered 503")


def _plan(sandbox: Sandbox) -> Plan:
    """The plan of the release, made of the machines that the sandbox has."""
    platform = sandbox.world.platform
    new, old = (platform.registry.tagged(tag) for tag in ("v0.5.0", "v0.4.2"))
    assert new is not None
    assert old is not None
    machines = tuple(
        PlannedMachine(
            id=MachineId(machine.id),
            instance_id=machine.version.id,
            digest=ImageDigest(old.digest),
            version="v0.4.2",
            maintenance="false",
            env={},
            config_hash=config_hash(
                with_image(machine.version.config, app=seed.PRODUCTION_APP, image=ImageDigest(new.digest), tag="v0.5.0")
            ),
        )
        for machine in platform.machines(seed.PRODUCTION_APP)
    )
    running = ImageDigest(old.digest)
    survey = Survey(at=INSIDE, machines=machines, running=running, running_version="v0.4.2", secrets={})
    deployment = replace(_halted(), release=replace(_halted().release, digest=ImageDigest(new.digest)))
    return assemble(deployment, survey, builders.shipped())


def _deploy(sandbox: Sandbox, plan: Plan) -> None:
    """Both machines are moved to the new image, as the rollout did before it halted."""
    platform = sandbox.world.platform
    for machine in platform.machines(seed.PRODUCTION_APP):
        config = with_image(machine.version.config, app=seed.PRODUCTION_APP, image=plan.image, tag="v0.5.0")
        reference = Reference.parse(str(config["image"]))
        assert reference
        machine.update(config, reference, platform.registry.pulled(reference), launch=True)
