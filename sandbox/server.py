"""One server on loopback for everything that the sandbox stands in for."""

import socket
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox import dropapp
from sandbox.child import Child
from sandbox.control import Control
from sandbox.fly import api as fly
from sandbox.setup import write_checklist
from sandbox.slack.api import WebApi
from sandbox.slack.manifest import Manifest
from sandbox.slack.respond import Respond
from sandbox.world import World

_PAGE = Path(__file__).parent / "page"
_LOOPBACK = "127.0.0.1"
_LARGEST_REQUEST = 4 * 1024 * 1024


def build_app(world: World) -> web.Application:
    """Every route of the sandbox, over one world."""
    app = web.Application(client_max_size=_LARGEST_REQUEST)
    for part in (WebApi(world.workspace), Respond(world.workspace), world.link, Control(world)):
        app.add_routes(part.routes())
    app.add_routes(fly.routes(world.platform))
    app.add_routes(dropapp.routes(world.apps))
    app.add_routes([web.get("/", _index), web.static("/page", _PAGE)])
    return app


class Sandbox:
    """A running sandbox, as an async context: the server is up inside it, and so is the bot if there is a command."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        bot_command: Sequence[str] | None = None,
        checklist: Path | None = None,
        manifest: Path | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._port = port
        self._folder = folder.resolve()
        self._bot_command = bot_command or ()
        self._original = checklist
        self._manifest = manifest
        self._runner: web.AppRunner | None = None
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
        self._socket.bind((_LOOPBACK, self._port))
        base_url = f"http://{_LOOPBACK}:{self._socket.getsockname()[1]}"
        manifest = Manifest.read(self._manifest) if self._manifest else None
        self.world = World(base_url, self._folder, bot_command=self._bot_command, manifest=manifest)
        if self._original is not None:
            write_checklist(self._original, self.world.checklist, base_url)
        self._runner = web.AppRunner(build_app(self.world), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()
        await self.child.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.child.stop()
        await self.world.link.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._socket.close()


async def _index(request: web.Request) -> web.FileResponse:
    return web.FileResponse(_PAGE / "index.html")
