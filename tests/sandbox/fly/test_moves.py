"""Suspend, restart, signal and processes of machines on the sandbox's Fly.io."""

import pytest

from tests.sandbox.fly.visitor import APP, MACHINE, NONCE, SECOND, Visitor

OTHER = f"{APP}/machines/{SECOND}"


async def test_a_suspended_machine_stays_so_through_an_update_and_resumes(fly: Visitor) -> None:
    await fly.http.post(f"{MACHINE}/suspend")
    fly.passes(0.3)
    suspended = await fly.machine()
    reply = await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.3)
    updated = await fly.machine()

    resumed = await fly.http.post(f"{MACHINE}/start")

    assert (suspended["state"], updated["state"]) == ("suspended", "suspended")
    assert updated["instance_id"] == reply["instance_id"]
    assert resumed.json()["previous_state"] == "suspended"


async def test_a_machine_that_was_suspended_goes_on_with_the_image_in_its_memory(fly: Visitor) -> None:
    await fly.http.post(f"{OTHER}/stop")
    await fly.http.post(f"{MACHINE}/suspend")
    fly.passes(0.3)
    await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.3)
    await fly.http.post(f"{MACHINE}/start")
    fly.passes(0.7)
    resumed = (await fly.http.get("/production/api/health")).json()["version"]
    await fly.http.post(f"{MACHINE}/restart")
    fly.passes(0.7)
    restarted = (await fly.http.get("/production/api/health")).json()["version"]

    assert (await fly.machine())["image_ref"]["digest"] == fly.digest("v0.5.0")
    assert (resumed, restarted) == ("0.4.2", "0.5.0")


async def test_an_update_whose_launch_is_skipped_leaves_the_machine_stopped(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))

    await fly.http.post(MACHINE, json={**order, "skip_launch": True})
    fly.passes(0.3)

    assert (await fly.machine())["state"] == "stopped"


async def test_a_restart_keeps_the_version_and_begins_the_checks_anew(fly: Visitor) -> None:
    before = await fly.machine()

    await fly.http.post(f"{MACHINE}/restart")
    during = await fly.machine()
    fly.passes(0.3)
    after = await fly.machine()

    assert (during["state"], after["state"]) == ("restarting", "started")
    assert after["instance_id"] == before["instance_id"]
    assert {check["status"] for check in after["checks"]} == {"critical", "warning"}
    assert [event["type"] for event in after["events"]] == ["start", "exit", "restart"]


@pytest.mark.parametrize("action", ["suspend", "restart"])
async def test_only_a_started_machine_is_suspended_or_restarted(fly: Visitor, action: str) -> None:
    await fly.http.post(f"{MACHINE}/stop")
    fly.passes(0.3)

    refused = await fly.http.post(f"{MACHINE}/{action}")

    assert refused.status_code == 412
    assert refused.json()["error"] == (f"failed_precondition: unable to {action} machine from current state: 'stopped'")


@pytest.mark.parametrize("action", ["suspend", "restart"])
async def test_a_leased_machine_is_suspended_or_restarted_with_its_nonce_only(fly: Visitor, action: str) -> None:
    nonce = await fly.lease()

    without = await fly.http.post(f"{MACHINE}/{action}")
    with_it = await fly.http.post(f"{MACHINE}/{action}", headers={NONCE: nonce})

    assert (without.status_code, with_it.status_code) == (409, 200)


@pytest.mark.parametrize("signal", ["SIGKILL", 9])
async def test_a_killed_process_is_no_requested_stop_and_is_started_again(fly: Visitor, signal: str | int) -> None:
    await fly.http.post(f"{MACHINE}/signal", json={"signal": signal})
    down = await fly.machine()
    fly.passes(0.3)
    up = await fly.machine()

    ended = down["events"][0]["request"]["exit_event"]
    assert (ended["exit_code"], ended["guest_signal"], ended["requested_stop"]) == (137, 9, False)
    assert (ended["restarting"], down["events"][0]["request"]["restart_count"]) == (True, 1)
    assert (down["state"], up["state"]) == ("starting", "started")


@pytest.mark.parametrize("signal", ["SIGNONSENSE", 99, None])
async def test_an_unknown_signal_is_an_invalid_argument(fly: Visitor, signal: object) -> None:
    assert (await fly.http.post(f"{MACHINE}/signal", json={"signal": signal})).status_code == 400


async def test_a_started_machine_has_processes(fly: Visitor) -> None:
    running = (await fly.http.get(f"{MACHINE}/ps")).json()
    await fly.http.post(f"{MACHINE}/stop")

    assert [one["command"] for one in running] == ["node server.js"]
    assert (await fly.http.get(f"{MACHINE}/ps")).status_code == 412
