"""Machines of the sandbox's Fly.io that come and go."""

from typing import Any

import httpx
import pytest

from tests.sandbox.fly.visitor import APP, DEPLOY, FIRST, MACHINE, NONCE, Json, Visitor

MOUNT = {"volume": "vol_0drop", "path": "/data"}


async def asks(fly: Visitor, **body: object) -> httpx.Response:
    """Create a machine with v0.5.0, and whatever else is asked for."""
    config: Json = {"image": fly.image("v0.5.0")}
    return await fly.http.post(f"{APP}/machines", json={"config": config, **body})


async def creates(fly: Visitor, **body: object) -> Json:
    answer = await asks(fly, **body)
    assert answer.status_code == 200, answer.text
    created: Json = answer.json()
    return created


async def listed(fly: Visitor, **query: str) -> list[str]:
    answer = await fly.http.get(f"{APP}/machines", params=query)
    return [one["id"] for one in answer.json()]


def path(machine: Json) -> str:
    return f"{APP}/machines/{machine['id']}"


async def test_a_machine_is_created_then_pulled_then_started(fly: Visitor) -> None:
    created = await creates(fly, region="cdg", name="green-1")
    fly.passes(0.3)
    pulled = await fly.machine(path(created))
    fly.passes(0.3)
    up = await fly.machine(path(created))

    assert [created["state"], pulled["state"], up["state"]] == ["created", "starting", "started"]
    assert (up["region"], up["name"], up["instance_id"]) == ("cdg", "green-1", created["instance_id"])
    assert [event["type"] for event in up["events"]] == ["start", "launch"]


async def test_creating_twice_makes_two_machines(fly: Visitor) -> None:
    first, second = await creates(fly), await creates(fly)

    assert first["id"] != second["id"]
    assert {first["id"], second["id"]} < set(await listed(fly))


async def test_a_machine_whose_launch_is_skipped_is_stopped_once_it_is_pulled(fly: Visitor) -> None:
    created = await creates(fly, skip_launch=True)
    too_early = await fly.http.post(f"{path(created)}/start")
    fly.passes(0.3)
    pulled = await fly.machine(path(created))

    assert too_early.json()["error"] == "failed_precondition: unable to start machine from current state: 'created'"
    assert pulled["state"] == "stopped"


async def test_a_machine_without_service_registration_is_cordoned(fly: Visitor) -> None:
    created = await creates(fly, skip_service_registration=True)

    await fly.http.post(f"{path(created)}/uncordon")

    assert created["cordoned"] is True
    assert (await fly.machine(path(created)))["cordoned"] is False


async def test_a_machine_created_with_a_lease_is_its_maker_s(fly: Visitor) -> None:
    created = await creates(fly, lease_ttl=13)

    refused = await fly.http.post(f"{path(created)}/cordon")
    allowed = await fly.http.post(f"{path(created)}/cordon", headers={NONCE: created["nonce"]})

    assert (refused.status_code, allowed.status_code) == (409, 200)


async def test_a_just_created_machine_is_a_404_for_who_does_not_keep_the_cookie(fly: Visitor) -> None:
    created = await creates(fly)

    async with httpx.AsyncClient(base_url=fly.http.base_url, headers=DEPLOY) as other:
        early = await other.get(path(created))
        overview = await other.get(f"{APP}/machines")
        waiting = await other.get(f"{path(created)}/wait?timeout=1")
        fly.passes(0.2)
        later = await other.get(path(created))

    assert (await fly.http.get(path(created))).status_code == 200
    assert created["id"] not in {one["id"] for one in overview.json()}
    assert (early.status_code, waiting.status_code, later.status_code) == (404, 404, 200)


async def test_a_volume_that_is_attached_cannot_be_mounted_again(fly: Visitor) -> None:
    volume = {"name": "data", "region": "arn", "size_gb": 1}
    made = (await fly.http.post(f"{APP}/volumes", json=volume)).json()["id"]
    config = {"image": fly.image("v0.5.0"), "mounts": [{"volume": made, "path": "/data"}]}
    holder = await creates(fly, config=config)

    refused = await asks(fly, config=config)
    await fly.http.delete(f"{path(holder)}?force=true")
    fly.passes(0.3)
    free = await asks(fly, config=config)

    assert refused.status_code == 412
    assert refused.json()["error"] == (
        "failed_precondition: insufficient resources to create new machine with existing volume"
    )
    assert free.status_code == 200


async def test_a_volume_of_another_app_cannot_be_mounted(fly: Visitor) -> None:
    refused = await asks(fly, config={"image": fly.image("v0.5.0"), "mounts": [MOUNT]})

    assert refused.status_code == 404


async def test_a_version_of_the_secrets_that_is_not_known_yet_is_waited_for_neither_at_creation_nor_at_update(
    fly: Visitor,
) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    known = (await fly.http.post(f"{APP}/secrets", json={"values": {"NEW": "1"}})).json()["version"]

    for body in ({"min_secrets_version": known + 1}, {"min_secrets_version": known}):
        created = await asks(fly, **body)
        updated = await fly.http.post(MACHINE, json={**order, **body})
        expected = 412 if body["min_secrets_version"] > known else 200
        assert (created.status_code, updated.status_code) == (expected, expected)


async def test_an_update_cannot_change_the_volumes_of_a_machine(fly: Visitor) -> None:
    refused = await fly.http.post(MACHINE, json=await fly.order(fly.image("v0.5.0"), mounts=[MOUNT]))

    assert refused.status_code == 400
    assert (await fly.machine())["state"] == "started"


async def test_machines_are_created_three_at_once_and_then_one_a_second_per_app(fly: Visitor) -> None:
    codes = [(await asks(fly)).status_code for _ in range(4)]
    fly.passes(1)
    later = [(await asks(fly)).status_code for _ in range(2)]

    assert codes == [200, 200, 200, 429]
    assert later == [200, 429]


@pytest.mark.parametrize("body", [{"config": {}}, {"lease_ttl": "13"}, {"lease_ttl": -1}, {"min_secrets_version": "x"}])
async def test_nonsense_creates_nothing(fly: Visitor, body: dict[str, Any]) -> None:
    before = await listed(fly)

    refused = await asks(fly, **body)

    assert refused.status_code == 400
    assert await listed(fly) == before


async def test_a_name_is_given_once(fly: Visitor) -> None:
    await creates(fly, name="green-1")

    assert (await asks(fly, name="green-1")).status_code == 422


async def test_a_machine_whose_image_cannot_be_pulled_has_failed(fly: Visitor) -> None:
    created = await creates(fly, config={"image": "registry.fly.io/drop-app:v9.9.9"})
    fly.passes(0.7)

    assert (await fly.machine(path(created)))["state"] == "failed"


async def test_a_started_machine_is_destroyed_by_force_only(fly: Visitor) -> None:
    refused = await fly.http.delete(MACHINE)
    forced = await fly.http.delete(f"{MACHINE}?force=true")

    assert refused.status_code == 412
    assert refused.json()["error"] == "failed_precondition: unable to destroy machine from current state: 'started'"
    assert forced.json() == {"ok": True}


@pytest.mark.parametrize("query", ["kill=true", "force=true"])
async def test_a_destroyed_machine_can_still_be_read_and_is_listed_on_request_only(fly: Visitor, query: str) -> None:
    await fly.http.delete(f"{MACHINE}?{query}")
    going = await fly.machine()
    fly.passes(0.3)
    gone = await fly.machine()

    assert (going["state"], gone["state"]) == ("destroying", "destroyed")
    assert [event["type"] for event in gone["events"]] == ["destroy", "exit", "destroy"]
    assert FIRST not in await listed(fly)
    assert FIRST in await listed(fly, include_deleted="true")


async def test_what_is_done_to_a_destroyed_machine_is_a_404(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    await fly.http.delete(f"{MACHINE}?force=true")
    fly.passes(0.3)

    again = await fly.http.delete(f"{MACHINE}?force=true")
    update = await fly.http.post(MACHINE, json=order)
    lease = await fly.http.post(f"{MACHINE}/lease?ttl=13")

    assert {again.status_code, update.status_code, lease.status_code} == {404}


async def test_a_wait_for_the_end_sees_it_and_a_wait_for_the_start_is_a_404(fly: Visitor) -> None:
    await fly.http.delete(f"{MACHINE}?force=true")
    fly.passes(0.3)

    destroyed = await fly.http.get(f"{MACHINE}/wait?state=destroyed&timeout=1")
    started = await fly.http.get(f"{MACHINE}/wait?state=started&timeout=1")

    assert destroyed.json()["state"] == "destroyed"
    assert started.status_code == 404


async def test_a_leased_machine_is_destroyed_with_its_nonce_only(fly: Visitor) -> None:
    nonce = await fly.lease()

    without = await fly.http.delete(f"{MACHINE}?force=true")
    with_it = await fly.http.delete(f"{MACHINE}?force=true", headers={NONCE: nonce})

    assert (without.status_code, with_it.status_code) == (409, 200)
