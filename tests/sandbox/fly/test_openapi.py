"""The sandbox's Fly.io is held to the published description: what is in neither it nor the deviations is told."""

import copy

import pytest

from tests.sandbox.fly.openapi import DEVIATIONS, complaints
from tests.sandbox.fly.visitor import APP, MACHINE, Json, Visitor


async def entry(fly: Visitor, method: str, path: str, body: Json | None = None) -> Json:
    """One call, as the log has it, for the test to break."""
    await fly.http.request(method, path, json=body)
    return copy.deepcopy(fly.platform.log[-1])


async def test_an_answer_with_a_field_that_nobody_described_is_told(fly: Visitor) -> None:
    read = await entry(fly, "GET", MACHINE)
    read["response"]["colour"] = "blue"

    assert complaints([read]) == [
        "GET /apps/{app_name}/machines/{machine_id} 200: the body:"
        " Additional properties are not allowed ('colour' was unexpected)"
    ]


async def test_a_field_of_another_type_is_told_and_where_it_is(fly: Visitor) -> None:
    listed = await entry(fly, "GET", f"{APP}/machines")
    listed["response"][1]["image_ref"]["digest"] = 7

    assert complaints([listed]) == ["GET /apps/{app_name}/machines 200: 1.image_ref.digest: 7 is not of type 'string'"]


async def test_a_body_where_none_is_described_and_a_status_that_nobody_described_are_told(fly: Visitor) -> None:
    cordoned = await entry(fly, "POST", f"{MACHINE}/cordon")
    bare, created = {**cordoned, "response": {"done": True}}, {**cordoned, "status": 201}

    assert len(complaints([bare])) == 2  # it says too much, and too little
    assert "201: no such answer is described" in complaints([created])[0]


async def test_an_error_that_is_no_error_of_fly_s_is_told(fly: Visitor) -> None:
    refused = await entry(fly, "GET", f"{APP}/machines/none")
    refused["response"] = {"message": "no"}

    assert refused["status"] == 404
    assert "'message' was unexpected" in complaints([refused])[0]


async def test_a_request_that_was_taken_is_held_to_the_description_too(fly: Visitor) -> None:
    order = await fly.order(fly.image("v0.5.0"))
    taken = await entry(fly, "POST", MACHINE, order)
    taken["body"]["current_version"] = 7

    assert complaints([taken]) == [
        "POST /apps/{app_name}/machines/{machine_id} request: current_version: 7 is not of type 'string'"
    ]


@pytest.mark.parametrize("deviation", DEVIATIONS, ids=lambda deviation: deviation.where)
def test_each_deviation_says_where_it_is_from(deviation: object) -> None:
    assert str(getattr(deviation, "source", ""))[0].isdecimal()
