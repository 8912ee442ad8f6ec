"""When the record cannot be used: how it is restored, what a rollback knows without it, and what is left for hands."""

from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from checklist.deployment import Deployment
from checklist.errors import RecordDamaged, RecordOutage
from checklist.moves import Status
from checklist.plan import Plan
from checklist.ports import Clock, Record
from checklist.release import Release
from checklist.words import DeploymentId
from storage.engine import record_engine
from storage.upgrade import make_sound
from storage.work import SqlRecord, no_queue


def restore_steps() -> tuple[str, ...]:
    """From a record that cannot be used to one that can; docs/runbook.md has the commands at length."""
    return (
        "Restore the database from a backup:",
        "  1. Stop the bot. Keep the file as it is, under another name, with its -wal and -shm.",
        "  2. If production must go back now: drop-bot rollback CR-nnn --by PERSON --reason WORDS",
        "  3. Put the newest backup in its place. No -wal and -shm of the old file may stay beside it.",
        "  4. drop-bot audit verify, then drop-bot doctor, then drop-bot run.",
    )


def unreadable(outage: RecordOutage) -> tuple[str, ...]:
    """What a shell says of a record that it cannot read."""
    return (f"{outage}.", *(restore_steps() if isinstance(outage, RecordDamaged) else ()))


def side_record(path: Path, plan: Plan, clock: Clock, stack: AsyncExitStack) -> Record:
    """A record of its own for the deployment that the plan is of. Raises RecordOutage, ChainBroken, NewerDatabase."""
    engine = record_engine(f"sqlite:///{path}")
    stack.callback(engine.dispose)
    make_sound(engine)
    record = SqlRecord(engine, no_queue, clock.now)
    with record.work() as work:
        if work.deployments.last() is None:
            work.deployments.add(stand_in(plan, at=clock.now()))
            work.commit()
    return record


def stand_in(plan: Plan, *, at: datetime) -> Deployment:
    """The deployment as far as its plan tells: begun, and halted by what happened to the record."""
    release = Release(
        version=plan.version,
        image=plan.image,
        digest=plan.image,
        commit="",
        customers="",
        risk="",
        security="",
        outcome="",
        migrations=bool(plan.commands),
        maintenance=plan.maintenance,
    )
    return Deployment(
        id=DeploymentId(plan.deployment),
        app=plan.app,
        release=release,
        requester=plan.requester,
        engineer=plan.engineer,
        window=None,
        checklist=plan.checklist,
        opened_at=at,
        status=Status.HALTED,
        plan=plan,
        mutated=True,
        reason="the record cannot be used",
    )


def by_hand(plan: Plan) -> tuple[str, ...]:
    """What a person types when nothing else is left: one machine after the other, each healthy before the next."""
    image = f"registry.fly.io/{plan.app}@{plan.rollback}"
    machines = (f"  fly machine update {machine.id} --app {plan.app} --image {image}" for machine in plan.machines)
    return (f"By hand, back to {plan.rollback_version}, one machine after the other:", *machines)
