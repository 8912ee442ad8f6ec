"""Machines that are made, cordoned, stopped and destroyed, against the sandbox's Fly.io."""

import pytest

from checklist.errors import Ambiguous, Conflict
from checklist.launches import launch_id_of, with_launch
from checklist.plan import Machine
from checklist.words import MachineId
from fly.fleet import FlyFleet
from fly.pacing import ANY
from sandbox.fly.plan import Kind, PlannedFault
from tests.fly.servers import Fly, Naps, Odd, says
from tests.fly.test_fleet import APP, FIRST, leased

CREATE = "POST /v1/apps/{app}/machines"
LAUNCH = f"CR-001/{FIRST}/1"


async def make(fly: Fly, *, launch: bool = True) -> Machine:
    blue = await fly.fleet.machine(APP, FIRST)
    return await fly.fleet.create(APP, config=with_launch(blue.config, LAUNCH), region=blue.region, launch=launch)


async def test_a_new_machine_is_cordoned_in_the_region_of_the_old_one_and_bears_its_launch_id(fly: Fly) -> None:
    made = await make(fly)

    seen = next(one for one in await fly.fleet.machines(APP) if one.id == made.id)
    blue = await fly.fleet.machine(APP, FIRST)
    assert (seen.cordoned, seen.region, launch_id_of(seen)) == (True, blue.region, LAUNCH)
    assert not blue.cordoned


async def test_a_machine_whose_making_is_not_answered_is_never_asked_for_again_and_is_listed(fly: Fly) -> None:
    """flyctl #2185."""
    fly.platform.durations.unseen = 0.0
    fly.platform.plan.add(PlannedFault(kind=Kind.APPLY_THEN_RESET, route=CREATE))

    with pytest.raises(Ambiguous):
        await make(fly)

    listed = [one for one in await fly.fleet.machines(APP) if launch_id_of(one) == LAUNCH]
    assert len(listed) == 1
    assert [call.route for call in fly.platform.plan.calls].count(CREATE) == 1


async def test_creates_are_paced_by_the_app_so_that_fly_refuses_none(odd: Odd, oddly: FlyFleet, naps: Naps) -> None:
    """flyctl #3961: 429 on many creates."""
    odd.answer(says('{"id":"5f5b3ca36aceb0","instance_id":"01A","state":"created","image_ref":{}}'))

    for _ in range(ANY.burst + 2):
        await oddly.create(APP, config={"guest": {"cpus": 1}}, region="arn", launch=True)

    assert len(odd.requests) == ANY.burst + 2
    assert len(naps.taken) == 2


async def test_a_machine_is_uncordoned_cordoned_stopped_and_destroyed_under_its_lease(fly: Fly) -> None:
    fleet, lease = fly.fleet, await leased(fly)

    await fleet.cordon(APP, FIRST, nonce=lease.nonce)
    assert (await fleet.machine(APP, FIRST)).cordoned
    await fleet.uncordon(APP, FIRST, nonce=lease.nonce)
    assert not (await fleet.machine(APP, FIRST)).cordoned
    await fleet.stop(APP, FIRST, nonce=lease.nonce)
    assert (await fleet.machine(APP, FIRST)).state in {"stopping", "stopped"}
    await fleet.destroy(APP, FIRST, nonce=lease.nonce)
    assert FIRST not in [one.id for one in await fleet.machines(APP) if one.state != "destroying"]
    await fleet.destroy(APP, MachineId("0000000000dead"), nonce="")  # gone already


async def test_nothing_is_done_to_a_machine_that_somebody_else_has_leased(fly: Fly) -> None:
    await leased(fly)

    for deed in (fly.fleet.cordon, fly.fleet.uncordon, fly.fleet.stop, fly.fleet.destroy):
        with pytest.raises(Conflict):
            await deed(APP, FIRST, nonce="another")

    seen = await fly.fleet.machine(APP, FIRST)
    assert (seen.cordoned, seen.state) == (False, "started")
