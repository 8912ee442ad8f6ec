"""What every endpoint is given, what it gives back, and how the way between it and HTTP is kept."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from multidict import MultiMapping

from sandbox.fly.documents import Body, Json, ulid
from sandbox.fly.errors import Cut, Refused
from sandbox.fly.journal import NONCE, closed
from sandbox.fly.limits import PER_ACTION, Limit
from sandbox.fly.machine import Machine
from sandbox.fly.opening import App
from sandbox.fly.platform import Platform
from sandbox.fly.tokens import Token, basic, bearer


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `applied` says that it changed a machine or a lease."""

    body: Body
    status: int = 200
    applied: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in."""

    platform: Platform
    params: Mapping[str, str]
    query: MultiMapping[str]
    headers: Mapping[str, str]
    body: Json
    token: Token

    @property
    def nonce(self) -> str:
        return self.headers.get(NONCE, "")

    @property
    def app(self) -> App:
        """The app in the path, or 404."""
        app = self.platform.apps.get(self.params["app"])
        if app is None:
            raise Refused(404, "app not found")
        return app

    @property
    def machine(self) -> Machine:
        """The machine in the path as it is now, or 404."""
        machine = self.app.machines.get(self.params["machine"])
        if machine is None:
            raise Refused(404, "machine not found")
        machine.settle()
        return machine


Answer = Callable[[Call], Awaitable[Reply]]
Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One line of the API: an answer, and what stands before it."""

    method: str
    path: str
    answer: Answer
    writes: bool = False
    limit: Limit | None = PER_ACTION
    registry: bool = False

    def route(self, platform: Platform) -> web.RouteDef:
        async def handler(request: web.Request) -> web.Response:
            return await _served(self, request, platform)

        return web.route(self.method, self.path, handler)


async def _served(endpoint: Endpoint, request: web.Request, platform: Platform) -> web.Response:
    raw = await request.read()
    entry = platform.journal.opened(request, raw)
    try:
        reply = await endpoint.answer(_let_in(endpoint, request, raw, platform))
    except Refused as refusal:
        reply = Reply(refusal.body(), status=refusal.status)
    except Cut as cut:
        closed(entry, status=None, response=None, applied=cut.applied)
        return _hung_up(request)
    closed(entry, status=reply.status, response=reply.body, applied=reply.applied)
    return _response(reply, request, platform)


def _let_in(endpoint: Endpoint, request: web.Request, raw: bytes, platform: Platform) -> Call:
    if platform.faults.on("registry-down" if endpoint.registry else "fly-down"):
        raise Refused(503, "upstream connect error")
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
    if reply.applied:  # the next requests of this client are led to the same node
        app = request.match_info["app"]
        headers["Set-Cookie"] = f"fly_flaps_affinity={app}; Path={request.path.partition('/machines/')[0]}"
    if isinstance(reply.body, str):
        return web.Response(text=reply.body, status=reply.status, headers=headers)
    if reply.body is None:
        return web.Response(status=reply.status, headers=headers)
    return web.json_response(reply.body, status=reply.status, headers=headers)


def _hung_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response(status=499)  # it goes nowhere: the connection is gone
