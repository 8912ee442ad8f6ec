"""Socket Mode: connections, envelopes and their acks (Slack: Socket Mode)."""

import asyncio
import contextlib
import json
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import WSMsgType, web

from sandbox import seed
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace

_ACK_SECONDS = 3.0
_MOST_CONNECTIONS = 10
_EVENT_RETRY_SECONDS = (0, 60, 300)


class NotConnected(Exception):
    """The app holds no connection."""


@dataclass(slots=True, eq=False)
class Connection:
    """One live websocket, and the request that it came from. One that is silent is dead without knowing it."""

    socket: web.WebSocketResponse
    request: web.Request
    silent: bool = False
    unacked: list[Object] = field(default_factory=list)  # what the log says of the envelopes that it owes an ack

    async def send(self, frame: Object) -> None:
        """Send, or let it be lost: a connection that has just died loses what is sent on it."""
        if self.silent:
            return
        with contextlib.suppress(ConnectionError):
            await self.socket.send_json(frame)

    async def pong(self, data: bytes) -> None:
        """Answer a ping with its own bytes."""
        if not self.silent:
            await self.socket.pong(data)

    def cut(self) -> None:
        """End it without a close frame, as a proxy does that goes away."""
        if self.request.transport is not None:
            self.request.transport.close()


class Link:
    """The live connections. Each envelope goes to one of them; its ack may come over any."""

    def __init__(self, workspace: Workspace, *, patience: float = _ACK_SECONDS) -> None:
        self._workspace = workspace
        self.patience = patience  # seconds that an ack may take
        self._live: list[Connection] = []
        self._waiting: dict[str, asyncio.Future[Object]] = {}
        self._events: set[asyncio.Task[None]] = set()
        self._turn = 0
        workspace.faults.when_switched(self._fall_silent)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/slack/link", self.connect), web.get("/slack/link/", self.connect)]

    @property
    def connections(self) -> int:
        """How many connections are live."""
        return len(self._live)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends; its ticket is good once."""
        if not self._workspace.tickets.redeem_link(request.query.get("ticket", "")):
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        if self._workspace.faults.on("socket-refused"):  # the ticket is spent all the same
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        socket = web.WebSocketResponse(autoping=False)  # pings are answered below, as long as anyone is there
        await socket.prepare(request)
        connection = Connection(socket, request)
        if len(self._live) >= _MOST_CONNECTIONS:
            await connection.send(_disconnect("too_many_websockets"))
            await socket.close()
        else:
            await self._serve(connection)
        return socket

    async def deliver(self, kind: str, payload: Object, *, accepts: bool = True, **extra: object) -> Object | None:
        """Send an envelope to one connection and wait for its ack: the payload of it, or None after 3 seconds.

        Raises NotConnected when nobody could take it.
        """
        if not self._live:
            raise NotConnected
        name = str(uuid.uuid4())
        envelope = {"envelope_id": name, "type": kind, "accepts_response_payload": accepts, **extra, "payload": payload}
        entry = self._workspace.record("deliver", kind, envelope)
        self._waiting[name] = asyncio.get_running_loop().create_future()
        connection = self._next()
        connection.unacked.append(entry)
        await connection.send(envelope)
        try:
            answer = await asyncio.wait_for(self._waiting[name], self.patience)
        except TimeoutError:
            return None
        finally:
            del self._waiting[name]
        connection.unacked.remove(entry)
        entry["status"] = HTTPStatus.OK
        return answer

    def send_event(self, event: Object) -> None:
        """Tell the bot what happened, if it subscribed; an event is sent again when it is not acked."""
        task = asyncio.get_running_loop().create_task(self._send_event(event))
        self._events.add(task)
        task.add_done_callback(self._events.discard)

    async def open(self) -> None:
        """It is the app that opens connections."""

    async def disconnect(self, reason: str) -> None:
        """Ask every client to come back over a new connection. Only a warning leaves the old one in use for now."""
        asked = list(self._live)
        if reason != "warning":
            self._live.clear()
        for connection in asked:
            await connection.send(_disconnect(reason))

    def break_off(self) -> None:
        """Cut every connection without a word; from now on none of them counts."""
        gone, self._live = self._live, []
        for connection in gone:
            connection.cut()

    async def close(self) -> None:
        """Close all connections and forget the events still to be sent."""
        for task in list(self._events):
            task.cancel()
        for connection in list(self._live):
            await connection.socket.close()

    async def _serve(self, connection: Connection) -> None:
        await connection.send(self._hello())
        self._live.append(connection)
        try:
            async for frame in connection.socket:
                if frame.type is WSMsgType.PING:
                    await connection.pong(frame.data)
                if frame.type is WSMsgType.TEXT and not connection.silent:
                    self._take(frame.data)
        finally:
            self._live = [other for other in self._live if other is not connection]
            for entry in connection.unacked:
                entry["lost"] = True

    def _fall_silent(self, fault: str, on: bool) -> None:
        if fault == "slack-half-open" and self._workspace.faults.strikes(fault):
            for connection in self._live:
                connection.silent = True

    def _hello(self) -> Object:
        debug = {"host": "applink-1", "build_number": 10, "approximate_connection_time": 18060}
        hello: Object = {"type": "hello", "num_connections": len(self._live) + 1, "debug_info": debug}
        return hello | {"connection_info": {"app_id": seed.APP_ID}}

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

    def _next(self) -> Connection:
        self._turn += 1
        return self._live[self._turn % len(self._live)]

    async def _send_event(self, event: Object) -> None:
        for attempt, pause in enumerate((0, *_EVENT_RETRY_SECONDS)):
            await asyncio.sleep(pause)
            retry = {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
            try:
                if await self.deliver("events_api", event, accepts=False, **retry) is not None:
                    return
            except NotConnected:
                continue


def _disconnect(reason: str) -> Object:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
