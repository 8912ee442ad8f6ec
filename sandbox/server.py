"""One server on loopback for everything that the sandbox stands in for."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox import dropapp
from sandbox.child import Child
from sandbox.clock import real_now
from sandbox.control import Control
from sandbox.fly import api as fly
from sandbox.fly.opening import TWO_MACHINES, Fleet
from sandbox.setup import write_checklist
from sandbox.slack.api import WebApi
from sandbox.slack.manifest import Manifest
from sandbox.slack.respond import Respond
from sandbox.world import World

_PAGE = Path(__file__).parent / "page"
_LOOPBACK = "127.0.0.1"
_NAMES = (_LOOPBACK, "localhost")
_SHUTDOWN_SECONDS = 0.2
_LARGEST_REQUEST = 4 * 1024 * 1024


def build_app(world: World) -> web.Application:
    """Every route of the sandbox, over one world."""
    app = web.Application(client_max_size=_LARGEST_REQUEST, middlewares=[_only_from_here])
    for part in (WebApi(world.workspace), Respond(world.workspace), world.link, Control(world)):
        app.add_routes(part.routes())
    app.add_routes(fly.routes(world.platform))
    app.add_routes(dropapp.routes(world.apps))
    app.add_routes([web.get("/", _index), web.static("/page", _PAGE)])
    app.on_response_prepare.append(_dated(world))
    return app


class Sandbox:
    """A running sandbox, as an async context: inside it the server is up, and the first bot if there is a command."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        bot_command: Sequence[str] | None = None,
        checklist: Path | None = None,
        manifest: Path | None = None,
        http: bool = False,
        database_url: str = "",
        bots: int = 1,
        fleet: Fleet = TWO_MACHINES,
        brisk: bool = True,  # whether the rollout reads as often as the machines here change
    ) -> None:
        self._brisk = brisk
        self._port = port
        self._folder = folder.resolve()
        self._bot_command = bot_command or ()
        self._original = checklist
        self._manifest = manifest
        self._http = http
        self._database_url = database_url
        self._bots = bots
        self._fleet = fleet
        self._closing = AsyncExitStack()
        self.world: World

    @property
    def base_url(self) -> str:
        """Where the sandbox is served."""
        return self.world.base_url

    @property
    def child(self) -> Child:
        """The bot."""
        return self.world.child

    def environment(self) -> dict[str, str]:
        """The variables that point a bot at this sandbox."""
        return self.world.environment()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self._open(stack)
            self._closing = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._closing.aclose()

    async def _open(self, stack: AsyncExitStack) -> None:
        listening = stack.enter_context(_listening(self._port))
        self.world = self._world(f"http://{_LOOPBACK}:{listening.getsockname()[1]}")
        runner = web.AppRunner(build_app(self.world), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listening).start()
        await self.world.delivery.open()
        stack.push_async_callback(self.world.delivery.close)
        for child in self.world.children:
            stack.push_async_callback(child.stop)
        await self.child.start()

    def _world(self, base_url: str) -> World:
        self._folder.mkdir(parents=True, exist_ok=True)
        manifest = Manifest.read(self._manifest) if self._manifest else None
        world = World(
            base_url,
            self._folder,
            bot_command=self._bot_command,
            manifest=manifest,
            http=self._http,
            database_url=self._database_url,
            bots=self._bots,
            fleet=self._fleet,
        )
        if self._original is not None:
            written = write_checklist(self._original, world.checklist, base_url, self._fleet, brisk=self._brisk)
            world.team.know(written)
        return world


def _listening(port: int) -> socket.socket:
    """A socket on loopback; 0 takes any free port."""
    return socket.create_server((_LOOPBACK, port))


def _dated(world: World) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Every answer says what time it is, by real time: the moved clock is no clock of a platform's."""

    async def date(request: web.Request, response: web.StreamResponse) -> None:
        ahead = world.clocks_ahead if world.faults.on("clock-slow") else timedelta()
        response.headers["Date"] = format_datetime(real_now() + ahead, usegmt=True)

    return date


@web.middleware
async def _only_from_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep other web pages out: a browser names the page that asks, and a rebound name is not one of loopback's."""
    origin = request.headers.get("Origin")
    if request.url.host not in _NAMES or origin not in (None, f"http://{request.host}"):
        return web.Response(status=HTTPStatus.FORBIDDEN)
    return await handler(request)


async def _index(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_PAGE / "index.html")
