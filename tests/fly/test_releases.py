"""`fly releases` stays true: over REST as flyctl writes it, over GraphQL where REST is down, and never twice."""

import json

import httpx
import pytest
from aiohttp import web

from checklist.errors import Outage
from checklist.fly_releases import ReleaseStatus
from checklist.words import StrategyName
from sandbox.fly.plan import Kind, PlannedFault
from tests.fly.servers import Fly, Naps, Odd, releases_at, says

APP, IMAGE = "drop-app", f"registry.fly.io/drop-app@sha256:{'5' * 64}"
BOTH = pytest.mark.parametrize("down", ["", "releases-down"], ids=["REST", "GraphQL"])
CURRENT = {"id": "r63", "version": 63, "status": "complete", "imageRef": "old", "createdAt": "2026-05-23T22:48:21Z"}


def switch(fly: Fly, fault: str) -> None:
    if fault:
        fly.faults.switch(fault, on=True)


def kept(fly: Fly) -> list[tuple[object, object, object]]:
    return [(one["version"], one["status"], one["image_ref"]) for one in fly.platform.apps[APP].releases][:2]


def is_graphql(request: web.Request) -> bool:
    return request.path.endswith("/graphql")


@BOTH
async def test_a_release_is_created_and_what_became_of_it_is_told(fly: Fly, down: str) -> None:
    switch(fly, down)

    release = await fly.releases.create(APP, image=IMAGE, strategy=StrategyName.ROLLING)
    created = kept(fly)[0]
    for status in (ReleaseStatus.RUNNING, ReleaseStatus.COMPLETE):
        await fly.releases.update(release, status)

    assert created == (64, "pending", IMAGE)
    assert (release.version, release.image) == (64, IMAGE)
    assert kept(fly)[0] == (64, "complete", IMAGE)


@BOTH
async def test_the_definition_of_the_release_before_goes_on(fly: Fly, down: str) -> None:
    platform, app = fly.platform, fly.platform.apps[APP]
    before = platform.releases.definition(app, app.releases[0])
    switch(fly, down)

    await fly.releases.create(APP, image=IMAGE, strategy=StrategyName.CANARY)

    newest = app.releases[0]
    assert newest["version"] == 64
    assert platform.releases.definition(app, newest) == before
    assert newest["strategy"] == "CANARY"


@BOTH
async def test_the_newest_release_comes_first_with_its_image_and_time(fly: Fly, down: str) -> None:
    switch(fly, down)

    listed = await fly.releases.newest(APP)

    assert [release.version for release in listed] == [63, 62, 61]
    assert listed[0].created_at
    assert listed[0].created_at.tzinfo is not None
    assert listed[0].image == "registry.fly.io/drop-app:v0.4.2"


async def test_without_the_definition_of_the_one_before_no_release_is_written(fly: Fly) -> None:
    switch(fly, "graphql-down")

    with pytest.raises(Outage):
        await fly.releases.create(APP, image=IMAGE, strategy=StrategyName.ROLLING)

    assert kept(fly)[0][0] == 63


@pytest.mark.parametrize("kind", [Kind.APPLY_THEN_RESET, Kind.UNAVAILABLE, Kind.GARBAGE])
async def test_an_answer_that_was_lost_makes_no_second_release(fly: Fly, kind: Kind) -> None:
    fly.platform.plan.add(PlannedFault(kind=kind, route="POST /api/v1/releases"))

    release = await fly.releases.create(APP, image=IMAGE, strategy=StrategyName.ROLLING)

    assert [version for version, _, _ in kept(fly)] == [64, 63]
    assert release.version == 64


async def test_a_release_that_a_dead_process_had_created_is_gone_on_with(fly: Fly) -> None:
    first = await fly.releases.create(APP, image=IMAGE, strategy=StrategyName.ROLLING)

    again = await fly.releases.create(APP, image=IMAGE, strategy=StrategyName.ROLLING)

    assert again.id == first.id
    assert kept(fly)[0][0] == 64


async def test_flyctl_s_header_is_sent_first_and_the_other_one_where_it_is_not_known(
    odd: Odd, http: httpx.AsyncClient, naps: Naps
) -> None:
    odd.answer(says(status=401), says('{"releases":[]}'))

    assert await releases_at(odd.base, http, naps).newest(APP) == ()

    headers = [request.headers["Authorization"] for request in odd.requests]
    assert headers == ["Bearer fm2_sandboxdeploy", "FlyV1 fm2_sandboxdeploy"]


async def test_an_error_of_graphql_is_a_failure_even_beside_data(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    answer = {"data": {"app": {"id": "j", "currentRelease": CURRENT}}, "errors": [{"message": "Could not find App"}]}
    odd.answer(says(json.dumps(answer)))

    with pytest.raises(Outage, match="Could not find App"):
        await releases_at(odd.base, http, naps).create(APP, image=IMAGE, strategy=StrategyName.ROLLING)

    assert all(is_graphql(request) for request in odd.requests)


@pytest.mark.parametrize("answer", ["", "[]", '{"data":null}', '{"data":{}}', '{"data":{"app":null}}'])
async def test_an_answer_of_graphql_that_cannot_be_understood_is_an_outage(
    odd: Odd, http: httpx.AsyncClient, naps: Naps, answer: str
) -> None:
    odd.answer(says(answer))

    with pytest.raises(Outage):
        await releases_at(odd.base, http, naps).create(APP, image=IMAGE, strategy=StrategyName.ROLLING)
