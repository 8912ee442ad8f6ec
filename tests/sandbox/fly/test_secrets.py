"""Secrets of the sandbox's Fly.io: no value ever comes back, and no running machine has a new one."""

import pytest

from tests.sandbox.fly.visitor import APP, READ, Json, Visitor

SECRETS = f"{APP}/secrets"


async def secrets(fly: Visitor, **query: str) -> dict[str, Json]:
    answer = await fly.http.get(SECRETS, params=query)
    assert answer.status_code == 200
    return {secret["name"]: secret for secret in answer.json()["secrets"]}


async def test_a_secret_that_is_set_changes_its_digest_and_its_date_and_nothing_else(fly: Visitor) -> None:
    before = await secrets(fly)

    answer = await fly.http.post(f"{SECRETS}/JWT_SECRET", json={"value": "hunter2"})

    after = await secrets(fly)
    assert answer.status_code == 201
    assert after["JWT_SECRET"]["digest"] != before["JWT_SECRET"]["digest"]
    assert after["JWT_SECRET"]["updated_at"] > before["JWT_SECRET"]["updated_at"]
    assert after["JWT_SECRET"]["created_at"] == before["JWT_SECRET"]["created_at"]
    assert {name: after[name] for name in after if name != "JWT_SECRET"} == {
        name: before[name] for name in before if name != "JWT_SECRET"
    }


async def test_a_value_is_in_no_answer(fly: Visitor) -> None:
    answers = [
        await fly.http.post(f"{SECRETS}/NEW", json={"value": "hunter2"}),
        await fly.http.post(SECRETS, json={"values": {"NEWER": "hunter2"}}),
        await fly.http.get(SECRETS, params={"show_secrets": "true"}),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert "hunter2" not in "".join(answer.text for answer in answers)


async def test_each_change_has_a_version_that_a_read_can_wait_for(fly: Visitor) -> None:
    first = (await fly.http.post(f"{SECRETS}/NEW", json={"value": "a"})).json()["version"]
    second = (await fly.http.delete(f"{SECRETS}/NEW")).json()["version"]

    known = await fly.http.get(SECRETS, params={"min_version": second})
    unknown = await fly.http.get(SECRETS, params={"version": second + 1})

    assert second == first + 1
    assert (known.status_code, unknown.status_code) == (200, 412)
    assert "NEW" not in {secret["name"] for secret in known.json()["secrets"]}


async def test_a_machine_that_runs_has_the_release_from_before_the_secret_until_it_is_updated(fly: Visitor) -> None:
    """Staged, partial or deployed: flyctl compares the secret's date with that of each machine's release."""
    await fly.http.post(f"{SECRETS}/JWT_SECRET", json={"value": "hunter2"})
    changed = (await secrets(fly))["JWT_SECRET"]["updated_at"]
    releases = (await fly.http.get("/fly/api/v1/apps/drop-app/releases")).json()["releases"]
    machine = await fly.machine()

    dates = {str(release["version"]): release["created_at"] for release in releases}
    assert dates[machine["config"]["metadata"]["fly_release_version"]] < changed


async def test_another_hand_changes_a_secret_at_once_and_the_switch_is_off_again(fly: Visitor) -> None:
    before = await secrets(fly)

    fly.faults.switch("secret-changed", on=True)

    after = await secrets(fly)
    assert [name for name in after if after[name] != before[name]] == ["SUMSUB_API_KEY"]
    assert not fly.faults.on("secret-changed")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/FLY_ANYTHING", {"value": "a"}),
        ("/not-a-name", {"value": "a"}),
        ("/NEW", {}),
        ("/NEW", {"value": None}),
        ("", {}),
        ("", {"values": {"NEW": 3}}),
    ],
)
async def test_what_is_no_secret_is_refused(fly: Visitor, path: str, body: Json) -> None:
    assert (await fly.http.post(f"{SECRETS}{path}", json=body)).status_code == 400


async def test_a_secret_that_is_not_there_cannot_be_taken_away(fly: Visitor) -> None:
    assert (await fly.http.delete(f"{SECRETS}/NOBODY")).status_code == 404


async def test_the_read_token_sets_no_secret(fly: Visitor) -> None:
    assert (await fly.http.post(f"{SECRETS}/NEW", json={"value": "a"}, headers=READ)).status_code == 403
