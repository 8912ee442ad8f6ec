"""The way between HTTP and an endpoint: the log, the planned faults, outages, tokens and limits."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.fly.calls import AFFINITY, Call, Reply
from sandbox.fly.documents import Json, ulid
from sandbox.fly.errors import Cut, Refused
from sandbox.fly.journal import closed
from sandbox.fly.limits import PER_ACTION, Limit
from sandbox.fly.plan import Kind
from sandbox.fly.platform import Platform
from sandbox.fly.spoiling import spoilt
from sandbox.fly.tokens import basic, bearer

_STATUS_OF_AN_OUTAGE = {"releases-down": 500}
_PATTERN_OF_A_NAME = re.compile(r":[^{}]+(?=})")

Answer = Callable[[Call], Awaitable[Reply]]


def refused(refusal: Refused) -> Reply:
    """A refusal as the REST APIs tell it."""
    return Reply(refusal.body(), status=refusal.status, headers=refusal.headers)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the API: an answer, and what stands before it.

    `live` is asked of the machine's own host: no copy answers for it, be it old or new. `outage` is the fault that
    takes it down beside the one for all of Fly.io, `refused` how it says no.
    """

    method: str
    path: str
    answer: Answer
    writes: bool = False
    limit: Limit | None = PER_ACTION
    registry: bool = False
    live: bool = False
    outage: str = ""
    refused: Callable[[Refused], Reply] = refused

    @property
    def name(self) -> str:
        """How a fault plan names it: `GET /v1/apps/{app}/machines`."""
        return f"{self.method} {_PATTERN_OF_A_NAME.sub('', self.path).removeprefix('/fly')}"

    @property
    def copied(self) -> bool:
        """Whether an old copy could answer."""
        return self.method == "GET" and not self.live

    def route(self, platform: Platform) -> web.RouteDef:
        platform.plan.routes[self.name] = self.copied

        async def handler(request: web.Request) -> web.Response:
            return await _served(self, request, platform)

        return web.route(self.method, self.path, handler)


async def _served(endpoint: Endpoint, request: web.Request, platform: Platform) -> web.Response:
    raw = await request.read()
    entry = platform.journal.opened(request, raw)
    fault = platform.plan.comes(request.method, endpoint.name)
    old = fault is not None and fault.kind == Kind.STALE_READ
    if fault is not None:
        entry["fault"] = fault.kind
    try:
        reply = await spoilt(fault, request, lambda: _answered(endpoint, request, raw, platform, old=old))
    except Refused as refusal:
        reply = refused(refusal)
    except Cut as cut:
        closed(entry, status=None, response=None, applied=cut.applied)
        return _hung_up(request)
    closed(entry, status=reply.status, response=reply.body, applied=reply.applied)
    return _response(reply, request, platform)


async def _answered(endpoint: Endpoint, request: web.Request, raw: bytes, platform: Platform, *, old: bool) -> Reply:
    """The endpoint's answer; a refusal is one too. A copy that is `old`, or has not heard yet, answers for then."""
    node = platform.copies.node(old=old, led=AFFINITY in request.cookies) if endpoint.copied else platform
    before = platform.copies.kept() if endpoint.writes else None
    try:
        reply = await endpoint.answer(_let_in(endpoint, request, raw, node))
    except Refused as refusal:
        return endpoint.refused(refusal)
    if reply.applied:
        platform.copies.changed(before)
    return reply


def _let_in(endpoint: Endpoint, request: web.Request, raw: bytes, platform: Platform) -> Call:
    if not endpoint.registry and platform.faults.on("fly-down"):
        raise Refused(503, "upstream connect error")
    if endpoint.outage and platform.faults.on(endpoint.outage):
        raise Refused(_STATUS_OF_AN_OUTAGE.get(endpoint.outage, 503), "upstream connect error")
    header = request.headers.get("Authorization", "")
    token = basic(header) if endpoint.registry else bearer(header)
    if endpoint.writes and not token.writes:
        raise Refused(403, "token is not authorized to perform this action")
    if endpoint.limit:
        params = request.match_info
        target = params.get("machine") or params.get("app") or token.id
        platform.limits.take(f"{endpoint.method} {endpoint.path}", target, endpoint.limit)
    return Call(platform, request.match_info, request.query, request.headers, _body(raw), token)


def _body(raw: bytes) -> Json:
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise Refused(400, "unable to decode the request's body") from error
    if not isinstance(body, dict):
        raise Refused(400, "the request's body must be an object")
    return body


def _response(reply: Reply, request: web.Request, platform: Platform) -> web.Response:
    headers = {"fly-request-id": f"{ulid(platform.clock.now())}-arn", **reply.headers}
    app = request.match_info.get("app")
    if reply.applied and app:  # the next requests of this client are led to the same node
        headers["Set-Cookie"] = f"{AFFINITY}={app}; Path={request.path.partition(f'/{app}')[0]}/{app}"
    if isinstance(reply.body, str):
        return web.Response(text=reply.body, status=reply.status, headers=headers)
    if reply.body is None:
        return web.Response(status=reply.status, headers=headers)
    return web.json_response(reply.body, status=reply.status, headers=headers)


def _hung_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response(status=499)  # it goes nowhere: the connection is gone
