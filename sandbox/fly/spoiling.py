"""What a planned fault does to a call: before it takes effect, and to its answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from sandbox.fly.calls import Reply
from sandbox.fly.errors import Cut, Refused
from sandbox.fly.plan import Kind, PlannedFault

_LOOK_EVERY = 0.02
_A_PROXYS_PAGE = "<html><body>502 Bad Gateway</body></html>"
_HANGS = {Kind.TIMEOUT_BEFORE_APPLY, Kind.APPLY_THEN_TIMEOUT}
_CUT_BEFORE = {Kind.TIMEOUT_BEFORE_APPLY, Kind.RESET_BEFORE_APPLY}
_CUT_AFTER = {Kind.APPLY_THEN_TIMEOUT, Kind.APPLY_THEN_RESET}


async def spoilt(fault: PlannedFault | None, request: web.Request, answer: Callable[[], Awaitable[Reply]]) -> Reply:
    """The answer as the fault lets the caller have it. Raises Refused or Cut."""
    if fault is None:
        return await answer()
    _refuse(fault)
    if fault.kind in _CUT_BEFORE:
        await _hang(fault, request)
        raise Cut(applied=False)
    if fault.kind == Kind.SLOW:
        await asyncio.sleep(fault.seconds)
    reply = await answer()
    if fault.kind in _CUT_AFTER:
        await _hang(fault, request)
        raise Cut(applied=reply.applied)
    if fault.kind == Kind.GARBAGE:
        return replace(reply, body=fault.text or _A_PROXYS_PAGE, status=200)
    return reply


def _refuse(fault: PlannedFault) -> None:
    if fault.kind == Kind.REJECT:
        raise Refused(fault.status, fault.text or "refused by the fault plan")
    if fault.kind == Kind.UNAVAILABLE:
        raise Refused(503, fault.text or "upstream connect error")
    if fault.kind == Kind.RATE_LIMITED:
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        raise Refused(429, fault.text or "resource exhausted: rate limit exceeded", headers=headers)


async def _hang(fault: PlannedFault, request: web.Request) -> None:
    """Keep the caller waiting until the time is up, or until they have gone."""
    if fault.kind not in _HANGS:
        return
    loop = asyncio.get_running_loop()
    until = loop.time() + fault.seconds
    while loop.time() < until and not _gone(request):  # noqa: ASYNC110  # aiohttp tells nobody that a caller has gone
        await asyncio.sleep(_LOOK_EVERY)


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
