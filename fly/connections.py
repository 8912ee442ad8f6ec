"""Many connections of one HTTP client, in pools so small that looking for a free one costs nothing."""

import ssl
from dataclasses import dataclass

import httpx

POOLS = 10
EACH = httpx.Limits(max_connections=2, max_keepalive_connections=2)


@dataclass(slots=True)
class _Pool:
    transport: httpx.AsyncHTTPTransport
    busy: int = 0  # requests whose answer has not begun


class Connections(httpx.AsyncBaseTransport):
    """Twenty connections, kept open between two calls, for each costs a handshake.

    httpcore looks at every connection of a pool, and asks the system about each that is idle, twice for each request:
    with twenty of them in one pool that takes longer than all the rest of the request. It also closes idle ones as
    soon as there are more connections, idle or not, than it may keep.
    """

    def __init__(self, *, verify: ssl.SSLContext) -> None:
        self._pools = [
            _Pool(httpx.AsyncHTTPTransport(verify=verify, trust_env=False, limits=EACH)) for _ in range(POOLS)
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Through the pool with the fewest requests; the first of them, so that its connections stay in use."""
        pool = min(self._pools, key=lambda pool: pool.busy)
        pool.busy += 1
        try:
            return await pool.transport.handle_async_request(request)
        finally:
            pool.busy -= 1

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.transport.aclose()
