"""Waiting for a machine's state on the sandbox's Fly.io."""

import asyncio

import httpx
import pytest

from tests.sandbox.fly.visitor import MACHINE, UNKNOWN_IMAGE, Visitor


async def wait(fly: Visitor, query: str) -> httpx.Response:
    """Wait with a stopwatch that runs ten times too fast, so that a test needs no patience."""
    fly.stopwatch.pace = 0.1
    answer = await fly.http.get(f"{MACHINE}/wait?{query}")
    fly.stopwatch.pace = 0
    return answer


@pytest.mark.parametrize("seconds", ["0", "61", "120", "1m", ""])
async def test_a_wait_takes_from_one_to_sixty_seconds(fly: Visitor, seconds: str) -> None:
    refused = await wait(fly, f"state=started&timeout={seconds}")

    assert refused.status_code == 400
    assert refused.json()["error"] == (
        "invalid_argument: invalid WaitMachineRequest.Timeout: value must be inside range [1s, 1m0s]"
    )


@pytest.mark.parametrize("query", ["state=running", "state=started&version=short"])
async def test_a_wait_for_nonsense_is_an_invalid_argument(fly: Visitor, query: str) -> None:
    assert (await wait(fly, query)).status_code == 400


async def test_without_a_version_the_old_one_answers_for_the_new(fly: Visitor) -> None:
    before = await fly.machine()
    await fly.updates(fly.image("v0.5.0"))

    answer = await fly.http.get(f"{MACHINE}/wait?state=started&timeout=1")

    assert answer.json()["version"] == before["instance_id"]
    assert (await fly.machine())["state"] == "replacing"


@pytest.mark.parametrize("name", ["version", "instance_id"])
async def test_with_a_version_the_wait_sees_the_swap_through(fly: Visitor, name: str) -> None:
    version = (await fly.updates(fly.image("v0.5.0")))["instance_id"]

    waiting = asyncio.create_task(fly.http.get(f"{MACHINE}/wait?state=started&timeout=5&{name}={version}"))
    await asyncio.sleep(0.05)
    pending = not waiting.done()
    fly.passes(0.3)
    answer = await waiting

    assert pending
    assert {"ok": True, "state": "started", "version": version}.items() <= answer.json().items()


async def test_the_newest_version_of_two_waits_for_its_swap_to_settle(fly: Visitor) -> None:
    version = (await fly.updates(fly.image("v0.5.0")))["instance_id"]

    answer = await wait(fly, "state=settled&timeout=5")

    assert (answer.json()["state"], answer.json()["version"]) == ("started", version)


@pytest.mark.parametrize("states", ["state=stopped,started", "state=stopped&state=started"])
async def test_a_wait_may_name_several_states(fly: Visitor, states: str) -> None:
    assert (await wait(fly, states)).json()["state"] == "started"


async def test_a_state_that_does_not_come_is_a_408_and_now_and_then_an_empty_one(fly: Visitor) -> None:
    first = await wait(fly, "state=stopped&timeout=1")
    second = await wait(fly, "state=stopped&timeout=1")

    assert (first.status_code, second.status_code) == (408, 408)
    assert first.json()["error"] == (
        "deadline_exceeded: machine failed to reach desired state, stopped, currently started"
    )
    assert second.content == b""


async def test_a_version_whose_image_was_not_pulled_never_starts(fly: Visitor) -> None:
    version = (await fly.updates(UNKNOWN_IMAGE))["instance_id"]

    with_version = await wait(fly, f"state=started&timeout=1&version={version}")
    without = await wait(fly, "state=started&timeout=1")

    assert with_version.status_code == 408
    assert without.status_code == 200


async def test_a_machine_that_is_starting_is_no_longer_stopped(fly: Visitor) -> None:
    await fly.http.post(f"{MACHINE}/stop")
    fly.passes(0.3)
    await fly.http.post(f"{MACHINE}/start")

    answer = await wait(fly, "state=stopped,started&timeout=5")

    assert answer.json()["state"] == "started"


async def test_a_version_that_never_was_is_not_found(fly: Visitor) -> None:
    answer = await wait(fly, "state=started&version=01G3SHPYE8XZ58GD4XRRF9CCKC")

    assert answer.status_code == 404
