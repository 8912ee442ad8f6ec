"""Before the first mutation: what was approved, by whom and under which rules is looked at once more."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from checklist.assembly import assemble
from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.errors import Gone, Outage
from checklist.fly_releases import FlyRelease, ReleaseStatus
from checklist.kinds import Check
from checklist.marks import MarkState, Verdict
from checklist.moves import Status
from checklist.people import Team
from checklist.plan import Machine
from checklist.ports import Announcer, Fleet, Jobs, PlanFile, Volumes
from checklist.record import Json
from checklist.secrets import Secret
from checklist.words import ImageDigest, MachineId, NeededFor, Role, StrategyName
from runs.book import preflight
from runs.deploy import touch
from runs.deps import RunDeps
from runs.rollout import Stopped
from runs.survey import survey
from tests.checklist.builders import (
    INSIDE,
    NEW,
    OLD,
    PASSED,
    WINDOW,
    alem,
    item,
    john,
    ready_to_submit,
    settle_needed,
    shipped,
    start,
)
from tests.commands.office import Office, OneImage

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, SECOND = MachineId("148e0001"), MachineId("148e0002")


def machine(id: MachineId, digest: ImageDigest = OLD, tag: str = "v0.4.9", **env: str) -> Machine:
    config: Mapping[str, Json] = {"image": f"registry.fly.io/drop-app:{tag}", "env": {"LOG_LEVEL": "info", **env}}
    return Machine(
        id=id, instance_id=f"01{id}{tag}{len(env)}", state="started", digest=digest, tag=tag, config=config, checks={}
    )


@dataclass(slots=True)
class Production:
    """Fly's machines, as far as a survey looks at them."""

    seen: tuple[Machine, ...]

    async def machines(self, app: str) -> tuple[Machine, ...]:
        return self.seen

    async def machine(self, app: str, id: MachineId) -> Machine:
        raise Gone("Fly", "404")

    async def secrets(self, app: str) -> Mapping[str, Secret]:
        return {"JWT_SECRET": Secret(digest="aa11", updated_at=LONG_AGO)}


class Releases:
    """Fly's list of releases, which is away."""

    async def create(self, app: str, *, image: str, strategy: StrategyName) -> FlyRelease:
        raise Outage("Fly", "500")

    async def update(self, release: FlyRelease, status: ReleaseStatus, *, trouble: str = "") -> None:
        raise Outage("Fly", "500")

    async def newest(self, app: str) -> tuple[FlyRelease, ...]:
        raise Outage("Fly", "500")


async def passes(check: Check) -> Verdict:
    return PASSED


def deps_of(office: Office, production: Production, checklist: Checklist) -> RunDeps:
    nobody: object = None  # what a preflight never speaks to
    return RunDeps(
        record=office.record,
        checklist=checklist,
        calendar=Calendar(checklist.window),
        clock=office.clock,
        fleet=cast(Fleet, production),
        jobs=cast(Jobs, nobody),
        volumes=cast(Volumes, nobody),
        registry=OneImage(),
        releases=Releases(),
        checkers={},
        unconnected=passes,
        announcer=cast(Announcer, nobody),
        aside=office.desk.aside,
        is_runner=lambda: True,
        owner="test",
        agent="drop-bot/test",
        plan_file=cast(PlanFile, nobody),
        strategies={},
    )


@pytest.fixture
def production() -> Production:
    return Production((machine(FIRST), machine(SECOND)))


@pytest.fixture
async def begun(tmp_path: Path, production: Production) -> AsyncIterator[tuple[Office, Deployment]]:
    """A deployment that was approved for these machines, and started."""
    office = Office(tmp_path)
    yield office, await begin(office, production)
    office.closes()


async def begin(office: Office, production: Production) -> Deployment:
    ready = ready_to_submit()
    seen = await survey(deps_of(office, production, shipped()), ready)
    asked = ready.submitted(assemble(ready, seen, shipped()), by=john(), checklist=shipped())
    assert asked.plan is not None
    signed = asked.approved(by=alem(), plan=asked.plan.digest, at=INSIDE, team=shipped().team)
    return office.puts(start(settle_needed(signed, NeededFor.START)), app=asked.app)


async def test_what_is_as_it_was_approved_goes_on(begun: tuple[Office, Deployment], production: Production) -> None:
    office, deployment = begun

    assert await preflight(deps_of(office, production, shipped()), deployment.id)
    assert [fact.kind for fact in office.entries()][-1] == "plan.confirmed"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (machine(SECOND, NEW, "v0.5.0"), "machine 148e0002 now runs v0.5.0 (555555555555), not v0.4.9 (444444444444)"),
        (machine(SECOND, DEBUG="1"), "DEBUG was added in the environment of machine 148e0002"),
        (machine(SECOND, LOG_LEVEL="debug"), "LOG_LEVEL was changed in the environment of machine 148e0002"),
        (
            machine(SECOND, MAINTENANCE_MODE="true"),
            "machine 148e0002 now has MAINTENANCE_MODE set to “true”, not unset",
        ),
        (machine(MachineId("148e0003")), "machine 148e0002 is gone; machine 148e0003 is new, and runs v0.4.9"),
    ],
)
async def test_what_was_changed_by_hand_is_named_and_nothing_is_begun(
    begun: tuple[Office, Deployment], production: Production, changed: Machine, words: str
) -> None:
    office, deployment = begun
    production.seen = (machine(FIRST), changed)

    assert not await preflight(deps_of(office, production, shipped()), deployment.id)

    after = office.deployment(deployment.id)
    assert (after.status, after.plan, after.mutated) == (Status.PREPARING, None, False)
    assert after.reason.startswith(f"the plan changed: {words}")
    assert any(words in text for text in office.notices().values())


@pytest.mark.parametrize(("hours", "goes_on"), [(71, True), (80, False)])
async def test_a_rehearsal_counts_for_three_days_and_is_not_done_again_before_the_start(
    begun: tuple[Office, Deployment], production: Production, hours: int, goes_on: bool
) -> None:
    office, deployment = begun
    rehearsed = item("rollback-rehearsed").id
    with office.record.work() as work:
        mark = replace(deployment.mark(rehearsed), evidence={"acted_at": (INSIDE - timedelta(hours=hours)).isoformat()})
        work.deployments.save(replace(deployment, marks={**deployment.marks, rehearsed: mark}))
        work.commit()

    assert await preflight(deps_of(office, production, shipped()), deployment.id) is goes_on

    after = office.deployment(deployment.id)
    assert after.status is (Status.DEPLOYING if goes_on else Status.PREPARING)
    assert after.mark(rehearsed).state is (MarkState.PASSED if goes_on else MarkState.INCONCLUSIVE)
    assert goes_on or "done 80 h ago, and counts for 72 h" in after.mark(rehearsed).note
    assert "rehearsal.begun" not in [fact.kind for fact in office.entries()]


async def test_the_next_plan_is_made_of_what_was_seen_then(
    begun: tuple[Office, Deployment], production: Production
) -> None:
    office, deployment = begun
    production.seen = (machine(FIRST), machine(SECOND, NEW, "v0.5.0"))
    await preflight(deps_of(office, production, shipped()), deployment.id)

    await office.says(john(), f"/drop submit {deployment.id}")

    plan = office.deployment(deployment.id).plan
    assert plan is not None
    assert [planned.version for planned in plan.machines] == ["v0.4.9", "v0.5.0"]


async def test_a_signer_who_lost_the_role_after_the_start_is_found_out_before_the_first_mutation(
    begun: tuple[Office, Deployment], production: Production
) -> None:
    office, deployment = begun
    team = shipped().team
    demoted = replace(shipped(), team=Team(people=team.people, roles={**team.roles, Role.APPROVER: ()}))

    assert not await preflight(deps_of(office, production, demoted), deployment.id)

    assert office.deployment(deployment.id).reason == "Alem Bašić, who signed it, may no longer approve"
    assert [fact.kind for fact in office.entries()][-1] == "approval.voided"


async def test_a_window_that_closes_between_start_and_first_mutation_ends_the_approval(
    begun: tuple[Office, Deployment], production: Production
) -> None:
    office, deployment = begun
    office.clock.at = WINDOW.closes

    assert not await preflight(deps_of(office, production, shipped()), deployment.id)
    assert [fact.kind for fact in office.entries()][-1] == "approval.expired"


async def test_an_approval_that_is_withdrawn_in_the_last_moment_keeps_production_untouched(
    begun: tuple[Office, Deployment], production: Production
) -> None:
    office, deployment = begun

    await office.says(alem(), f"/drop withdraw {deployment.id} not tonight after all")

    with pytest.raises(Stopped):
        await touch(deps_of(office, production, shipped()), deployment)
    assert not office.deployment(deployment.id).mutated
