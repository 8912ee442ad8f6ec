"""The connections of the one HTTP client: twenty at most, each kept for the next call."""

import asyncio

import httpx
from aiohttp import web

from tests.fly.servers import Odd, says

AT_ONCE = 20


async def asks(http: httpx.AsyncClient, odd: Odd, *, times: int) -> list[httpx.Response]:
    return await asyncio.gather(*(http.get(f"{odd.base}/v1/apps") for _ in range(times)))


def connections(odd: Odd) -> set[object]:
    """Those on which the requests came, by the port at their other end."""
    ends = (request.get_extra_info("peername") for request in odd.requests)
    return {end[1] for end in ends if end}


async def test_after_many_calls_at_once_their_connections_are_all_used_again(http: httpx.AsyncClient, odd: Odd) -> None:
    """Each new connection is a handshake with Fly, in the middle of a rollout."""
    met = asyncio.Barrier(AT_ONCE)

    async def waits_for_the_others(request: web.Request) -> web.StreamResponse:
        await met.wait()
        return web.Response(text="{}")

    odd.answer(waits_for_the_others)
    for _ in range(3):
        assert all(answer.is_success for answer in await asks(http, odd, times=AT_ONCE))

    assert len(odd.requests) == 3 * AT_ONCE
    assert len(connections(odd)) == AT_ONCE


async def test_more_calls_than_connections_wait_for_their_turn(http: httpx.AsyncClient, odd: Odd) -> None:
    odd.answer(says("{}"))

    answers = await asks(http, odd, times=5 * AT_ONCE)

    assert [answer.status_code for answer in answers] == [200] * 5 * AT_ONCE
    assert len(connections(odd)) <= AT_ONCE


async def test_calls_one_after_another_need_one_connection(http: httpx.AsyncClient, odd: Odd) -> None:
    odd.answer(says("{}"))

    for _ in range(5):
        await asks(http, odd, times=1)

    assert len(connections(odd)) == 1
