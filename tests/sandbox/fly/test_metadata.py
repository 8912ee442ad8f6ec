"""The metadata of machines on the sandbox's Fly.io."""

import pytest

from tests.sandbox.fly.visitor import MACHINE, READ, Json, Visitor

METADATA = f"{MACHINE}/metadata"


async def metadata(fly: Visitor) -> Json:
    found: Json = (await fly.http.get(METADATA)).json()
    return found


async def test_metadata_is_written_key_by_key_under_the_same_version_and_no_lease_guards_it(fly: Visitor) -> None:
    before = await fly.machine()
    await fly.lease()

    written = await fly.http.post(f"{METADATA}/drop_launch", json={"value": "01A"})
    after = await fly.machine()
    await fly.http.delete(f"{METADATA}/drop_launch")

    assert written.status_code == 204
    assert after["config"]["metadata"] == {**before["config"]["metadata"], "drop_launch": "01A"}
    assert after["instance_id"] == before["instance_id"]
    assert "drop_launch" not in await metadata(fly)


async def test_put_replaces_all_metadata_and_patch_only_what_it_names(fly: Visitor) -> None:
    await fly.http.put(METADATA, json={"metadata": {"a": "1", "b": "2"}})
    await fly.http.patch(METADATA, json={"metadata": {"b": "", "c": "3"}})

    assert await metadata(fly) == {"a": "1", "c": "3"}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_metadata_for_a_version_that_is_gone_is_refused(fly: Visitor, method: str) -> None:
    before, version = await metadata(fly), (await fly.machine())["instance_id"]
    await fly.updates(fly.image("v0.5.0"))

    stale = await fly.http.request(method, METADATA, json={"metadata": {"a": "1"}, "machine_version": version})

    assert stale.status_code == 412
    assert await metadata(fly) == before


async def test_an_update_with_the_old_configuration_overwrites_what_was_set_since(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    await fly.http.post(f"{METADATA}/drop_launch", json={"value": "01A"})

    await fly.http.post(MACHINE, json=order)

    assert "drop_launch" not in await metadata(fly)


@pytest.mark.parametrize("body", [{}, {"metadata": []}, {"metadata": {"a": 1}}])
async def test_metadata_that_is_no_object_of_strings_is_refused(fly: Visitor, body: Json) -> None:
    assert (await fly.http.put(METADATA, json=body)).status_code == 400


async def test_the_read_token_writes_no_metadata(fly: Visitor) -> None:
    refused = await fly.http.post(f"{METADATA}/a", json={"value": "1"}, headers=READ)

    assert refused.status_code == 403
