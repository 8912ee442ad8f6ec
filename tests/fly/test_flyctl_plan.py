"""What flyctl's own tests ask of a plan and of the machines that it updates, under the names of those tests."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from checklist.errors import Outage
from checklist.fly_releases import FlyRelease
from checklist.plan import Machine, with_image
from checklist.record import Json
from checklist.words import DeploymentId, ImageDigest, MachineId
from fly.strategies.canary import Canary
from fly.strategies.rolling import Rolling
from runs.mutation import Mutation, Mutator, StepFailed
from sandbox.fly.opening import Fleet
from sandbox.fly.plan import Kind, PlannedFault
from tests.runs.production import APP, Opens, Production, opening, planned_of

NEW, OTHER = ImageDigest("sha256:" + "5" * 64), ImageDigest("sha256:" + "4" * 64)
UPDATE = "POST update_machine"  # as it is called where there is no HTTP
Config = dict[str, Json]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    with opening(tmp_path, {UPDATE: False}) as opens:
        yield opens


def sent(production: Production) -> list[Config]:
    """What was sent to update machines, answered or not."""
    posts = [one for one in production.platform.log if one["method"] == "POST"]
    bodies = [cast(Config, one["body"] or {}) for one in posts]
    return [body for body in bodies if "config" in body]


# The Go test's steps: the metadata and the image that a machine has, and whether it is left alone.
CONFIGS: dict[str, tuple[Config, ImageDigest, bool]] = {
    "two identical configs": ({"fly_flyctl_version": "v1", "drop_image_tag": "v4"}, NEW, True),
    "fly_flyctl_version is ignored": ({"fly_flyctl_version": "v2", "drop_image_tag": "v4"}, NEW, True),
    "different images": ({"fly_flyctl_version": "v1", "drop_image_tag": "v3"}, OTHER, False),
    "and other settings": ({"user-added-me": "gone by then"}, NEW, False),  # ours
}


@pytest.mark.parametrize("row", CONFIGS)
def test_a_machine_is_left_alone_if_it_is_what_is_wanted_whoever_deployed_it(row: str) -> None:
    """TestCompareConfig."""
    metadata, digest, left_alone = CONFIGS[row]
    config: Config = {"image": f"registry.fly.io/{APP}@{digest}", "metadata": metadata}
    seen = Machine(
        id=MachineId("148e"), instance_id="1", state="started", digest=digest, tag="", config=config, checks={}
    )
    marks = FlyRelease(id="r1", version=4, status="running", image="").marks("v1")

    def change(found: object) -> Config:
        return with_image({"metadata": {"drop_image_tag": "v3"}}, app=APP, image=NEW, tag="v4")

    wanted = Mutation(
        deployment=DeploymentId("CR-001"),
        step="deploy-trigger",
        app=APP,
        machine=seen.id,
        change=change,
        digest=NEW,
        expected=None,
        marks=marks,
    )

    assert wanted.there(seen) is left_alone


@pytest.mark.parametrize("go_test", ["TestUpdateMachineConfig/same config", "TestUpdateOrCreateMachine/noop"])
async def test_what_is_there_already_is_sent_nothing(opens: Opens, go_test: str) -> None:
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    await production.rollout(deployment).run()
    before = len(production.platform.log)

    said = await production.rollout(deployment).run()

    assert said.startswith("2/2 machines")
    assert {one["method"] for one in production.platform.log[before:]} == {"GET"}


@pytest.mark.parametrize(
    "go_test", ["TestUpdateMachineConfig/a regular update", "TestUpdateOrCreateMachine/update old machine"]
)
async def test_an_update_keeps_the_machine_and_has_the_config_that_was_wanted(opens: Opens, go_test: str) -> None:
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    (before,) = (await production.machines()).values()
    assert deployment.plan is not None

    await production.rollout(deployment).run()

    (after,) = (await production.machines()).values()
    wanted = with_image(before.config, app=APP, image=deployment.plan.image, tag="v0.5.0")
    assert (after.id, after.config) == (before.id, wanted)
    assert [body["config"] for body in sent(production)] == [wanted]


STATES = {
    "started stays started": ("started", None, True),
    "starting launches": ("starting", None, True),
    "failed launches": ("failed", None, True),
    "stopped stays stopped": ("stopped", None, False),
    "suspended stays stopped": ("suspended", None, False),
    "created stays stopped": ("created", None, False),  # ours
    "standby stays stopped": ("stopped", ["other"], False),
}


@pytest.mark.parametrize("row", STATES)
async def test_a_machine_is_started_by_its_update_unless_it_stood_still(opens: Opens, row: str) -> None:
    """TestSkipLaunch."""
    state, standbys, launch = STATES[row]
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    rollout = production.rollout(deployment)
    (seen,) = (await production.machines()).values()
    config = {**seen.config, **({"standbys": cast(Json, standbys)} if standbys else {})}
    assert rollout.plan.machines
    planned = rollout.plan.machines[0]
    wanted = Mutation(
        deployment=deployment.id,
        step="deploy-trigger",
        app=APP,
        machine=seen.id,
        change=rollout.change(planned),
        digest=rollout.plan.image,
        expected=None,
    )

    async with rollout.leasing().held(seen.id) as hold:
        before = replace(seen, state=state, config=config)
        await Mutator(production.deps).carry_out(wanted, before, rollout.leasing(), hold)

    assert [body["skip_launch"] for body in sent(production)] == [not launch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How the first calls of an update go wrong, what it comes to, and how often it is sent to two machines then."""

    faults: tuple[Kind, ...]
    forever: bool = False
    says: str = ""
    sent: int


UPDATES = {
    "all well": Trouble(faults=(), sent=2),
    "we retry a few times": Trouble(faults=(Kind.RATE_LIMITED, Kind.RATE_LIMITED), sent=4),
    "we retry what was lost": Trouble(faults=(Kind.TIMEOUT_BEFORE_APPLY, Kind.UNAVAILABLE), sent=4),
    "and not for ever": Trouble(
        faults=(Kind.RATE_LIMITED,), forever=True, says="in 3 tries: 429 .*rate limit exceeded", sent=3
    ),
    "nor what is lost each time": Trouble(
        faults=(Kind.TIMEOUT_BEFORE_APPLY,), forever=True, says="did not take the update in 3 tries", sent=3
    ),
    "an unrecoverable error fails at once": Trouble(faults=(Kind.REJECT,), says="rejected", sent=1),
}


@pytest.mark.parametrize("row", UPDATES)
async def test_an_update_is_tried_again_while_it_was_not_taken_and_that_may_change(opens: Opens, row: str) -> None:
    """TestUpdateMachines."""
    trouble = UPDATES[row]
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    faults = enumerate(trouble.faults, start=1)
    production.platform.plan.add(
        *(PlannedFault(kind=kind, route=UPDATE, nth=nth, forever=trouble.forever) for nth, kind in faults)
    )

    with pytest.raises((StepFailed, Outage), match=trouble.says) if trouble.says else contextlib.nullcontext():
        await production.rollout(deployment).run()

    assert len(sent(production)) == trouble.sent
    assert len(production.updates()) == (0 if trouble.says else 2)
    assert not any(production.platform.leases.of(id) for id in planned_of(deployment.plan))


UNREACHABLE = {
    "TestUpdateMachines/one on a host that cannot be reached": Fleet(started=3),
    "TestLaunchInputForUpdate/HostStatusUnreachable": Fleet(started=3, volumes=3),
    "TestLaunchInputForUpdate/HostStatusUnreachableWithDedicationID": Fleet(started=2, workers=1),
}


@pytest.mark.parametrize("go_test", UNREACHABLE)
async def test_a_machine_on_a_lost_host_is_neither_updated_nor_replaced_and_keeps_nobody_waiting(
    opens: Opens, go_test: str
) -> None:
    production = opens(UNREACHABLE[go_test])
    deployment = await production.is_started()
    lost = planned_of(deployment.plan)[-1]
    production.platform.apps[APP].machines[lost].host_status = "unreachable"
    before = (await production.machines()).keys()

    said = await production.rollout(deployment, Rolling(3)).run()

    assert said.endswith(f"not updated, for their hosts cannot be reached: {lost}")
    assert lost not in production.updates()
    assert (await production.machines()).keys() == before


async def test_a_fleet_is_rolled_out_behind_a_canary(opens: Opens) -> None:
    """TestDeployMachinesApp."""
    production = opens(Fleet(started=4))
    deployment = await production.is_started()

    assert (await production.rollout(deployment, Canary(2)).run()).startswith("4/4 machines")
    assert production.updates()[0] == planned_of(deployment.plan)[0]


async def test_a_fleet_of_none_is_an_error_and_no_success(opens: Opens) -> None:
    """TestUpdateExistingMachinesWRecovery: flyctl has nothing to do then."""
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    rollout = production.rollout(deployment)

    with pytest.raises(StepFailed):
        await replace(rollout, plan=replace(rollout.plan, machines=())).run()
