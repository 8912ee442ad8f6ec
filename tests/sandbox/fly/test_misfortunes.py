"""What can go wrong with a machine of the sandbox's Fly.io, under the switches that make it so."""

import pytest

from tests.sandbox.fly.visitor import APP, FIRST, MACHINE, NONCE, SECOND, Json, Visitor

LOST = f"{APP}/machines/{SECOND}"


async def deployed(fly: Visitor) -> Json:
    """The first machine once it has started on v0.5.0."""
    await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.3)
    return await fly.machine()


async def test_an_update_may_be_taken_and_then_silently_undone_as_a_version_of_its_own(fly: Visitor) -> None:
    before = await fly.machine()
    fly.faults.switch("silent-revert", on=True)

    reply = await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.8)
    after = await fly.machine()

    assert reply["image_ref"]["digest"] == fly.digest("v0.5.0")
    assert (after["state"], after["config"]) == ("started", before["config"])
    assert len({before["instance_id"], reply["instance_id"], after["instance_id"]}) == 3
    assert {check["status"] for check in after["checks"]} == {"passing"}
    assert not fly.faults.on("silent-revert")


async def test_a_wait_for_a_version_that_was_silently_undone_never_sees_it_started(fly: Visitor) -> None:
    fly.faults.switch("silent-revert", on=True)
    version = (await fly.updates(fly.image("v0.5.0")))["instance_id"]
    fly.passes(0.3)
    fly.stopwatch.pace = 0.2

    answer = await fly.http.get(f"{MACHINE}/wait?state=started&timeout=1&version={version}")

    assert answer.status_code == 408


async def test_a_new_image_may_exit_again_and_again(fly: Visitor) -> None:
    fly.faults.switch("crash-loop", on=True)
    await deployed(fly)
    fly.passes(0.3 + 0.3 + 0.3)
    looping = await fly.machine()
    fly.passes(60)
    given_up = await fly.machine()

    newest = next(event["request"] for event in looping["events"] if event["type"] == "exit")
    assert (newest["exit_event"]["exit_code"], newest["exit_event"]["restarting"]) == (1, True)
    assert newest["restart_count"] == 2
    assert given_up["state"] == "stopped"
    assert given_up["events"][0]["request"]["exit_event"]["restarting"] is False
    assert any(line["instance"] == FIRST for line in fly.platform.apps["drop-app"].log_lines)


async def test_old_images_do_not_crash(fly: Visitor) -> None:
    fly.faults.switch("crash-loop", on=True)
    await fly.updates(fly.image("v0.4.1"))
    fly.passes(60)

    assert (await fly.machine())["state"] == "started"


async def test_the_checks_of_a_new_image_may_pass_and_fail_in_turns(fly: Visitor) -> None:
    fly.faults.switch("flapping-health", on=True)
    await deployed(fly)
    fly.passes(0.4)
    seen = []
    for _ in range(4):
        seen.append({check["status"] for check in (await fly.machine())["checks"]})
        fly.passes(0.8)

    assert seen == [{"passing"}, {"critical"}, {"passing"}, {"critical"}]


async def test_a_lease_may_be_lost_once_an_update_is_taken(fly: Visitor) -> None:
    fly.faults.switch("lease-expiry", on=True)
    order, nonce = await fly.order(fly.image("v0.5.0")), await fly.lease()

    update = await fly.http.post(MACHINE, json=order, headers={NONCE: nonce})
    refresh = await fly.http.post(f"{MACHINE}/lease?ttl=13", headers={NONCE: nonce})

    assert (update.status_code, refresh.status_code) == (200, 404)
    assert await fly.lease() != nonce


async def test_the_list_may_be_empty_though_the_machines_are_there(fly: Visitor) -> None:
    fly.faults.switch("empty-list", on=True)

    assert (await fly.http.get(f"{APP}/machines")).json() == []
    assert (await fly.machine())["state"] == "started"


async def test_a_machine_on_a_lost_host_shows_little_and_its_image_not_at_all(fly: Visitor) -> None:
    fly.faults.switch("host-unreachable", on=True)
    lost = await fly.machine(LOST)
    fly.faults.switch("host-unreachable", on=False)
    found = await fly.machine(LOST)

    assert (lost["host_status"], lost["image_ref"], "config" in lost) == ("unreachable", {}, False)
    assert set(lost["incomplete_config"]) == {"image", "guest"}
    assert (found["host_status"], "config" in found) == ("ok", True)


@pytest.mark.parametrize("action", ["/lease?ttl=13", "/cordon", "/stop", "/start", ""])
async def test_a_change_on_a_lost_host_hangs_and_then_fails(fly: Visitor, action: str) -> None:
    body = {"config": {"image": fly.image("v0.5.0")}}
    fly.faults.switch("host-unreachable", on=True)
    before = fly.stopwatch.seconds
    fly.stopwatch.pace = 0.2

    codes = [(await fly.http.post(LOST + action, json=body)).status_code for _ in range(2)]

    assert codes == [408, 504]
    assert fly.stopwatch.seconds - before >= 4
    assert not any(entry["applied"] for entry in fly.platform.log)


async def test_a_machine_on_a_lost_host_is_destroyed_at_once_without_a_nonce(fly: Visitor) -> None:
    await fly.http.post(f"{LOST}/lease?ttl=60")
    fly.faults.switch("host-unreachable", on=True)

    answer = await fly.http.delete(f"{LOST}?force=true")
    fly.passes(0.3)

    assert answer.status_code == 200
    assert (await fly.machine(LOST))["state"] == "destroyed"


async def test_moves_and_checks_take_as_long_as_the_platform_is_told(fly: Visitor) -> None:
    fly.platform.durations.move, fly.platform.durations.health = 20, 30
    await fly.updates(fly.image("v0.5.0"))
    fly.passes(19)
    swapping = await fly.machine()
    fly.passes(1 + 29)
    young = await fly.machine()
    fly.passes(1)
    grown = await fly.machine()

    assert (swapping["state"], young["state"]) == ("replacing", "started")
    assert {check["status"] for check in young["checks"]} == {"critical", "warning"}
    assert {check["status"] for check in grown["checks"]} == {"passing"}
