"""What flyctl's own tests ask of bluegreen, under the names of those tests: of what is there, and of the whole way."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from checklist.deployment import Deployment
from checklist.errors import Ambiguous, Outage
from checklist.launches import Pairs, obstacle
from checklist.plan import LAUNCH_ID, Machine, PlannedMachine
from checklist.record import Json
from checklist.words import ImageDigest, MachineId
from fly.fleet import FlyFleet
from fly.strategies.bluegreen import BlueGreen
from fly.strategies.rolling import Rolling
from runs.mutation import StepFailed
from runs.replacement import Replacement
from sandbox.fly.opening import Fleet
from sandbox.fly.plan import Kind, PlannedFault
from tests.checklist import builders
from tests.checklist.builders import NEW, OLD
from tests.fly.servers import Odd, says
from tests.runs.production import APP, Opens, Production, opening

Config = dict[str, Json]
CHECKED: Config = {"checks": {"check1": {"type": "tcp"}}}
MANAGED: Json = {"fly_platform_version": "v2", "fly_process_group": "app"}
READ, CREATE = "GET get_machine", "POST create_machine"
ROUTES = {READ: True, CREATE: False} | {f"POST {deed}_machine": False for deed in ("cordon", "uncordon", "stop")}
ROUTES["DELETE destroy_machine"] = False


def blue(
    number: int = 1,
    *,
    config: Config = CHECKED,
    metadata: Json = MANAGED,
    state: str = "started",
    digest: ImageDigest = OLD,
    reachable: bool = True,
) -> Machine:
    return Machine(
        id=MachineId(f"148e{number:04}"),
        instance_id="01A",
        state=state,
        digest=digest,
        tag="",
        config={**config, "metadata": metadata},
        checks={},
        reachable=reachable,
    )


# What flyctl finds out before it makes anything.
CHECKS: dict[str, tuple[Config, bool]] = {
    "no checks at all": ({}, False),
    "top-level check": ({"checks": {"alive": {}}}, True),
    "service-level check only": ({"services": [{"checks": [{}]}]}, True),
    "service with no checks": ({"services": [{"checks": None}]}, False),
}


@pytest.mark.parametrize("row", CHECKS)
def test_a_fleet_is_replaced_only_if_somebody_can_tell_whether_the_new_machines_are_well(row: str) -> None:
    """TestMachineHasConfiguredChecks."""
    config, has_checks = CHECKS[row]

    assert obstacle([blue(config=config)]) == (
        "" if has_checks else "no machine has a health check, so nobody could tell whether the new ones are well"
    )


NOWHERE = ImageDigest("")
IMAGES: dict[str, tuple[Sequence[Machine], bool]] = {
    "TestDetectMultipleImageVersions_SingleImage": ([blue(1), blue(2), blue(3)], False),
    "TestDetectMultipleImageVersions_DifferentImages": ([blue(1), blue(2), blue(3, digest=NEW)], True),
    "TestDetectMultipleImageVersions_EmptyImageRefRefreshSucceeds": ([blue(1), blue(2, digest=NOWHERE)], False),
    "TestDetectMultipleImageVersions_UnreachableHostStatus_Proceeds": (
        [blue(1), blue(2), blue(3, digest=NOWHERE, reachable=False)],
        False,
    ),
    "TestDetectMultipleImageVersions_UnknownHostStatus_Proceeds": (
        [blue(1), blue(2), blue(3, digest=NEW, reachable=False)],
        False,
    ),
    "TestDetectMultipleImageVersions_UnreachableHost_Proceeds": (
        [*map(blue, range(36)), blue(37, digest=NOWHERE, reachable=False)],
        False,
    ),
    "TestDetectMultipleImageVersions_RealConflictStillBlocks": (
        [blue(1), blue(2, digest=NEW), blue(3, digest=NOWHERE, reachable=False)],
        True,
    ),
    "TestDetectMultipleImageVersions_GetError_Proceeds": ([blue(1), blue(2, digest=NOWHERE)], False),
}


@pytest.mark.parametrize("go_test", IMAGES)
def test_machines_of_several_images_are_refused_and_one_that_shows_none_is_not_another(go_test: str) -> None:
    blues, refused = IMAGES[go_test]

    assert obstacle(blues).startswith("the machines run several images") is refused


UNMANAGED: dict[str, Sequence[Machine]] = {
    "TestSetMachinesForDeploymentRejectsDetachedProcessGroupMachinesForBluegreen": [
        blue(9, metadata={"fly_process_group": "app"})
    ],
    "TestSetMachinesForDeploymentRejectsDetachedDefaultProcessGroupMachinesForBluegreen": [blue(9, metadata=None)],
    # flyctl replaces the others and leaves it; here whoever asks for bluegreen hears of it first
    "TestSetMachinesForDeploymentAllowsDetachedProcessGroupMachinesForBluegreenWithManagedMachines": [
        blue(1),
        blue(9, metadata={}),
    ],
    "TestSetMachinesForDeploymentDoesNotReportFilteredFlyLaunchMachinesAsDetached": [
        blue(9, metadata={}),
        blue(1),
        blue(2),
    ],
}


@pytest.mark.parametrize("go_test", UNMANAGED)
def test_a_machine_that_no_deployment_made_is_named_and_no_other(go_test: str) -> None:
    assert obstacle(UNMANAGED[go_test]) == "not made by a deployment (fly_platform_version is not v2): 148e0009"


@dataclass(frozen=True, slots=True)
class Still:
    """A machine that stands still, or not, in its group, with checks or without."""

    group: str
    still: bool = True
    checked: bool = True


STARTED: dict[str, tuple[Sequence[Still], set[int]]] = {
    "stopped group with checks forces the first machine": ([Still("app")], {0}),
    "stopped group without checks is left alone": ([Still("worker", checked=False)], set()),
    "group with a natural starter needs no forcing": ([Still("app"), Still("app", still=False)], set()),
    "multiple stopped in same group forces exactly one": ([Still("app")] * 3, {0}),
    "multiple stopped groups get one representative each": (
        [Still("app"), Still("worker"), Still("app"), Still("worker")],
        {0, 1},
    ),
    "only groups with checks get a representative": ([Still("app"), Still("worker", checked=False)], {0}),
    "and it is one that has checks": ([Still("app", checked=False), Still("app")], {1}),  # ours
}


@pytest.mark.parametrize("row", STARTED)
def test_in_a_group_that_stands_still_one_new_machine_is_started_if_that_proves_anything(row: str) -> None:
    """TestForceStartRepresentatives."""
    machines, forced = STARTED[row]
    seen = [
        blue(n, state="stopped" if one.still else "started", config=CHECKED if one.checked else {})
        for n, one in enumerate(machines)
    ]
    planned = tuple(_planned(machine.id, one.group) for machine, one in zip(seen, machines, strict=True))

    spots = Pairs(planned, {machine.id: machine for machine in seen}).formation().spots

    assert {n for n, spot in enumerate(spots) if spot.launch and not spot.warm} == forced
    assert all(spot.launch for spot in spots if spot.warm)


def _planned(id: MachineId, group: str) -> PlannedMachine:
    return replace(builders.survey().machines[0], id=id, group=group)


# The whole way.


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    with opening(tmp_path, ROUTES) as opens:
        yield opens


def replaces(production: Production, deployment: Deployment) -> Replacement:
    return Replacement(rollout=production.rollout(deployment, BlueGreen(0.33)))


def fails(production: Production, kind: Kind, route: str, *nths: int, forever: bool = False) -> None:
    production.platform.plan.add(*(PlannedFault(kind=kind, route=route, nth=n, forever=forever) for n in nths or (1,)))


def stands_still(production: Production) -> None:
    for machine in production.platform.machines(APP):
        machine.rest = "stopped"


def made(production: Production) -> list[Config]:
    """What was sent to make machines, answered or not."""
    calls = [one for one in production.platform.log if one["method"] == "POST"]
    return [cast(Config, one["body"]) for one in calls if str(one["path"]).endswith("/machines")]


def kinds(production: Production) -> list[str]:
    return [fact.kind for fact in production.office.entries()]


async def on(production: Production, deployment: Deployment) -> list[MachineId]:
    """The machines that serve the deployment's version."""
    there = (await production.machines()).values()
    return [one.id for one in there if one.digest == deployment.release.digest and not one.cordoned]


@pytest.mark.parametrize("machines", [1, 10], ids=["replace 1 machine", "replace 10 machine"])
async def test_as_many_new_machines_stand_where_the_old_ones_stood(opens: Opens, machines: int) -> None:
    """TestDeploy."""
    production = opens(Fleet(started=machines))
    deployment = await production.is_started()
    before = await production.machines()

    said = await replaces(production, deployment).run()

    assert said == f"{machines}/{machines} machines replaced by new ones"
    assert len(await on(production, deployment)) == machines
    assert not before.keys() & (await production.machines()).keys()


async def test_where_no_machine_is_none_is_made(opens: Opens) -> None:
    """TestDeploy/no existing machines."""
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    production.platform.apps[APP].machines.clear()

    with pytest.raises(StepFailed, match="no machine has a health check"):
        await replaces(production, deployment).run()

    assert made(production) == []


async def test_what_is_not_made_leaves_the_old_machines_as_they_were(opens: Opens) -> None:
    """TestDeploy/failed to launch machines."""
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    before = await production.machines()
    fails(production, Kind.REJECT, CREATE, forever=True)

    with pytest.raises(Outage, match="rejected"):
        await replaces(production, deployment).run()

    assert {id: one.instance_id for id, one in (await production.machines()).items()} == {
        id: one.instance_id for id, one in before.items()
    }


async def test_an_old_machine_on_a_lost_host_holds_nothing_up_and_is_named(opens: Opens) -> None:
    """TestDeploy/non-ok blue machine is skipped and force-destroyed: it is left, for nobody has said that it may go."""
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    lost = max(await production.machines())
    production.platform.apps[APP].machines[lost].host_status = "unreachable"

    said = await replaces(production, deployment).run()

    assert said == f"1/2 machines replaced by new ones; not replaced, for their hosts cannot be reached: {lost}"
    assert len(await on(production, deployment)) == 1


# The Go row: the ways in which making one machine goes wrong at first, how often it is asked for, and what it comes to.
LAUNCHES = {
    "succeeds after transient pre-request failures": ((Kind.RATE_LIMITED, Kind.RATE_LIMITED), 3, ""),
    "deduplicates silent-success 408 via launch-id lookup": ((Kind.APPLY_THEN_TIMEOUT,), 1, ""),
    "retries transient 408 that truly failed": ((Kind.TIMEOUT_BEFORE_APPLY, Kind.TIMEOUT_BEFORE_APPLY), 3, ""),
    "does not retry non-transient errors": ((Kind.REJECT,), 1, "rejected"),
}


@pytest.mark.parametrize("row", LAUNCHES)
async def test_one_machine_is_made_for_each_old_one_whatever_fly_answers(opens: Opens, row: str) -> None:
    """TestCreateGreenMachinesRetriesLaunchTransients."""
    faults, asked, trouble = LAUNCHES[row]
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    for nth, kind in enumerate(faults, start=1):
        fails(production, kind, CREATE, nth)

    with pytest.raises(Outage, match=trouble) if trouble else contextlib.nullcontext():
        await replaces(production, deployment).run()

    assert len(made(production)) == asked
    assert len(await production.machines()) == 1
    assert len(await on(production, deployment)) == (0 if trouble else 1)


async def test_each_machine_that_is_asked_for_bears_an_id_of_its_own(opens: Opens) -> None:
    """TestCreateGreenMachinesStampsLaunchID."""
    production = opens(Fleet(started=3))

    await replaces(production, await production.is_started()).run()

    configs = [cast(Config, one["config"]) for one in made(production)]
    ids = {cast(Config, config["metadata"])[LAUNCH_ID] for config in configs}
    assert len(ids) == 3
    assert all(ids)


@pytest.mark.parametrize(
    ("go_test", "machines"),
    [
        ("TestCreateGreenMachinesForceStartsRepresentative", 1),
        ("TestCreateGreenMachinesMirrorsBlueSkipLaunchForNonRepresentatives", 3),
        ("TestDeployWithStoppedBlueMachinesEnforcesHealthChecks/succeeds when health checks pass", 2),
    ],
)
async def test_of_machines_that_all_stand_still_one_is_started_and_seen_to_be_well(
    opens: Opens, go_test: str, machines: int
) -> None:
    production = opens(Fleet(started=machines))
    stands_still(production)
    deployment = await production.is_started()

    await replaces(production, deployment).run()

    assert [one["skip_launch"] for one in made(production)].count(False) == 1
    there = (await production.machines()).values()
    assert sorted(one.healthy for one in there) == [False] * (machines - 1) + [True]
    assert len(await on(production, deployment)) == machines


@pytest.mark.parametrize(
    ("go_test", "fault"),
    [
        ("TestDeployWithStoppedBlueMachinesEnforcesHealthChecks/fails when health checks cannot be verified", ""),
        ("TestBlueGreenAbortsWhenGreenChecksFailAfterConfigChange", "failing-health"),
    ],
)
async def test_what_is_not_seen_to_be_well_takes_no_request_and_nobody_s_place(
    opens: Opens, go_test: str, fault: str
) -> None:
    production = opens(Fleet(started=2))
    stands_still(production)
    deployment = await production.is_started()
    before = (await production.machines()).keys()
    if fault:
        production.faults.switch(fault, on=True)
    else:
        production.when_made(2, lambda: fails(production, Kind.UNAVAILABLE, READ, forever=True))

    with pytest.raises((StepFailed, Outage)):
        await replaces(production, deployment).run()

    assert await on(production, deployment) == []
    assert before <= (await production.machines()).keys()
    assert "no_return.passed" not in kinds(production)
    assert ((await production.machines()).keys() == before) is bool(fault)  # what is left is swept by the next try


SUCCESS = '{"ok":true}'
BUSY, WELL = says(status=503), says(SUCCESS)
# The Go row: what is asked of one machine, what Fly answers, and how often it is asked.
RETRIED = {
    "TestMarkGreenMachinesAsReadyForTrafficRetries/succeeds immediately when no errors occur": ("uncordon", [WELL], 1),
    "TestMarkGreenMachinesAsReadyForTrafficRetries/succeeds after transient uncordon failures are retried": (
        "uncordon",
        [BUSY, BUSY, WELL],
        3,
    ),
    "TestBlueTeardownRetriesTransientFailures/Cordon retries transient failures": ("cordon", [BUSY, BUSY, WELL], 3),
    "TestBlueTeardownRetriesTransientFailures/Stop retries transient failures": ("stop", [BUSY, BUSY, WELL], 3),
    "TestBlueTeardownRetriesTransientFailures/Destroy retries transient failures": ("destroy", [BUSY, BUSY, WELL], 3),
}


@pytest.mark.parametrize("go_test", RETRIED)
async def test_what_comes_to_the_same_twice_is_asked_for_until_fly_answers(
    odd: Odd, oddly: FlyFleet, go_test: str
) -> None:
    deed, answers, asked = RETRIED[go_test]
    odd.answer(*answers)

    await getattr(oddly, deed)(APP, MachineId("148e21ea7d0089"), nonce="")

    assert len(odd.requests) == asked


async def test_after_five_tries_nobody_claims_that_it_was_done(odd: Odd, oddly: FlyFleet) -> None:
    """TestMarkGreenMachinesAsReadyForTrafficRetries/fails after all retry attempts are exhausted."""
    odd.answer(BUSY)

    with pytest.raises(Ambiguous):
        await oddly.uncordon(APP, MachineId("148e21ea7d0089"), nonce="")

    assert len(odd.requests) == 5


# flyctl goes on with a warning; here it is a halt beyond the point of no return, and a retry goes on from there.
EXHAUSTED = {
    "Cordon warns but continues when retries exhaust": ("POST cordon_machine", "did not cordon"),
    "Stop warns but continues when retries exhaust": ("POST stop_machine", "did not stop"),
    "Destroy is non-fatal when retries exhaust": ("DELETE destroy_machine", "did not destroy"),
}


@pytest.mark.parametrize("row", EXHAUSTED)
async def test_an_old_machine_that_does_not_go_takes_no_new_one_with_it(opens: Opens, row: str) -> None:
    """TestBlueTeardownRetriesTransientFailures."""
    route, words = EXHAUSTED[row]
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    fails(production, Kind.UNAVAILABLE, route, forever=True)

    with pytest.raises(StepFailed, match=words):
        await replaces(production, deployment).run()
    assert len(await on(production, deployment)) == 2
    assert len(await production.machines()) == 4

    production.platform.plan.clear()
    await replaces(production, deployment).run()
    assert sorted(await on(production, deployment)) == sorted(await production.machines())


WAYS = (Kind.REJECT, Kind.RATE_LIMITED, Kind.UNAVAILABLE, Kind.TIMEOUT_BEFORE_APPLY, Kind.APPLY_THEN_RESET)


@pytest.mark.parametrize("nth", range(1, 90, 8))
@pytest.mark.parametrize("machines", [1, 4])
async def test_whatever_goes_wrong_on_the_way_as_many_serve_and_the_next_try_ends_well(
    opens: Opens, machines: int, nth: int
) -> None:
    """FuzzDeploy."""
    production = opens(Fleet(started=machines))
    deployment = await production.is_started()
    production.platform.plan.add(PlannedFault(kind=WAYS[nth % len(WAYS)], nth=nth))
    serving = production.counts_healthy(open=True)

    with contextlib.suppress(StepFailed, Outage):
        await replaces(production, deployment).run()
    production.platform.plan.clear()
    await replaces(production, deployment).run()

    assert min(serving) >= machines
    assert sorted(await on(production, deployment)) == sorted(await production.machines())
    assert len(await production.machines()) == machines


async def test_machine_after_machine_an_unmanaged_one_is_updated_like_any_other(opens: Opens) -> None:
    """TestSetMachinesForDeploymentAllowsDetachedProcessGroupMachinesForRolling: and belongs to the release from now."""
    production = opens(Fleet(started=2))
    machine = production.platform.machines(APP)[0]
    machine.version = replace(machine.version, config={**machine.config, "metadata": {"fly_process_group": "app"}})
    deployment = await production.is_started()

    assert (await production.rollout(deployment, Rolling(1)).run()).startswith("2/2 machines")
