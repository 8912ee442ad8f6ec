"""A migration whose end nobody knows, its order, and the snapshot before it: everything real but HTTP."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from checklist.books import deploy_book
from checklist.deployment import Deployment
from checklist.errors import Outage
from checklist.jobs import OneOff
from checklist.marks import Mark, MarkState, Outcome, Verdict
from checklist.ports import Jobs
from checklist.record import Fact
from checklist.words import ItemId, MachineId, MigrateWhen
from runs.deploy import migrate_up
from runs.migrating import up
from runs.mutation import StepFailed, StepUnknown
from runs.prepare import verdict_of
from runs.rollout import Stopped
from sandbox import seed
from sandbox.fly.opening import TWO_MACHINES
from sandbox.fly.plan import Kind, PlannedFault
from sandbox.fly.programs import Database
from tests.checklist.builders import item, release, shipped
from tests.generated.jobs import MemoryJobs
from tests.generated.wires import Death
from tests.runs.production import APP, Production

UP = ItemId("migrate-up")
BACKUP = ItemId("backup-taken")


class Blind(MemoryJobs):
    """It is never shown how a command ended."""

    async def look(self, app: str, id: MachineId) -> OneOff:
        return replace(await MemoryJobs.look(self, app, id), exit_code=None)


@dataclass(frozen=True, slots=True)
class Dying:
    """The port Jobs of a process that dies at its n-th call: before it leaves, or before its answer is heard."""

    jobs: MemoryJobs
    last: int
    unheard: bool
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, method: str) -> Callable[..., Awaitable[object]]:
        async def made(*arguments: object, **more: object) -> object:
            self.calls.append(method)
            dies = len(self.calls) == self.last
            if dies and not self.unheard:
                raise Death
            answer: object = await getattr(self.jobs, method)(*arguments, **more)
            if dies:
                raise Death
            return answer

        return made


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return Production(tmp_path, TWO_MACHINES)


def database(production: Production) -> Database:
    return production.platform.apps[APP].runtime.programs.database


def begun(production: Production) -> int:
    return database(production).begun["db:migrate", "0.5.0"]


async def migrates(production: Production, deployment: Deployment) -> str:
    """The step as the run carries it out."""
    step = deployment.step(UP)
    assert step is not None
    return (await migrate_up(production.deps, deployment, step, in_window=False)).note


def decides(production: Production, deployment: Deployment) -> None:
    """A person has the step that halted done once more."""
    with production.office.record.work() as work:
        work.journal.append(
            Fact(kind="deployment.retried", at=production.time.now(), by="john", deployment=deployment.id)
        )
        work.commit()


def settled(production: Production) -> list[str]:
    with production.office.record.look() as work:
        facts = [entry.fact for entry in work.journal.entries()]
    return [str(fact.body["result"]) for fact in facts if fact.kind == "migration.settled"]


async def test_a_migration_that_never_ends_is_unknown_and_no_second_one_begins_beside_it(
    production: Production,
) -> None:
    deployment = await production.is_started()
    production.faults.switch("migration-hangs", on=True)

    with pytest.raises(StepUnknown, match=r"was started at .* nobody knows how it ended: no end was seen within"):
        await migrates(production, deployment)
    with pytest.raises(StepUnknown, match="nobody knows how it ended"):
        await migrates(production, deployment)
    decides(production, deployment)
    with pytest.raises(StepUnknown, match="still runs on its machine"):
        await migrates(production, deployment)

    assert begun(production) == 1


async def test_an_end_that_shows_itself_later_counts_and_nothing_runs_again(
    production: Production,
) -> None:
    deployment = await production.is_started()
    blind = replace(production.deps, jobs=Blind(production.fleet))
    step = deployment.step(UP)
    assert step is not None
    with pytest.raises(StepUnknown, match="Fly shows no exit of it"):
        await migrate_up(blind, deployment, step, in_window=False)
    decides(production, deployment)

    assert "ended with exit code 0" in await migrates(production, deployment)

    assert begun(production) == 1
    assert settled(production) == ["unknown", "succeeded"]


async def test_what_has_succeeded_is_told_again_and_not_done_again(production: Production) -> None:
    deployment = await production.is_started()
    first = await migrates(production, deployment)
    decides(production, deployment)

    assert await migrates(production, deployment) == first

    assert begun(production) == 1


@pytest.mark.parametrize("unheard", [False, True], ids=["unsent", "unheard"])
async def test_a_migration_runs_once_wherever_the_process_dies(tmp_path: Path, unheard: bool) -> None:
    last, died = 1, True
    while died:
        folder = tmp_path / str(last)
        folder.mkdir()
        production = Production(folder, TWO_MACHINES)
        deployment = await production.is_started()
        jobs = Dying(MemoryJobs(production.fleet), last, unheard)
        step = deployment.step(UP)
        assert step is not None
        died = False
        try:
            await migrate_up(replace(production.deps, jobs=cast(Jobs, jobs)), deployment, step, in_window=False)
        except Death:
            died = True

        assert "ended with exit code 0" in await migrates(production, deployment)

        assert begun(production) == 1
        last += 1
    assert {"create", "start", "look", "launched", "output"} <= set(jobs.calls)


async def test_a_migration_that_nobody_wants_any_more_is_not_begun(production: Production) -> None:
    deployment = await production.is_started()
    production.is_halted(deployment.id)

    with pytest.raises(Stopped):
        await migrates(production, deployment)

    assert begun(production) == 0


async def test_a_rollback_settles_what_it_broke_off_before_it_began(production: Production) -> None:
    deployment = await production.is_started()
    deployment = await production.deps.change(deployment.id, lambda found, work: found.touched())
    production.is_halted(deployment.id)
    with pytest.raises(Stopped):
        await migrates(production, deployment)

    migration = up(production.deps, deployment)
    assert migration is not None

    assert "was broken off before it began" in await migration.overtaken()
    assert settled(production) == ["failed"]


@pytest.mark.parametrize("kind", [Kind.REJECT, Kind.TIMEOUT_BEFORE_APPLY])
async def test_a_rollback_takes_away_a_machine_that_was_told_to_start_and_did_not(
    production: Production, kind: Kind
) -> None:
    deployment = await production.is_started()
    deployment = await production.deps.change(deployment.id, lambda found, work: found.touched())
    production.platform.plan.routes["POST start_machine"] = False
    production.platform.plan.add(PlannedFault(kind=kind, route="POST start_machine", forever=True))
    with pytest.raises(StepFailed if kind is Kind.TIMEOUT_BEFORE_APPLY else Outage):
        await migrates(production, deployment)
    production.platform.plan.clear()

    migration = up(production.deps, deployment)
    assert migration is not None

    assert "was broken off before it began" in await migration.overtaken()
    assert begun(production) == 0
    production.time.passes(1)
    assert [machine.id for machine in production.platform.machines(APP)] == [*seed.PRODUCTION_MACHINES]


def test_an_app_that_migrates_before_its_rollout_has_that_step_first_and_verifies_it_afterwards() -> None:
    before = replace(shipped(), production=replace(shipped().production, migrate=MigrateWhen.BEFORE))

    orders = {
        when: [step.id for step in deploy_book(release(), checklist)]
        for when, checklist in (("before", before), ("after", shipped()))
    }

    assert orders["before"][1:4] == ["maintenance-on", "migrate-up", "deploy-trigger"]
    assert orders["after"][2:6] == ["deploy-trigger", "deploy-watch", "migrate-up", "migrate-verify"]
    assert sorted(orders["before"]) == sorted(orders["after"])


async def test_before_the_rollout_a_migration_begins_only_inside_the_window(production: Production) -> None:
    deployment = await production.is_started()
    production.time.passes(timedelta(hours=6).total_seconds())
    step = deployment.step(UP)
    assert step is not None

    with pytest.raises(StepFailed, match="the window closed before the migration was begun"):
        await migrate_up(production.deps, deployment, step)

    assert begun(production) == 0


# Snapshots


def volume(production: Production) -> list[str]:
    """The ids of the snapshots that the database's volume has by now."""
    volumes = production.platform.volumes
    listed = volumes.snapshots(volumes.named(seed.DATABASE_APP, seed.DATABASE_VOLUME))
    return [str(one["id"]) for one in listed if one["id"]]


async def is_backed_up(production: Production, deployment: Deployment) -> Verdict:
    """Somebody asks for the backup."""
    asked = {**deployment.marks, BACKUP: Mark(state=MarkState.CHECKING)}
    return await verdict_of(production.deps, replace(deployment, marks=asked), item(BACKUP))


async def test_a_snapshot_is_asked_for_once_and_passes_when_it_is_made(production: Production) -> None:
    deployment = await production.is_started()
    before = volume(production)

    verdict = await is_backed_up(production, deployment)

    new = [id for id in volume(production) if id not in before]
    assert verdict.outcome is Outcome.PASSED
    assert [verdict.evidence["snapshot"]] == new
    assert {"digest", "size", "retention_days", "created_at"} <= set(verdict.evidence)


async def test_a_snapshot_that_is_young_enough_is_used_instead(production: Production) -> None:
    deployment = await production.is_started()
    first = await is_backed_up(production, deployment)
    production.time.passes(600)

    second = await is_backed_up(production, deployment)

    assert second.evidence["snapshot"] == first.evidence["snapshot"]
    assert "was taken a short while ago" in second.reason


async def test_a_snapshot_that_fails_or_never_comes_is_no_backup(production: Production) -> None:
    deployment = await production.is_started()

    production.faults.switch("snapshot-fails", on=True)
    failed = await is_backed_up(production, deployment)
    production.faults.switch("snapshot-hangs", on=True)
    late = await is_backed_up(production, deployment)

    assert failed.outcome is Outcome.FAILED
    assert late.outcome is Outcome.INCONCLUSIVE
    assert "no snapshot of vol_0drop was made within 10 minutes" in late.reason
