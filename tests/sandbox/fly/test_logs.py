"""The logs of the sandbox's Fly.io: a hundred lines a page, for who may read them, under the right scheme."""

from datetime import timedelta

import pytest

from tests.sandbox.fly.visitor import FIRST, READ, SECOND, Json, Visitor

LOGS = "/fly/api/v1/apps/drop-app/logs"
ONE_OFF: Json = {"init": {"cmd": ["npm", "run", "db:migrate"]}, "restart": {"policy": "no"}, "auto_destroy": True}


def said(fly: Visitor, *messages: str, instance: str = FIRST, hours_ago: float = 0) -> None:
    at = fly.clock.now() - timedelta(hours=hours_ago)
    fly.platform.apps["drop-app"].log_lines.extend(
        {"timestamp": at.isoformat(), "message": message, "level": "info", "instance": instance, "region": "arn"}
        for message in messages
    )


async def page(fly: Visitor, **query: str) -> tuple[list[str], str]:
    answer = await fly.http.get(LOGS, params=query, headers=READ)
    assert answer.status_code == 200, answer.text
    return [one["attributes"]["message"] for one in answer.json()["data"]], answer.json()["meta"]["next_token"]


async def test_the_logs_come_in_pages_until_there_are_no_more(fly: Visitor) -> None:
    said(fly, *(f"line {number}" for number in range(230)))

    first, token = await page(fly)
    second, token = await page(fly, next_token=token)
    third, token = await page(fly, next_token=token)
    rest, last = await page(fly, next_token=token)

    assert [len(first), len(second), len(third), rest] == [100, 100, 30, []]
    assert first + second + third == [f"line {number}" for number in range(230)]
    assert last == token


async def test_a_caller_may_make_the_token_of_a_moment(fly: Visitor) -> None:
    said(fly, "before", hours_ago=2)
    said(fly, "after", hours_ago=0.5)
    hour_ago = int((fly.clock.now() - timedelta(hours=1)).timestamp() * 1000) * 10**6

    assert (await page(fly, next_token=str(hour_ago)))[0] == ["after"]


async def test_without_a_token_the_logs_begin_a_day_ago(fly: Visitor) -> None:
    said(fly, "old", hours_ago=25)
    said(fly, "new", hours_ago=23)

    assert (await page(fly))[0] == ["new"]


async def test_logs_can_be_asked_for_one_machine(fly: Visitor) -> None:
    said(fly, "of the first")
    said(fly, "of the second", instance=SECOND)

    assert (await page(fly, instance=SECOND))[0] == ["of the second"]
    assert (await page(fly, instance=SECOND, region="cdg"))[0] == []


async def test_what_a_one_off_machine_said_is_in_the_logs(fly: Visitor) -> None:
    order = {"config": {**ONE_OFF, "image": fly.image("v0.5.0")}}
    created = await fly.http.post("/fly/v1/apps/drop-app/machines", json=order)
    fly.passes(5)
    await fly.http.get("/fly/v1/apps/drop-app/machines")
    fly.passes(5)

    lines, _ = await page(fly, instance=created.json()["id"])

    assert lines[-1] == "1 migrations applied"


@pytest.mark.parametrize(
    ("app", "authorization"),
    [
        ("drop-app", "Bearer fm2_sandboxread"),
        ("drop-app", "FlyV1 fm2_sandboxdeploy"),
        ("drop-app", "FlyV1 nonsense"),
        ("nobody", "FlyV1 fm2_sandboxread"),
    ],
)
async def test_another_scheme_a_deploy_token_and_an_unknown_app_are_all_a_401(
    fly: Visitor, app: str, authorization: str
) -> None:
    answer = await fly.http.get(f"/fly/api/v1/apps/{app}/logs", headers={"Authorization": authorization})

    assert answer.status_code == 401


async def test_a_token_that_is_no_number_is_refused(fly: Visitor) -> None:
    assert (await fly.http.get(LOGS, params={"next_token": "yesterday"}, headers=READ)).status_code == 400
