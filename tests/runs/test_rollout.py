"""A rollout over fleets of every kind: what is updated, in which order, what is left alone, and what stops it."""

import contextlib
from dataclasses import replace

import pytest

from checklist.errors import Conflict, Outage
from checklist.rollout import Strategy
from fly import documents
from fly.strategies.canary import Canary
from fly.strategies.immediate import Immediate
from fly.strategies.rolling import Rolling
from runs.mutation import StepFailed
from runs.rollout import Stopped
from sandbox.fly.documents import Json
from sandbox.fly.leases import STRANGER
from sandbox.fly.opening import Fleet
from sandbox.fly.plan import Kind, PlannedFault
from tests.runs.production import APP, Opens, Production, planned_of


async def test_every_machine_ends_up_healthy_on_the_new_image(opens: Opens) -> None:
    production = opens(Fleet(started=5))
    deployment = await production.is_started()

    said = await production.rollout(deployment, Rolling(2)).run()

    assert said.startswith("5/5 machines")
    assert production.updates() == planned_of(deployment.plan)
    machines = (await production.machines()).values()
    assert {machine.digest for machine in machines} == {deployment.release.digest}
    assert all(machine.healthy for machine in machines)
    assert not any(production.platform.leases.of(machine.id) for machine in machines)


async def test_a_machine_that_stands_still_gets_the_new_version_and_goes_on_standing_still(opens: Opens) -> None:
    """flyctl #2992, #3019, #2248, #2660: `skip_launch`, and nobody waits for it to start."""
    production = opens(Fleet(started=1, stopped=1, suspended=1, standbys=1))
    deployment = await production.is_started()
    before = {id: machine.state for id, machine in (await production.machines()).items()}

    said = await production.rollout(deployment).run()

    assert said.startswith("4/4 machines")
    machines = await production.machines()
    assert {machine.digest for machine in machines.values()} == {deployment.release.digest}
    assert [id for id, machine in machines.items() if machine.stands_still] == [
        id for id, state in before.items() if state != "started"
    ]


async def test_workers_are_moved_after_all_of_the_app_s_machines(opens: Opens) -> None:
    production = opens(Fleet(started=2, workers=2))
    deployment = await production.is_started()
    groups = {id: machine.group for id, machine in (await production.machines()).items()}

    await production.rollout(deployment, Rolling(2)).run()

    assert [groups[id] for id in production.updates()] == ["app", "app", "worker", "worker"]


async def test_a_machine_on_a_lost_host_is_named_and_not_waited_for(opens: Opens) -> None:
    """flyctl #5049, #3840."""
    production = opens(Fleet(started=3))
    deployment = await production.is_started()
    lost = planned_of(deployment.plan)[1]
    production.platform.apps[APP].machines[lost].host_status = "unreachable"

    said = await production.rollout(deployment).run()

    assert said.startswith("2/3 machines")
    assert f"their hosts cannot be reached: {lost}" in said
    assert lost not in production.updates()


async def test_when_no_host_can_be_reached_nothing_is_called_done(opens: Opens) -> None:
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    for machine in production.platform.machines(APP):
        machine.host_status = "unreachable"

    with pytest.raises(StepFailed, match="the hosts of all machines cannot be reached"):
        await production.rollout(deployment).run()


async def test_after_one_machine_fails_no_other_is_begun(opens: Opens) -> None:
    """F23."""
    production = opens(Fleet(started=4))
    deployment = await production.is_started()
    production.when_updated(2, lambda: production.faults.switch("failing-health", on=True))

    with pytest.raises(StepFailed, match="does not pass its health checks"):
        await production.rollout(deployment).run()

    first, second, *others = planned_of(deployment.plan)
    assert production.updates() == [first, second]
    machines = await production.machines()
    assert machines[first].digest == deployment.release.digest
    assert all(machines[id].healthy and machines[id].digest != deployment.release.digest for id in others)


async def test_when_a_person_stops_it_those_in_hand_are_settled_and_no_other_is_begun(opens: Opens) -> None:
    """F28: what comes next, a rollback it may be, finds no update under way that nobody answers for."""
    production = opens(Fleet(started=5))
    production.platform.durations.health = 2.0
    deployment = await production.is_started()
    production.when_updated(3, lambda: production.is_halted(deployment.id))

    with pytest.raises(Stopped):
        await production.rollout(deployment, Rolling(2)).run()

    assert len(production.updates()) == 3
    kinds = [fact.kind for fact in production.office.entries()]
    assert kinds.count("machine.update.intended") == kinds.count("machine.update.settled") == 3
    assert not any(production.platform.leases.of(id) for id in await production.machines())


async def test_a_canary_that_does_not_get_healthy_is_the_only_machine_that_was_touched(opens: Opens) -> None:
    production = opens(Fleet(started=3))
    deployment = await production.is_started()
    production.faults.switch("failing-health", on=True)

    with pytest.raises(StepFailed):
        await production.rollout(deployment, Canary(2)).run()

    assert production.updates() == planned_of(deployment.plan)[:1]


async def test_a_machine_that_starts_and_ends_again_is_not_waited_for(opens: Opens) -> None:
    """flyctl #2653: the health wait of flyctl goes on for five minutes."""
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    production.faults.switch("crash-loop", on=True)
    began = production.time.stopwatch()

    with pytest.raises(StepFailed, match=r"starts and ends again|does not pass"):
        await production.rollout(deployment).run()

    assert production.time.stopwatch() - began < 30


async def test_a_machine_that_ends_once_is_well_when_it_was_so_on_all_reads_since(opens: Opens) -> None:
    """As flyctl's smoke check, which gives up at the second restart; and nobody waits five minutes for what is well."""
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    production.platform.durations.move = production.platform.durations.health = 0.01  # well again before the next read
    production.faults.switch("crash-loop", on=True)

    def has_begun() -> bool:
        return bool(production.updates()) and production.platform.machines(APP)[0].state == "started"

    production.when(has_begun, lambda: production.faults.switch("crash-loop", on=False))  # from its next start on

    assert (await production.rollout(deployment).run()).startswith("1/1 machines")

    (machine,) = (await production.machines()).values()
    shown = [documents.machine(entry["response"]).crashes for entry in reads_of(production, machine.id)]
    assert machine.crashes == 1
    assert shown[-4:] == [0, 1, 1, 1]


def reads_of(production: Production, id: str) -> list[Json]:
    return [e for e in production.platform.log if e["method"] == "GET" and str(e["path"]).endswith(f"/machines/{id}")]


async def test_health_that_comes_and_goes_is_no_health(opens: Opens) -> None:
    """F24: three passing reads in a row, each a second after the one before."""
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    production.faults.switch("flapping-health", on=True)

    with pytest.raises(StepFailed, match=r"was not healthy within|does not pass"):
        await production.rollout(deployment).run()


async def test_a_machine_that_fly_puts_back_is_no_success_and_a_retry_begins_from_it(opens: Opens) -> None:
    """flyctl #4878, #4921: the update was answered with OK, and the machine is healthy."""
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    production.faults.switch("silent-revert", on=True)

    with pytest.raises(StepFailed, match="not to the version we sent"):
        await production.rollout(deployment).run()
    assert len(production.updates()) == 1

    assert (await production.rollout(deployment).run()).startswith("2/2 machines")


async def test_a_lease_of_somebody_else_is_waited_for_once_and_never_taken(opens: Opens) -> None:
    """F20; fly-go AcquireLease, which tries for a minute: never broken, not even after a minute."""
    production = opens(Fleet(started=2))
    deployment = await production.is_started()
    first = planned_of(deployment.plan)[0]
    production.platform.leases.grant(first, owner=STRANGER, description="flyctl deploy", seconds=60)
    began = production.time.stopwatch()

    with pytest.raises(Conflict, match=STRANGER):
        await production.rollout(deployment).run()

    assert 18 <= production.time.stopwatch() - began < 40
    assert production.updates() == []
    held = production.platform.leases.of(first)
    assert held is not None
    assert held.owner == STRANGER


async def test_a_lease_that_ends_soon_is_waited_out(opens: Opens) -> None:
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    first = planned_of(deployment.plan)[0]
    production.platform.leases.grant(first, owner=STRANGER, description="flyctl deploy", seconds=5)

    assert (await production.rollout(deployment).run()).startswith("1/1 machines")


async def test_a_lease_that_was_lost_is_taken_anew_while_the_machine_is_the_one_that_we_knew(opens: Opens) -> None:
    """F21: it is gone the moment before the update is sent."""
    production = opens(Fleet(started=1))
    deployment = await production.is_started()
    leases, first = production.platform.leases, planned_of(deployment.plan)[0]
    lost: list[str] = []

    def loses() -> bool:
        lease = leases.of(first)
        if lease and not lost:
            lost.append(lease.nonce)
            leases.release(first, lease.nonce)
        return True

    rollout = replace(production.rollout(deployment), deps=replace(production.deps, is_runner=loses))

    assert (await rollout.run()).startswith("1/1 machines")
    assert lost


async def test_a_way_back_goes_on_with_the_others_when_one_machine_fails(opens: Opens) -> None:
    """F27."""
    production = opens(Fleet(started=3))
    deployment = await production.is_started()
    first, *others = planned_of(deployment.plan)
    production.platform.leases.grant(first, owner=STRANGER, description="flyctl deploy", seconds=600)

    with pytest.raises(StepFailed, match=rf"2/3 machines.*{first}"):
        await production.rollout(deployment, Immediate(1), forward=False).run()

    assert sorted(production.updates()) == sorted(others)


async def test_a_way_back_takes_no_machine_more_away_for_one_that_fly_does_not_show(opens: Opens) -> None:
    """The one that stands still could not be read when the way back began."""
    production = opens(Fleet(started=6, stopped=1))
    production.platform.durations.health = 12.0  # long enough for too many to be away at once
    deployment = await production.is_started()
    shown = tuple(machine for machine in (await production.machines()).values() if not machine.stands_still)
    fewest = production.counts_healthy()

    await replace(production.rollout(deployment, Rolling(0.5), forward=False), seen=shown).run()

    assert len(production.updates()) == 7
    assert min(fewest) == 6 - 3


@pytest.mark.parametrize("nth", range(2, 60, 6))
@pytest.mark.parametrize("strategy", [Rolling(2), Canary(2)], ids=["rolling", "canary"])
async def test_whatever_call_goes_wrong_no_more_machines_are_away_than_may_be(
    opens: Opens, strategy: Strategy, nth: int
) -> None:
    production = opens(Fleet(started=5))
    production.platform.durations.health = 2.0  # long enough for two machines to be away at once
    deployment = await production.is_started()
    kinds = (Kind.APPLY_THEN_RESET, Kind.TIMEOUT_BEFORE_APPLY, Kind.STALE_READ, Kind.UNAVAILABLE)
    production.platform.plan.add(PlannedFault(kind=kinds[nth % len(kinds)], nth=nth))
    fewest = production.counts_healthy()

    with contextlib.suppress(StepFailed, Outage):
        await production.rollout(deployment, strategy).run()

    assert min(fewest) >= 3
