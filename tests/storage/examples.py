"""Deployments with something in every field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from checklist.calendar import Window
from checklist.deployment import Approval, Deployment, Signature
from checklist.kept import KeptConfig
from checklist.marks import Mark, MarkState
from checklist.moves import OVER, Status
from checklist.plan import Plan, PlannedMachine, Result, Survey
from checklist.ports import Record
from checklist.record import Fact, Json
from checklist.release import Release
from checklist.standings import MachineStanding, Standings
from checklist.steps import Book, Step, StepState
from checklist.words import DeploymentId, ImageDigest, ItemId, MachineId, PersonId, Restores, Role
from storage.work import SqlRecord, no_queue

NIGHT = datetime(2026, 11, 25, 1, 30, 0, 250, tzinfo=UTC)
WINDOW = Window(NIGHT - timedelta(minutes=30), NIGHT + timedelta(hours=3))
JOHN, ALEM = PersonId("john"), PersonId("alem")
IMAGE, BEFORE = ImageDigest("sha256:" + "a" * 64), ImageDigest("sha256:" + "b" * 64)
CR_1, CR_2 = DeploymentId("CR-001"), DeploymentId("CR-002")
HEALTH, QA = ItemId("staging-health"), ItemId("staging-qa")

RELEASE = Release(
    version="0.5.0",
    image="registry.fly.io/drop-app:v0.5.0",
    digest=IMAGE,
    commit="a1b2c3d",
    customers="Faster transfers — også på norsk 🚀",
    risk="low",
    security="none",
    outcome="p95 under 200 ms",
    migrations=True,
    maintenance=False,
)
MACHINES = (
    PlannedMachine(
        id=MachineId("e28"),
        instance_id="01A",
        digest=BEFORE,
        version="0.4.9",
        maintenance=None,
        env={"LOG_LEVEL": "e0"},
        config_hash="c" * 64,
    ),
)
SURVEY = Survey(at=NIGHT, machines=MACHINES, running=BEFORE, running_version="0.4.9", secrets={"DATABASE_URL": "d1"})
CONFIG = KeptConfig(
    machine=MachineId("e28"),
    instance_id="01A",
    body={"env": {"LOG_LEVEL": "info", "DATABASE_URL": None}, "services": []},
    hidden={"/env/DATABASE_URL": "0123456789ab"},
)
STANDINGS = Standings(
    at=NIGHT,
    machines=(
        MachineStanding(
            id=MachineId("e28"),
            instance_id="01B",
            version="v0.5.0",
            state="started",
            passing=1,
            checks=2,
            changed=True,
            differs=("/env/LOG_LEVEL",),
        ),
    ),
    secrets=("DATABASE_URL",),
    trouble="none",
)


def plan(id: DeploymentId, *, version: str = "0.5.0") -> Plan:
    return Plan(
        deployment=id,
        version=version,
        app="drop-app",
        image=IMAGE,
        rollback_version="0.4.9",
        rollback=BEFORE,
        machines=MACHINES,
        maintenance=False,
        commands=("npm run db:migrate",),
        secrets={"DATABASE_URL": "d1"},
        requester=JOHN,
        engineer=JOHN,
        window=f"{WINDOW.opens.isoformat()}/{WINDOW.closes.isoformat()}",
        checklist="f" * 64,
        results=(Result(item=HEALTH, state="passed", by="bot"),),
    )


def opened(id: DeploymentId = CR_1, *, app: str = "drop-app") -> Deployment:
    """A deployment that has just begun."""
    return Deployment(
        id=id,
        app=app,
        release=RELEASE,
        requester=JOHN,
        engineer=JOHN,
        window=WINDOW,
        checklist="f" * 64,
        opened_at=NIGHT,
        marks={HEALTH: Mark(state=MarkState.PASSED, by="bot", at=NIGHT, evidence={"status": 200}), QA: Mark()},
    )


def submitted(id: DeploymentId = CR_1) -> Deployment:
    return replace(opened(id), status=Status.AWAITING_APPROVAL, plan=plan(id))


def signed(deployment: Deployment, at: datetime = NIGHT) -> Deployment:
    """The same deployment with Alem's signature under its plan."""
    assert deployment.plan
    approval = Approval(by=ALEM, plan=deployment.plan.digest, at=at, ends=WINDOW.closes)
    return replace(deployment, status=Status.APPROVED, approval=approval)


def in_status(status: Status) -> Deployment:
    """A deployment in this status with every field filled, whether or not its life would fill it."""
    steps = (
        Step(id=ItemId("announce-start"), book=Book.DEPLOY, text="Say so", role=Role.DEPLOY_ENGINEER),
        Step(
            id=ItemId("rb-deploy"),
            book=Book.ROLLBACK,
            text="Bring 0.4.9 back",
            role=Role.ROLLBACK_OWNER,
            state=StepState.UNKNOWN,
            actor="bot",
            started_at=NIGHT,
            ended_at=NIGHT + timedelta(minutes=1),
            note="no answer",
            evidence={"machines": ["e28"]},
        ),
    )
    return replace(
        signed(submitted()),
        status=status,
        steps=steps,
        signatures=tuple(Signature(sign_off=ItemId("signoff-pre"), by=by, at=NIGHT) for by in (JOHN, ALEM)),
        attempts={"deploy": 2, "rollback": 1},
        mutated=True,
        restores=Restores.CONFIG,
        standings=STANDINGS,
        deployed_at=NIGHT + timedelta(minutes=9),
        ended_at=NIGHT + timedelta(hours=1) if status in OVER else None,
        reason="rb-deploy: no answer",
    )


def fact(kind: str = "deployment.opened", deployment: DeploymentId | None = CR_1, **body: Json) -> Fact:
    return Fact(kind=kind, at=NIGHT, by=JOHN, deployment=deployment, body=body)


def keep(record: Record, deployment: Deployment) -> None:
    """Add it to the record and commit."""
    with record.work() as work:
        work.deployments.add(deployment)
        work.commit()


def keep_change(record: Record, deployment: Deployment) -> Deployment:
    """Save it in a transaction of its own."""
    with record.work() as work:
        saved = work.deployments.save(deployment)
        work.commit()
    return saved


def kept(record: SqlRecord, id: DeploymentId = CR_1) -> Deployment:
    """As it is read by whoever knew nothing of it, which is how whoever wrote it knows it."""
    with afresh(record).look() as work:
        found = work.deployments.get(id)
    with record.look() as work:
        assert work.deployments.get(id) == found
    return found


def afresh(record: SqlRecord) -> SqlRecord:
    """The same database, as another process sees it."""
    return SqlRecord(record._writers, no_queue)
