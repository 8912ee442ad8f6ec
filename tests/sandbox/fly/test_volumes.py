"""Volumes and snapshots of the sandbox's Fly.io: scheduled at once, made later, gone after their retention."""

import pytest

from tests.sandbox.fly.visitor import APP, READ, Json, Visitor

VOLUMES = "/fly/v1/apps/drop-db/volumes"
VOLUME = f"{VOLUMES}/vol_0drop"
SNAPSHOTS = f"{VOLUME}/snapshots"
DAY = 24 * 3600


async def snapshots(fly: Visitor) -> list[Json]:
    fly.passes(3)  # the bucket of the list fills again
    found: list[Json] = (await fly.http.get(SNAPSHOTS)).json()
    return found


async def ask(fly: Visitor) -> str:
    """Ask for a snapshot; gives the id that it will have."""
    answer = await fly.http.post(SNAPSHOTS)
    assert answer.status_code == 200
    return str(answer.json()["Msg"]["backup"]["graph_id"])


async def test_the_database_has_a_volume_of_its_own_and_the_app_has_none(fly: Visitor) -> None:
    database, app = await fly.http.get(VOLUMES), await fly.http.get(f"{APP}/volumes")

    assert [(volume["id"], volume["state"], volume["snapshot_retention"]) for volume in database.json()] == [
        ("vol_0drop", "created", 5)
    ]
    assert database.json()[0] == (await fly.http.get(VOLUME)).json()
    assert app.json() == []


async def test_the_answer_to_a_snapshot_is_only_a_job(fly: Visitor) -> None:
    answer = (await fly.http.post(SNAPSHOTS)).json()

    assert set(answer) == {"Msg"}
    assert (answer["Msg"]["backup"]["state"], answer["Msg"]["backup"]["volume_id"]) == ("prepare", "vol_0drop")


async def test_a_snapshot_waits_runs_and_is_created_and_has_no_id_before_that(fly: Visitor) -> None:
    before = await snapshots(fly)
    id = await ask(fly)

    volume, seen = fly.platform.volumes.named("drop-db", "vol_0drop"), []
    for seconds in (0.0, 0.2, 0.4):
        fly.passes(seconds)
        seen.append(fly.platform.volumes.snapshots(volume)[0])

    assert [(one["status"], one["id"], one["size"] > 0, bool(one["digest"])) for one in seen] == [
        ("waiting", "", False, False),
        ("running", "", False, False),
        ("created", id, True, True),
    ]
    assert [one["id"] for one in await snapshots(fly)] == [id, *(one["id"] for one in before)]


async def test_a_snapshot_is_gone_when_its_retention_is_over(fly: Visitor) -> None:
    await ask(fly)
    nightly = [one["retention_days"] for one in await snapshots(fly)]

    fly.clock.move(4.5 * DAY)
    later = await snapshots(fly)
    fly.clock.move(1 * DAY)

    assert nightly == [5, 5, 5, 5, 5]
    assert len(later) == 1
    assert await snapshots(fly) == []


async def test_a_snapshot_may_fail_and_the_next_one_not(fly: Visitor) -> None:
    fly.faults.switch("snapshot-fails", on=True)

    failed, good = await ask(fly), await ask(fly)

    assert [(one["status"], one["id"]) for one in (await snapshots(fly))[:2]] == [("created", good), ("failed", "")]
    assert failed not in str(await snapshots(fly))


async def test_a_snapshot_may_never_be_ready(fly: Visitor) -> None:
    fly.faults.switch("snapshot-hangs", on=True)
    await ask(fly)
    fly.passes(3600)

    hung, *nightly = await snapshots(fly)

    assert (hung["status"], hung["id"]) == ("running", "")
    assert {one["status"] for one in nightly} == {"created"}


async def test_a_snapshot_is_restored_into_a_new_volume_in_its_region(fly: Visitor) -> None:
    id = (await snapshots(fly))[0]["id"]
    wanted = {"name": "restored", "size_gb": 10, "snapshot_id": id}

    restored = await fly.http.post(VOLUMES, json={**wanted, "region": "arn"})
    elsewhere = await fly.http.post(VOLUMES, json={**wanted, "region": "cdg"})
    pending = await fly.http.post(VOLUMES, json={**wanted, "region": "arn", "snapshot_id": "vs_none"})

    assert (restored.status_code, elsewhere.status_code, pending.status_code) == (200, 404, 404)
    assert (restored.json()["name"], restored.json()["attached_machine_id"]) == ("restored", None)
    assert len((await fly.http.get(VOLUMES)).json()) == 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{VOLUMES}/vol_none", 404),
        ("POST", f"{VOLUMES}/vol_none/snapshots", 404),
        ("GET", f"{APP}/volumes/vol_0drop", 404),
        ("POST", VOLUMES, 400),
    ],
)
async def test_what_is_no_volume_is_refused(fly: Visitor, method: str, path: str, status: int) -> None:
    assert (await fly.http.request(method, path)).status_code == status


async def test_the_read_token_may_list_snapshots_but_not_ask_for_one(fly: Visitor) -> None:
    assert (await fly.http.get(SNAPSHOTS, headers=READ)).status_code == 200
    assert (await fly.http.post(SNAPSHOTS, headers=READ)).status_code == 403
