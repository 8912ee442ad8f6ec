"""Socket Mode: connections, envelopes and their acks (Slack: Socket Mode)."""

import asyncio
import json
import uuid
from http import HTTPStatus

from aiohttp import WSMsgType, web

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace

_ACK_SECONDS = 3.0
_MOST_CONNECTIONS = 10
_EVENT_RETRY_SECONDS = (0, 60, 300)


class Link:
    """The live connections. Each envelope goes to one of them; its ack may come over any."""

    def __init__(self, workspace: Workspace, *, patience: float = _ACK_SECONDS) -> None:
        self._workspace = workspace
        self._patience = patience
        self._sockets: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[Object]] = {}
        self._events: set[asyncio.Task[None]] = set()
        self._turn = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/slack/link", self.connect), web.get("/slack/link/", self.connect)]

    @property
    def connections(self) -> int:
        """How many connections are live."""
        return len(self._sockets)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends; its ticket is good once."""
        if not self._workspace.tickets.redeem_link(request.query.get("ticket", "")):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        socket = web.WebSocketResponse()  # answers the client's pings with their own bytes
        await socket.prepare(request)
        if len(self._sockets) >= _MOST_CONNECTIONS:
            await _send(socket, _disconnect("too_many_websockets"))
            await socket.close()
            return socket
        await self._serve(socket)
        return socket

    async def deliver(self, kind: str, payload: Object, *, accepts: bool = True, **extra: object) -> Object | None:
        """Send an envelope to one connection and wait for its ack: the payload of it, or None after 3 seconds.

        Raises NotConnected when nobody could take it.
        """
        if not self._sockets:
            raise NotConnected
        envelope = {"envelope_id": str(uuid.uuid4()), "type": kind, "accepts_response_payload": accepts, **extra}
        entry = self._workspace.record("deliver", kind, envelope | {"payload": payload})
        ack = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = ack
        await _send(self._next(), envelope | {"payload": payload})
        try:
            answer = await asyncio.wait_for(ack, self._patience)
        except TimeoutError:
            return None
        else:
            entry["status"] = HTTPStatus.OK
            return answer
        finally:
            del self._waiting[envelope["envelope_id"]]

    def send_event(self, event: Object) -> None:
        """Tell the bot what happened, if it subscribed; an event is sent again when it is not acked."""
        task = asyncio.get_running_loop().create_task(self._send_event(event))
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def disconnect(self, reason: str) -> None:
        """Ask every client to come back over a new connection."""
        for socket in list(self._sockets):
            await _send(socket, _disconnect(reason))

    def break_off(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self._sockets):
            transport = socket.get_extra_info("socket") and socket._req and socket._req.transport
            if transport is not None:
                transport.abort()

    async def close(self) -> None:
        """Close all connections and forget the events still to be sent."""
        for task in list(self._events):
            task.cancel()
        for socket in list(self._sockets):
            await socket.close()

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        await _send(socket, self._hello())
        self._sockets.append(socket)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._take(frame.data)
        finally:
            self._sockets.remove(socket)

    def _hello(self) -> Object:
        debug = {"host": "applink-1", "build_number": 10, "approximate_connection_time": 18060}
        about = {"app_id": seed.APP_ID}
        return {
            "type": "hello",
            "num_connections": len(self._sockets) + 1,
            "connection_info": about,
            "debug_info": debug,
        }

    def _take(self, text: str) -> None:
        try:
            given = json.loads(text)
        except ValueError:
            return
        name = given.get("envelope_id") if isinstance(given, dict) else None
        ack = self._waiting.get(str(name))
        entry = self._workspace.record("ack", "late" if ack is None else "ack", {"envelope_id": name})
        entry["response"] = given.get("payload") if isinstance(given, dict) else None
        if ack is not None and not ack.done():
            ack.set_result(given.get("payload") or {})

    def _next(self) -> web.WebSocketResponse:
        self._turn += 1
        return self._sockets[self._turn % len(self._sockets)]

    async def _send_event(self, event: Object) -> None:
        for attempt, pause in enumerate((0, *_EVENT_RETRY_SECONDS)):
            await asyncio.sleep(pause)
            retry = {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
            try:
                if await self.deliver("events_api", event, accepts=False, **retry) is not None:
                    return
            except NotConnected:
                continue


class NotConnected(Exception):
    """The app holds no connection."""


async def _send(socket: web.WebSocketResponse, frame: Object) -> None:
    """Send, or let it be lost: a connection that has just died loses what is sent on it."""
    try:
        await socket.send_json(frame)
    except ConnectionError:
        return


def _disconnect(reason: str) -> Object:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
