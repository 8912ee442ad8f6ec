"""The fleet against the sandbox's Fly.io."""

import re
from datetime import timedelta

import httpx
import pytest

from checklist.errors import Ambiguous, Conflict, Outage
from checklist.plan import Machine, with_image
from checklist.ports import Lease
from checklist.words import ImageDigest, MachineId
from fly.fleet import FlyFleet
from fly.pacing import Pacing
from sandbox.fly.limits import PER_ACTION
from tests.fly.servers import Clock, Fly, Naps

APP = "drop-app"
FIRST = MachineId("148e21ea7d0089")
SECOND = MachineId("3d8d9025b6e189")
TTL = timedelta(seconds=13)
SHORTLY = timedelta(seconds=1)


async def digest_of(fly: Fly, tag: str) -> ImageDigest:
    digest = await fly.registry.digest(APP, tag, within=timedelta(seconds=5))
    assert digest
    return digest


async def leased(fly: Fly, id: MachineId = FIRST) -> Lease:
    return await fly.fleet.take_lease(APP, id, description="drop-bot deploy/CR-001/1", ttl=TTL)


async def deploy(fly: Fly, seen: Machine, lease: Lease) -> Machine:
    config = with_image(seen.config, app=APP, image=await digest_of(fly, "v0.5.0"), tag="v0.5.0")
    return await fly.fleet.update(
        APP, seen.id, config=config, current_version=seen.instance_id, nonce=lease.nonce, launch=True
    )


async def test_the_machines_come_by_id_with_image_config_and_checks(fly: Fly) -> None:
    machines = await fly.fleet.machines(APP)

    assert [machine.id for machine in machines] == [FIRST, SECOND]
    assert {machine.tag for machine in machines} == {"v0.4.2"}
    assert {machine.digest for machine in machines} == {await digest_of(fly, "v0.4.2")}
    assert all(machine.healthy for machine in machines)
    assert machines[0].maintenance == "false"
    assert machines[0] == await fly.fleet.machine(APP, FIRST)


async def test_secrets_come_as_names_and_digests(fly: Fly) -> None:
    secrets = await fly.fleet.secrets(APP)

    assert set(secrets) == {"JWT_SECRET", "DATABASE_URL", "SUMSUB_API_KEY", "BAAS_API_KEY"}
    assert all(secrets.values())


async def test_the_config_of_an_earlier_version_is_read_back_and_of_one_that_never_was_there_is_none(fly: Fly) -> None:
    before, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)
    after = await deploy(fly, before, lease)

    assert await fly.fleet.version_config(APP, FIRST, before.instance_id) == before.config
    assert await fly.fleet.version_config(APP, FIRST, after.instance_id) == after.config
    assert await fly.fleet.version_config(APP, FIRST, "01NEVER") is None


async def test_a_machine_is_updated_under_a_lease_waited_for_and_read_back(fly: Fly) -> None:
    before, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)

    answer = await deploy(fly, before, lease)
    started = await fly.fleet.wait(APP, FIRST, version=answer.instance_id, within=timedelta(seconds=5))
    await fly.fleet.release_lease(APP, FIRST, lease)

    after = await fly.fleet.machine(APP, FIRST)
    assert started
    assert after.instance_id == answer.instance_id != before.instance_id
    assert after.digest == await digest_of(fly, "v0.5.0")
    assert after.tag == "v0.5.0"
    assert after.config == answer.config


async def test_what_we_do_not_know_of_a_config_is_kept(fly: Fly) -> None:
    before, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)

    after = await deploy(fly, before, lease)

    kept = set(before.config) - {"image", "metadata"}
    assert {key: after.config[key] for key in kept} == {key: before.config[key] for key in kept}


async def test_a_lease_of_somebody_else_is_a_conflict_that_names_owner_and_expiry(fly: Fly) -> None:
    fly.faults.switch("lease-held", on=True)

    with pytest.raises(Conflict) as conflict:
        await leased(fly)

    advice = conflict.value.advice
    assert "leased by 7d1c09b4e2f84a55@tokens.fly.io for “flyctl deploy by someone else” until " in advice
    assert re.search(r"(59|60) s from now$", advice)


async def test_our_own_lease_is_taken_up_again_after_a_crash(fly: Fly) -> None:
    before = await leased(fly)

    again = await leased(fly)

    assert again.nonce == before.nonce
    assert again.expires_at >= before.expires_at


async def test_a_lease_of_another_run_of_ours_is_not_taken_up(fly: Fly) -> None:
    await leased(fly)

    with pytest.raises(Conflict, match="deploy/CR-001/1"):
        await fly.fleet.take_lease(APP, FIRST, description="drop-bot deploy/CR-002/1", ttl=TTL)


async def test_a_refreshed_lease_lasts_longer_under_the_same_nonce(fly: Fly) -> None:
    lease = await leased(fly)
    fly.clock.move(10)

    refreshed = await fly.fleet.refresh_lease(APP, FIRST, lease, ttl=TTL)

    assert refreshed.nonce == lease.nonce
    assert refreshed.expires_at - lease.expires_at >= timedelta(seconds=9)


async def test_a_lease_that_ran_out_cannot_be_refreshed(fly: Fly) -> None:
    lease = await leased(fly)
    fly.clock.move(14)

    with pytest.raises(Conflict, match="was lost"):
        await fly.fleet.refresh_lease(APP, FIRST, lease, ttl=TTL)


async def test_a_lease_that_somebody_else_took_over_cannot_be_refreshed(fly: Fly) -> None:
    lease = await leased(fly)
    fly.clock.move(14)
    fly.faults.switch("lease-held", on=True)

    with pytest.raises(Conflict, match="was lost"):
        await fly.fleet.refresh_lease(APP, FIRST, lease, ttl=TTL)


async def test_letting_go_of_a_lease_twice_is_no_error(fly: Fly) -> None:
    lease = await leased(fly)

    await fly.fleet.release_lease(APP, FIRST, lease)
    await fly.fleet.release_lease(APP, FIRST, lease)

    assert fly.platform.leases.of(FIRST) is None


async def test_letting_go_of_a_lost_lease_leaves_the_new_holder_alone(fly: Fly) -> None:
    lease = await leased(fly)
    fly.clock.move(14)
    fly.faults.switch("lease-held", on=True)

    await fly.fleet.release_lease(APP, FIRST, lease)

    assert fly.platform.leases.of(FIRST) is not None


async def test_a_machine_that_was_changed_in_between_is_a_conflict(fly: Fly) -> None:
    stale, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)
    now = await deploy(fly, stale, lease)
    await fly.fleet.wait(APP, FIRST, version=now.instance_id, within=SHORTLY)

    with pytest.raises(Conflict):
        await deploy(fly, stale, lease)

    assert (await fly.fleet.machine(APP, FIRST)).instance_id == now.instance_id


async def test_an_update_without_the_holder_s_nonce_is_a_conflict(fly: Fly) -> None:
    seen, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)
    fly.clock.move(14)

    with pytest.raises(Conflict):
        await deploy(fly, seen, lease)


async def test_an_update_that_was_applied_but_not_answered_is_ambiguous(fly: Fly) -> None:
    seen, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)
    fly.faults.switch("apply-then-timeout", on=True)

    with pytest.raises(Ambiguous):
        await deploy(fly, seen, lease)

    assert (await fly.fleet.machine(APP, FIRST)).instance_id != seen.instance_id


async def test_an_update_that_was_cut_before_it_was_applied_is_ambiguous_too(fly: Fly) -> None:
    seen, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)
    fly.faults.switch("reset-before-apply", on=True)

    with pytest.raises(Ambiguous):
        await deploy(fly, seen, lease)

    assert (await fly.fleet.machine(APP, FIRST)).instance_id == seen.instance_id


async def test_an_update_is_sent_once_whatever_becomes_of_it(fly: Fly) -> None:
    seen, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)
    fly.faults.switch("reset-before-apply", on=True)

    with pytest.raises(Ambiguous):
        await deploy(fly, seen, lease)

    updates = [one for one in fly.platform.log if one["method"] == "POST" and one["path"].endswith(FIRST)]
    assert len(updates) == 1


async def test_a_machine_on_a_lost_host_is_seen_but_never_changed(fly: Fly) -> None:
    lease = await leased(fly)
    fly.platform.apps[APP].machines[FIRST].host_status = "unreachable"

    lost = (await fly.fleet.machines(APP))[0]

    assert not lost.reachable
    assert not lost.healthy
    with pytest.raises(Outage, match="nothing was sent"):
        await deploy(fly, lost, lease)


async def test_fly_being_down_is_an_outage_worth_another_try_and_a_change_then_is_ambiguous(fly: Fly) -> None:
    seen, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)
    config = with_image(seen.config, app=APP, image=seen.digest, tag="v0.4.2")
    fly.faults.switch("fly-down", on=True)

    with pytest.raises(Outage) as outage:
        await fly.fleet.machines(APP)
    with pytest.raises(Ambiguous):
        await fly.fleet.update(
            APP, FIRST, config=config, current_version=seen.instance_id, nonce=lease.nonce, launch=True
        )

    assert outage.value.retry
    assert fly.naps.taken == [1.0, 2.0]


async def test_fly_s_limit_is_honoured_when_it_speaks_up_after_all(fly: Fly) -> None:
    for _ in range(3):
        fly.platform.limits.take("GET /fly/v1/apps/{app}/machines", APP, PER_ACTION)

    with pytest.raises(Outage, match="rate limit") as outage:
        await fly.fleet.machines(APP)

    assert outage.value.retry
    assert fly.naps.taken == [1.0, 2.0]


async def test_a_token_that_fly_does_not_know_is_rejected_at_once(fly: Fly, http: httpx.AsyncClient) -> None:
    naps = Naps()
    stranger = FlyFleet(
        http, base_url=f"{fly.base}/fly", token="FlyV1 fm2_stolen", pacing=Pacing(sleep=naps), clock=Clock(fly.clock)
    )

    with pytest.raises(Outage, match="token rejected: 401") as outage:
        await stranger.machines(APP)

    assert not outage.value.retry
    assert naps.taken == []


async def test_a_machine_that_is_not_there_is_an_outage_and_not_worth_another_try(fly: Fly) -> None:
    with pytest.raises(Outage, match="404 not_found") as outage:
        await fly.fleet.machine(APP, MachineId("e2866de0b12345"))

    assert not outage.value.retry


async def test_the_registry_knows_a_tag_s_digest_and_that_a_tag_is_not_there(fly: Fly) -> None:
    within = timedelta(seconds=5)
    digest = await digest_of(fly, "v0.5.0")

    assert await fly.registry.digest(APP, digest, within=within) == digest
    assert await fly.registry.digest(APP, "v9.9.9", within=within) is None


async def test_the_registry_being_down_is_an_outage(fly: Fly) -> None:
    fly.faults.switch("registry-down", on=True)

    with pytest.raises(Outage) as outage:
        await digest_of(fly, "v0.5.0")

    assert outage.value.system == "Fly's registry"
    assert outage.value.retry


async def test_cookies_are_kept_so_that_we_read_our_own_writes(fly: Fly) -> None:
    await leased(fly)

    assert fly.http.cookies.get("fly_flaps_affinity") == APP


async def test_we_read_our_own_writes_while_other_nodes_have_not_heard_of_them(fly: Fly) -> None:
    fly.faults.switch("stale-nodes", on=True)
    before, lease = await fly.fleet.machine(APP, FIRST), await leased(fly)

    answer = await deploy(fly, before, lease)
    ours = await fly.fleet.machine(APP, FIRST)
    fly.http.cookies.clear()
    theirs = await fly.fleet.machine(APP, FIRST)

    assert (ours.instance_id, theirs.instance_id) == (answer.instance_id, before.instance_id)
