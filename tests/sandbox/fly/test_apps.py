"""Apps, the registry and the page's view of the sandbox's Fly.io."""

import httpx
import pytest

from tests.sandbox.fly.visitor import APP, READ, Visitor

STAGING = "/fly/v1/apps/drop-staging/machines/5683d4e0b10e58"
LOGIN = ("x", "fm2_sandboxdeploy")


async def head(fly: Visitor, reference: str, login: tuple[str, str] = LOGIN, **headers: str) -> httpx.Response:
    return await fly.http.head(f"/registry/v2/drop-app/manifests/{reference}", auth=login, headers=headers)


async def test_an_app_names_its_organisation(fly: Visitor) -> None:
    app = (await fly.http.get(APP)).json()

    assert {"id", "name", "internal_numeric_id", "machine_count", "network", "status", "volume_count"} <= set(app)
    assert (app["status"], app["machine_count"], app["organization"]["slug"]) == ("deployed", 2, "drop")


async def test_secrets_have_digests_and_never_values(fly: Visitor) -> None:
    secrets = (await fly.http.get(f"{APP}/secrets?show_secrets=true")).json()["secrets"]

    assert [secret["name"] for secret in secrets] == ["JWT_SECRET", "DATABASE_URL", "SUMSUB_API_KEY", "BAAS_API_KEY"]
    assert {frozenset(secret) for secret in secrets} == {frozenset({"name", "digest", "created_at", "updated_at"})}


async def test_releases_come_newest_first_with_their_images(fly: Visitor) -> None:
    releases = (await fly.http.get("/fly/api/v1/apps/drop-app/releases?limit=25")).json()["releases"]
    current = (await fly.http.get("/fly/api/v1/apps/drop-app/releases/current")).json()

    assert [release["version"] for release in releases] == [63, 62, 61]
    assert releases[0] == current
    assert releases[-1]["image_ref"] == "registry.fly.io/drop-app:v0.4.1"


async def test_a_token_knows_its_apps(fly: Visitor) -> None:
    tokens = (await fly.http.get("/fly/v1/tokens/current", headers=READ)).json()["tokens"]

    assert [(token["org_slug"], token["apps"]) for token in tokens] == [
        ("drop", ["drop-app", "drop-db", "drop-staging"])
    ]


@pytest.mark.parametrize("tag", ["v0.4.1", "v0.4.2", "v0.5.0", "v0.5.1"])
async def test_the_registry_finds_an_image_by_tag_and_by_digest(fly: Visitor, tag: str) -> None:
    by_tag = await head(fly, tag)
    by_digest = await head(fly, by_tag.headers["docker-content-digest"])

    assert (by_tag.status_code, by_digest.status_code) == (200, 200)
    assert by_tag.headers["docker-content-digest"] == by_digest.headers["docker-content-digest"] == fly.digest(tag)


async def test_staging_and_production_run_the_same_digest_for_the_same_version(fly: Visitor) -> None:
    staging = await fly.machine(STAGING)

    assert staging["image_ref"]["repository"] == "drop-app"
    assert staging["image_ref"]["digest"] == fly.digest("v0.5.0")


@pytest.mark.parametrize("reference", ["v9.9.9", "sha256:" + "0" * 64, "latest"])
async def test_an_image_that_is_not_there_is_a_404(fly: Visitor, reference: str) -> None:
    assert (await head(fly, reference)).status_code == 404


async def test_who_accepts_no_manifest_gets_none(fly: Visitor) -> None:
    assert (await head(fly, "v0.5.0", accept="application/json")).status_code == 404


@pytest.mark.parametrize(
    ("user", "password"), [("y", "fm2_sandboxdeploy"), ("x", "no"), ("x", "FlyV1 fm2_sandboxdeploy")]
)
async def test_the_registry_wants_user_x_and_a_token_without_its_scheme(fly: Visitor, user: str, password: str) -> None:
    assert (await head(fly, "v0.5.0", (user, password))).status_code == 401


async def test_a_pruned_image_is_gone_for_the_registry_and_for_machines(fly: Visitor) -> None:
    digest = fly.digest("v0.4.1")
    fly.platform.registry.forget("v0.4.1")

    assert (await head(fly, "v0.4.1")).status_code == 404
    assert (await head(fly, digest)).status_code == 404


async def test_a_tag_that_moved_names_another_image_and_the_old_one_is_still_there(fly: Visitor) -> None:
    before = (await head(fly, "v0.5.0")).headers["docker-content-digest"]
    fly.faults.switch("tag-moved", on=True)
    after = (await head(fly, "v0.5.0")).headers["docker-content-digest"]

    assert before != after
    assert (await head(fly, before)).status_code == 200
    assert (await fly.machine(STAGING))["image_ref"]["digest"] == before


async def test_the_registry_can_be_down_while_fly_is_up(fly: Visitor) -> None:
    fly.faults.switch("registry-down", on=True)

    assert (await head(fly, "v0.5.0")).status_code == 503
    assert (await fly.http.get(APP)).status_code == 200


async def test_another_hand_changes_one_machine_at_once_and_the_switch_is_off_again(fly: Visitor) -> None:
    before = [machine.version.id for machine in fly.platform.machines("drop-app")]

    fly.faults.switch("changed-by-hand", on=True)

    first, second = fly.platform.machines("drop-app")
    assert (first.version.id, second.version.id == before[1]) == (before[0], False)
    assert [outline["tag"] for outline in fly.platform.snapshot()["drop-app"]] == ["v0.4.2", "v0.4.1"]
    assert not fly.faults.on("changed-by-hand")


async def test_another_hand_sets_a_variable_on_staging_and_takes_it_away_again(fly: Visitor) -> None:
    (machine,) = fly.platform.machines("drop-staging")
    before = machine.config

    fly.faults.switch("staging-differs", on=True)
    assert machine.config["env"] == {**before["env"], "LOG_LEVEL": "debug"}

    fly.faults.switch("staging-differs", on=False)
    assert machine.config == before


async def test_the_page_sees_each_machine_with_its_tag_even_when_it_was_deployed_by_digest(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"))
    await fly.lease()

    first, second = fly.platform.snapshot()["drop-app"]

    assert set(first) == {
        "id", "region", "state", "tag", "digest", "instance_id", "updated_at", "checks", "lease", "maintenance"
    }  # fmt: skip
    assert (first["state"], first["tag"], first["digest"]) == ("replacing", "v0.5.0", fly.digest("v0.5.0"))
    assert set(first["lease"]) == {"owner", "description", "expires_at"}
    assert (second["tag"], second["lease"], second["maintenance"]) == ("v0.4.2", None, "false")
