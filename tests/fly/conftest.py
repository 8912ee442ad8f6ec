"""What the tests of Fly start from."""

import httpx
import pytest

from fly.fleet import FlyFleet
from tests.fly.fixtures import fly, http, naps, odd
from tests.fly.servers import Naps, Odd, fleet_at

__all__ = ["fly", "http", "naps", "odd", "oddly"]


@pytest.fixture
def oddly(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> FlyFleet:
    """A fleet that talks to the odd server."""
    return fleet_at(odd.base, http, naps)
