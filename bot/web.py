"""The bot's own HTTP: Slack's signed requests, whether the bot lives and is ready, and its metrics."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog
import uvicorn
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics
from bot.replays import Replays
from bot.settings import Settings

LONGEST_BODY = 256 * 1024
BODY_WITHIN = 3.0  # seconds: Slack itself waits no longer
SIGNED_FOR = 600.0  # seconds: a signature may be five minutes old, and as much in the future
GRACE = 4  # seconds that a request in hand is given when the bot stops
MOST_CONNECTIONS = 200
TIMESTAMP = re.compile(r"\d{9,11}", re.ASCII)
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
log = structlog.get_logger()

Ready = Callable[[], Awaitable[Mapping[str, bool]]]  # what must be so for the bot to be ready, by name


class PortTaken(Exception):
    """HOST and PORT cannot be listened on."""


class Forged(Exception):
    """A request that is not to be taken for Slack's. `why` is one of a few words."""

    def __init__(self, why: str, status: HTTPStatus = HTTPStatus.UNAUTHORIZED) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackDoor:
    """POST /slack/events. Nothing of a request is parsed before its signature holds, and nothing of it is logged."""

    app: AsyncApp
    verifier: SignatureVerifier
    metrics: Metrics
    seen: Replays = field(default_factory=lambda: Replays(SIGNED_FOR))

    async def __call__(self, request: Request) -> Response:
        try:
            signature, body = await self._genuine(request)
        except Forged as forged:
            return self._turned_away(forged)
        if not self.seen.first(signature):
            return self._replayed(request)
        answered = False
        try:
            response = await self.app.async_dispatch(to_async_bolt_request(request, body))
            answered = response.status < HTTPStatus.INTERNAL_SERVER_ERROR
            return to_starlette_response(response)
        finally:
            if not answered:  # Slack may ask again within the same second, which gives the same signature
                self.seen.forget(signature)

    async def _genuine(self, request: Request) -> tuple[str, bytes]:
        """The signature and the body that it signs. Bolt checks them once more. Raises Forged."""
        timestamp = _only(request, "x-slack-request-timestamp", TIMESTAMP)
        signature = _only(request, "x-slack-signature", SIGNATURE)
        body = await _body(request)
        try:
            genuine = self.verifier.is_valid(body=body, timestamp=timestamp, signature=signature)
        except UnicodeDecodeError:
            genuine = False
        if not genuine:
            raise Forged("signature")
        return signature, body

    def _replayed(self, request: Request) -> Response:
        """Slack's own second try is acked. Whoever else sends the same again is turned away. Neither has an effect."""
        if "x-slack-retry-num" in request.headers:
            self.metrics.repeats.labels("request").inc()
            return Response(status_code=HTTPStatus.OK)
        return self._turned_away(Forged("replay"))

    def _turned_away(self, forged: Forged) -> Response:
        self.metrics.turned_away.labels(forged.why).inc()
        log.warning("a request was turned away", why=forged.why)
        return JSONResponse({"error": "invalid request"}, status_code=forged.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """Whether the bot lives, whether it is ready, and what it counts."""

    ready: Ready
    metrics: Metrics

    async def healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """200 when everything is so, else 503; the answer names each."""
        found = await self.ready()
        status = HTTPStatus.OK if all(found.values()) else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse(dict(found), status_code=status)

    async def metrics_text(self, request: Request) -> Response:
        await self.ready()
        return Response(self.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def door_for(app: AsyncApp, settings: Settings, metrics: Metrics) -> SlackDoor | None:
    """Slack's door, if Slack comes in by signed requests."""
    if settings.slack_signing_secret is None or settings.socket_mode:
        return None
    verifier = SignatureVerifier(settings.slack_signing_secret.get_secret_value())
    return SlackDoor(app=app, verifier=verifier, metrics=metrics)


def web_app(probes: Probes, door: SlackDoor | None) -> Starlette:
    """The routes. Without a door (in Socket Mode) there is no /slack/events."""
    routes = [
        Route("/healthz", probes.healthz),
        Route("/readyz", probes.readyz),
        Route("/metrics", probes.metrics_text),
    ]
    if door is not None:
        routes.append(Route("/slack/events", door.__call__, methods=["POST"]))
    return Starlette(routes=routes)


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The bot's own address, taken early: nobody is answered before it is served. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        why = (error.strerror or "").partition(" (")[0]
        raise PortTaken(f"{host}:{port} cannot be had ({why}). Set HOST and PORT to others.") from error
    with taken:
        yield taken


@asynccontextmanager
async def served(app: Starlette, address: socket.socket) -> AsyncIterator[None]:
    """Served inside the block. At its end no more is taken, and what is in hand is answered."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([address]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn tells nobody when it listens
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """uvicorn, but the signals stay ours: a SIGTERM stops the whole bot, in its own order."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)


def _only(request: Request, name: str, form: re.Pattern[str]) -> str:
    """The header's one value of that form. Raises Forged."""
    values = request.headers.getlist(name)
    if len(values) != 1 or not form.fullmatch(values[0]):
        raise Forged(name.removeprefix("x-slack-").replace("request-timestamp", "timestamp"))
    return values[0]


async def _body(request: Request) -> bytes:
    """All of it, up to 256 KiB, within the time that Slack waits. Raises Forged."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LONGEST_BODY:
                    raise Forged("size", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except TimeoutError as error:
        raise Forged("slow", HTTPStatus.REQUEST_TIMEOUT) from error
    except ClientDisconnect as error:
        raise Forged("cut") from error
    return bytes(body)
