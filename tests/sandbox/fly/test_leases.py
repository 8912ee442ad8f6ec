"""Leases of the sandbox's Fly.io."""

from datetime import UTC, datetime

import pytest

from tests.sandbox.fly.visitor import MACHINE, NONCE, Visitor


async def test_a_lease_comes_in_an_envelope_with_its_nonce(fly: Visitor) -> None:
    answer = await fly.http.post(f"{MACHINE}/lease", json={"ttl": 13, "description": "CR-001"})

    assert answer.status_code == 201
    assert answer.json()["status"] == "success"
    lease = answer.json()["data"]
    assert lease["nonce"]
    assert lease["description"] == "CR-001"
    assert lease["owner"].endswith("@tokens.fly.io")
    assert 10 <= lease["expires_at"] - fly.clock.now().timestamp() <= 13


async def test_the_time_to_live_may_also_come_in_the_query(fly: Visitor) -> None:
    assert (await fly.http.post(f"{MACHINE}/lease?ttl=13")).status_code == 201


@pytest.mark.parametrize("body", [{}, {"ttl": 0}, {"ttl": "soon"}])
async def test_a_lease_without_a_time_to_live_is_refused(fly: Visitor, body: dict[str, object]) -> None:
    assert (await fly.http.post(f"{MACHINE}/lease", json=body)).status_code == 400


async def test_a_second_lease_is_refused_in_the_recorded_words(fly: Visitor) -> None:
    await fly.lease()
    lease = (await fly.http.get(f"{MACHINE}/lease")).json()["data"]

    refused = await fly.http.post(f"{MACHINE}/lease", json={"ttl": 13})

    expiry = datetime.fromtimestamp(lease["expires_at"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert refused.status_code == 409
    assert refused.json()["error"] == (
        f"aborted: machine ID 148e21ea7d0089 lease currently held by {lease['owner']}, expires at {expiry}"
    )


async def test_the_nonce_keeps_a_lease_alive_under_the_same_nonce(fly: Visitor) -> None:
    nonce = await fly.lease(ttl=13)
    fly.clock.move(10)

    refreshed = await fly.http.post(f"{MACHINE}/lease", json={"ttl": 13}, headers={NONCE: nonce})
    fly.clock.move(10)

    assert refreshed.status_code == 201
    assert refreshed.json()["data"]["nonce"] == nonce
    assert (await fly.http.get(f"{MACHINE}/lease")).status_code == 200


async def test_a_lease_ends_by_the_moved_clock(fly: Visitor) -> None:
    nonce = await fly.lease(ttl=13)

    fly.clock.move(14)

    assert (await fly.http.get(f"{MACHINE}/lease")).status_code == 404
    late = await fly.http.post(f"{MACHINE}/lease", json={"ttl": 13}, headers={NONCE: nonce})
    assert (late.status_code, late.json()["error"]) == (404, "not_found: lease not found")
    assert await fly.lease() != nonce


async def test_whoever_asks_is_told_the_nonce(fly: Visitor) -> None:
    nonce = await fly.lease()

    assert (await fly.http.get(f"{MACHINE}/lease")).json()["data"]["nonce"] == nonce
    assert (await fly.machine())["nonce"] == nonce


async def test_only_the_nonce_lets_go_of_a_lease(fly: Visitor) -> None:
    nonce = await fly.lease()

    without = await fly.http.delete(f"{MACHINE}/lease")
    with_nonce = await fly.http.delete(f"{MACHINE}/lease", headers={NONCE: nonce})
    again = await fly.http.delete(f"{MACHINE}/lease", headers={NONCE: nonce})

    assert without.status_code == 409
    assert with_nonce.json() == {"status": "success", "data": {"ok": True}}
    assert (again.status_code, again.json()["error"]) == (404, "not_found: lease not found")


@pytest.mark.parametrize("action", ["", "/start", "/stop", "/cordon", "/uncordon"])
async def test_every_change_of_a_leased_machine_needs_the_nonce(fly: Visitor, action: str) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    await fly.lease()

    without = await fly.http.post(MACHINE + action, json=order)
    with_another = await fly.http.post(MACHINE + action, json=order, headers={NONCE: "5c35f65c9f95"})

    assert (without.status_code, with_another.status_code) == (409, 409)
    assert "lease currently held by" in without.json()["error"]


async def test_the_nonce_of_the_lease_opens_the_way_for_an_update(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    nonce = await fly.lease()

    answer = await fly.http.post(MACHINE, json=order, headers={NONCE: nonce})

    assert answer.status_code == 200
    assert fly.platform.log[-1]["headers"] == {NONCE: nonce}


async def test_an_update_under_a_lease_that_has_run_out_is_refused(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    nonce = await fly.lease(ttl=13)
    fly.clock.move(14)

    refused = await fly.http.post(MACHINE, json=order, headers={NONCE: nonce})

    assert (refused.status_code, refused.json()["error"]) == (409, "aborted: lease not found")


async def test_someone_else_may_hold_the_first_machine_for_a_minute(fly: Visitor) -> None:
    fly.faults.switch("lease-held", on=True)
    during = await fly.http.post(f"{MACHINE}/lease", json={"ttl": 13})
    fly.clock.move(61)
    fly.platform.snapshot()
    after = await fly.http.post(f"{MACHINE}/lease", json={"ttl": 13})

    assert during.status_code == 409
    assert "7d1c09b4e2f84a55@tokens.fly.io" in during.json()["error"]
    assert after.status_code == 201
    assert not fly.faults.on("lease-held")


async def test_the_other_one_lets_go_when_the_fault_is_switched_off(fly: Visitor) -> None:
    fly.faults.switch("lease-held", on=True)
    fly.faults.switch("lease-held", on=False)

    assert await fly.lease()
