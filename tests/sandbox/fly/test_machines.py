"""Machines of the sandbox's Fly.io are as awkward as real ones."""

import httpx
import pytest

from tests.sandbox.fly.visitor import APP, FIRST, MACHINE, SECOND, UNKNOWN_IMAGE, Visitor


async def test_a_machine_has_the_fields_that_the_api_documents(fly: Visitor) -> None:
    machine = await fly.machine()

    documented = {"id", "name", "state", "region", "image_ref", "instance_id", "private_ip", "created_at", "updated_at"}
    assert documented | {"config", "events", "checks", "host_status", "incomplete_config"} <= set(machine)
    assert machine["state"] == "started"
    assert machine["image_ref"]["tag"] == "v0.4.2"
    assert machine["instance_id"] == machine["version"]
    assert len(machine["instance_id"]) == 26
    assert {check["name"]: check["status"] for check in machine["checks"]} == {
        "servicecheck-00-http-8080": "passing",
        "up": "passing",
    }


async def test_autostop_reads_back_as_a_word_or_as_a_bool(fly: Visitor) -> None:
    machines = (await fly.http.get(f"{APP}/machines")).json()

    assert [one["config"]["services"][0]["autostop"] for one in machines] == ["off", False]


async def test_the_reply_to_an_update_comes_before_the_swap(fly: Visitor) -> None:
    before = await fly.machine()

    reply = await fly.updates(fly.image("v0.5.0"))
    at_once = await fly.machine()
    fly.passes(0.3)
    later = await fly.machine()

    assert reply["state"] == at_once["state"] == "replacing"
    assert later["state"] == "started"
    assert before["instance_id"] != reply["instance_id"] == later["instance_id"]


async def test_an_update_replaces_the_whole_configuration(fly: Visitor) -> None:
    config = {"image": fly.image("v0.5.0"), "env": {"ONLY": "this"}}

    await fly.http.post(MACHINE, json={"config": config})

    machine = await fly.machine()
    assert machine["config"] == config
    assert machine["checks"] == []


async def test_fields_that_nobody_knows_are_kept(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"), from_the_future={"deep": [1, {"er": None}]})

    assert (await fly.machine())["config"]["from_the_future"] == {"deep": [1, {"er": None}]}


async def test_a_machine_deployed_by_digest_has_no_tag(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"))

    image = (await fly.machine())["image_ref"]
    assert image["digest"] == fly.digest("v0.5.0")
    assert "tag" not in image


async def test_an_image_that_cannot_be_pulled_is_taken_and_then_silently_dropped(fly: Visitor) -> None:
    before = await fly.machine()

    reply = await fly.updates(UNKNOWN_IMAGE)
    fly.passes(0.3)
    after = await fly.machine()

    assert reply["instance_id"] != before["instance_id"]
    assert reply["image_ref"]["digest"] == "sha256:" + "0" * 64
    assert after["state"] == "started"
    assert (after["instance_id"], after["image_ref"], after["config"]) == (
        before["instance_id"],
        before["image_ref"],
        before["config"],
    )


async def test_a_second_update_during_the_swap_is_refused(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    await fly.http.post(MACHINE, json=order)

    refused = await fly.http.post(MACHINE, json=order)

    assert refused.status_code == 409
    assert refused.json()["error"] == "aborted: machine is replacing: concurrent update in progress"


async def test_an_update_made_for_another_version_is_refused(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))

    refused = await fly.http.post(MACHINE, json={**order, "current_version": "01G3SHPYE8XZ58GD4XRRF9CCKC"})

    assert refused.status_code == 409
    assert refused.json()["error"].startswith("aborted: machine version is")


async def test_the_current_version_opens_the_way(fly: Visitor) -> None:
    version = (await fly.machine())["instance_id"]
    order = await fly.order(fly.image("v0.5.0"))

    answer = await fly.http.post(MACHINE, json={**order, "current_version": version})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"no json", b'{"config": {}}', b'{"config": {"image": "a b:c:d"}}']
)
async def test_an_update_without_a_configuration_is_an_invalid_argument(fly: Visitor, body: bytes) -> None:
    refused = await fly.http.post(MACHINE, content=body)

    assert refused.status_code == 400
    assert refused.json()["error"].startswith("invalid_argument: ")


async def test_an_update_clears_the_history_of_events(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.3)
    first = await fly.machine()

    await fly.updates(fly.image("v0.4.2"))
    fly.passes(0.3)
    second = await fly.machine()

    assert [event["type"] for event in second["events"]] == ["start", "exit", "update"]
    assert not {event["id"] for event in first["events"]} & {event["id"] for event in second["events"]}
    assert second["events"][1]["request"]["exit_event"]["requested_stop"] is True


async def test_events_are_dated_by_the_moved_clock_in_milliseconds(fly: Visitor) -> None:
    fly.clock.move(7 * 24 * 3600)

    await fly.updates(fly.image("v0.5.0"))

    event = (await fly.machine())["events"][0]
    assert abs(event["timestamp"] - fly.clock.now().timestamp() * 1000) < 5000


async def test_moving_the_clock_does_not_hurry_a_swap(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"))

    fly.clock.move(3600)

    assert (await fly.machine())["state"] == "replacing"


async def test_a_stopped_machine_stays_stopped_on_the_new_version(fly: Visitor) -> None:
    await fly.http.post(f"{MACHINE}/stop")
    fly.passes(0.3)

    reply = await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.3)

    machine = await fly.machine()
    assert machine["state"] == "stopped"
    assert machine["instance_id"] == reply["instance_id"]


async def test_stopping_twice_is_no_error(fly: Visitor) -> None:
    await fly.http.post(f"{MACHINE}/stop")
    fly.passes(0.3)

    again = await fly.http.post(f"{MACHINE}/stop")

    assert again.json() == {"ok": True}
    assert fly.platform.log[-1]["applied"] is False


async def test_only_a_machine_that_stands_still_can_be_started(fly: Visitor) -> None:
    active = await fly.http.post(f"{MACHINE}/start")
    await fly.updates(fly.image("v0.5.0"))
    replacing = await fly.http.post(f"{MACHINE}/start")

    assert (active.status_code, replacing.status_code) == (412, 412)
    assert active.json()["error"] == "failed_precondition: machine still active, refusing to start"
    assert replacing.json()["error"] == "failed_precondition: machine getting replaced, refusing to start"


async def test_a_stopped_machine_starts_and_says_what_it_was(fly: Visitor) -> None:
    await fly.http.post(f"{MACHINE}/stop")
    fly.passes(0.3)

    answer = await fly.http.post(f"{MACHINE}/start")

    assert answer.json() == {"previous_state": "stopped", "migrated": False, "new_host": ""}
    assert (await fly.machine())["state"] == "starting"


async def test_a_machine_on_a_lost_host_has_no_configuration(fly: Visitor) -> None:
    fly.platform.apps["drop-app"].machines[FIRST].host_status = "unreachable"

    machine = await fly.machine()

    assert "config" not in machine
    assert machine["image_ref"] == {}
    assert set(machine["incomplete_config"]) == {"image", "guest"}


async def test_the_list_can_be_filtered_and_shortened(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"), metadata={"launch": "01A"})

    by_state = await fly.http.get(f"{APP}/machines", params={"state": "started,stopped", "summary": "true"})
    by_metadata = await fly.http.get(f"{APP}/machines", params={"metadata.launch": "01A"})

    assert [one["id"] for one in by_state.json()] == [SECOND]
    assert "config" not in by_state.json()[0]
    assert [one["id"] for one in by_metadata.json()] == [FIRST]


async def test_the_versions_of_a_machine_are_kept_newest_first(fly: Visitor) -> None:
    before = await fly.machine()
    reply = await fly.updates(fly.image("v0.5.0"))

    versions = (await fly.http.get(f"{MACHINE}/versions")).json()

    assert [one["version"] for one in versions] == [reply["instance_id"], before["instance_id"]]
    assert versions[1]["user_config"] == before["config"]


async def test_cordoning_is_idempotent(fly: Visitor) -> None:
    once = await fly.http.post(f"{MACHINE}/cordon")
    twice = await fly.http.post(f"{MACHINE}/cordon")

    assert (once.json(), twice.json()) == ({"ok": True}, {"ok": True})
    assert (await fly.machine())["cordoned"] is True


async def test_checks_begin_badly_after_a_start_and_pass_a_little_later(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"))
    fly.passes(0.3)
    young = await fly.machine()
    fly.passes(0.4)
    grown = await fly.machine()

    assert [check["status"] for check in young["checks"]] == ["critical", "warning"]
    assert [check["status"] for check in grown["checks"]] == ["passing", "passing"]


async def test_failing_health_strikes_new_images_on_production_only(fly: Visitor) -> None:
    fly.faults.switch("failing-health", on=True)
    await fly.updates(fly.image("v0.5.0"))
    await fly.updates(fly.image("v0.4.1"), f"{APP}/machines/{SECOND}")
    fly.passes(600)

    new, old = (await fly.http.get(f"{APP}/machines")).json()
    staging = await fly.machine("/fly/v1/apps/drop-staging/machines/5683d4e0b10e58")

    assert {check["status"] for check in new["checks"]} == {"critical"}
    assert {check["status"] for check in old["checks"]} == {"passing"}
    assert {check["status"] for check in staging["checks"]} == {"passing"}


async def test_slow_health_takes_five_seconds(fly: Visitor) -> None:
    fly.faults.switch("slow-health", on=True)
    await fly.updates(fly.image("v0.5.0"))
    fly.passes(5.2)
    early = await fly.machine()
    fly.passes(0.2)
    late = await fly.machine()

    assert {check["status"] for check in early["checks"]} == {"critical"}
    assert {check["status"] for check in late["checks"]} == {"passing"}


async def test_an_update_may_be_applied_though_its_answer_is_lost(fly: Visitor) -> None:
    before = await fly.machine()
    fly.faults.switch("apply-then-timeout", on=True)

    with pytest.raises(httpx.TransportError):
        await fly.updates(fly.image("v0.5.0"))

    assert (await fly.machine())["instance_id"] != before["instance_id"]
    assert not fly.faults.on("apply-then-timeout")
    lost = next(entry for entry in fly.platform.log if entry["method"] == "POST")
    assert (lost["status"], lost["response"], lost["applied"]) == (None, None, True)


async def test_an_update_may_be_cut_off_before_it_is_applied(fly: Visitor) -> None:
    before = await fly.machine()
    fly.faults.switch("reset-before-apply", on=True)

    with pytest.raises(httpx.TransportError):
        await fly.updates(fly.image("v0.5.0"))

    assert (await fly.machine())["instance_id"] == before["instance_id"]
    lost = next(entry for entry in fly.platform.log if entry["method"] == "POST")
    assert (lost["status"], lost["applied"]) == (None, False)
