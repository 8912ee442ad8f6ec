"""The Drop app, as its machines make it."""

import pytest

from sandbox.dropapp import DropApp
from tests.sandbox.fly.visitor import APP, FIRST, MACHINE, SECOND, Visitor

HEALTH = "/production/api/health"


async def everywhere(fly: Visitor, tag: str, **env: str) -> None:
    """Bring both machines of production to an image, and let them become healthy."""
    for machine in (FIRST, SECOND):
        path = f"{APP}/machines/{machine}"
        before = (await fly.machine(path))["config"]["env"]
        await fly.updates(fly.image(tag), path, env={**before, **env})
    fly.passes(0.8)


async def test_health_names_the_version_of_each_site(fly: Visitor) -> None:
    production, staging = await fly.http.get(HEALTH), await fly.http.get("/staging/api/health")

    assert production.json() == {"status": "ok", "db": "connected", "version": "0.4.2"}
    assert staging.json() == {"status": "ok", "db": "connected", "version": "0.5.0"}


async def test_the_version_follows_the_digest_that_the_machines_run(fly: Visitor) -> None:
    await everywhere(fly, "v0.5.0")

    assert (await fly.http.get(HEALTH)).json()["version"] == "0.5.0"


async def test_one_healthy_machine_keeps_the_site_up(fly: Visitor) -> None:
    await fly.updates(fly.image("v0.5.0"))

    answer = await fly.http.get(HEALTH)

    assert (answer.status_code, answer.json()["version"]) == (200, "0.4.2")


async def test_without_a_healthy_machine_the_site_is_down(fly: Visitor) -> None:
    fly.faults.switch("failing-health", on=True)
    await everywhere(fly, "v0.5.0")

    answer = await fly.http.get(HEALTH)

    assert (answer.status_code, answer.json()) == (503, {"status": "error"})


async def test_the_app_can_be_unwell_on_healthy_machines(fly: Visitor) -> None:
    fly.faults.switch("unhealthy-app", on=True)

    answer = await fly.http.get(HEALTH)

    assert (answer.status_code, answer.json()) == (503, {"status": "error"})
    assert {check["status"] for check in (await fly.machine(MACHINE))["checks"]} == {"passing"}


async def test_a_site_in_maintenance_says_so_and_is_still_ok(fly: Visitor) -> None:
    await everywhere(fly, "v0.4.2", MAINTENANCE_MODE="true")

    answer = await fly.http.get(HEALTH)

    assert answer.status_code == 200
    assert answer.json()["maintenance"] is True


@pytest.mark.parametrize("site", ["production", "staging"])
async def test_rates_and_flags_are_what_the_checklist_asks_for(fly: Visitor, site: str) -> None:
    rates = (await fly.http.get(f"/{site}/api/rates")).json()["rates"]
    flags = (await fly.http.get(f"/{site}/api/flags")).json()

    assert set(rates) == {"RSD", "BAM", "PKR", "TRY", "PLN", "EUR"}
    assert flags == {"cards": False, "bankid": False, "dobValidation": True}


async def test_the_eleventh_login_in_a_minute_is_too_many(fly: Visitor) -> None:
    login = {"phone": "+4700000000", "pin": "0000"}
    codes = [(await fly.http.post("/production/api/auth/login", json=login)).status_code for _ in range(12)]
    staging = await fly.http.post("/staging/api/auth/login", json=login)
    fly.clock.move(61)
    later = await fly.http.post("/production/api/auth/login", json=login)

    assert codes == [401] * 10 + [429] * 2
    assert (staging.status_code, later.status_code) == (401, 401)


async def test_the_page_sees_what_the_sites_answer(fly: Visitor) -> None:
    sites = DropApp(fly.platform, fly.faults).snapshot("http://127.0.0.1:8080")

    assert sites["production"] == {
        "url": "http://127.0.0.1:8080/production",
        "status": 200,
        "body": {"status": "ok", "db": "connected", "version": "0.4.2"},
    }
