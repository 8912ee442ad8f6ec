"""The sandbox's Fly.io and Drop app, and a server for odd answers: what the tests of fly and of checks stand on."""

from collections.abc import AsyncIterator

import httpx
import pytest

from fly.client import http_client
from tests.fly.servers import Fly, Naps, Odd, fly_io, odd_server
from tests.sandbox.fly.openapi import complaints


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        yield client


@pytest.fixture
async def fly(http: httpx.AsyncClient, naps: Naps) -> AsyncIterator[Fly]:
    async with fly_io(http, naps) as platform:
        yield platform
        assert complaints(platform.platform.log) == []


@pytest.fixture
async def odd() -> AsyncIterator[Odd]:
    async with odd_server() as server:
        yield server
