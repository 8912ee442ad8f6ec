"""A Fly.io and a Drop app on a port of their own for each test."""

from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox import dropapp
from sandbox.fly import api
from tests.sandbox.fly.openapi import complaints
from tests.sandbox.fly.visitor import DEPLOY, Visitor, open_platform


@pytest.fixture
async def fly() -> AsyncIterator[Visitor]:
    clock, faults, stopwatch, platform = open_platform()
    app = web.Application()
    app.add_routes([*api.routes(platform), *dropapp.routes(dropapp.DropApp(platform, faults))])
    async with (
        TestServer(app) as server,
        httpx.AsyncClient(base_url=str(server.make_url("/")), headers=DEPLOY) as http,
    ):
        yield Visitor(http, clock, faults, stopwatch, platform)
        assert complaints(platform.log) == []
