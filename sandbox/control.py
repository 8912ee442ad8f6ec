"""The control API: acting as a person, moving the clock, breaking things, and looking, all from a program."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime

from aiohttp import web

from sandbox import seed
from sandbox.child import Child
from sandbox.clock import OSLO
from sandbox.faults import UnknownFault
from sandbox.fly.plan import Misplanned, PlannedFault
from sandbox.slack.forms import misuse
from sandbox.slack.wire import Object, Refused
from sandbox.state import state
from sandbox.world import World

_LOOK_EVERY_SECONDS = 0.1
_KEEP_ALIVE_LOOKS = 150
_CLICK = ("label", "action_id", "block_id", "channel", "ts", "thread_ts", "view_id")
_PERSON = ("deleted", "is_restricted", "is_ultra_restricted", "is_bot", "is_app_user", "team_id")

Act = Callable[[Object], Awaitable[Object]]


class Control:
    """Everything under /control."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        acts: dict[str, Act] = {
            "command": self._command,
            "click": self._click,
            "submit": self._submit,
            "close": self._close,
            "message": self._message,
            "again": self._again,
            "person": self._person,
            "channel": self._channel,
            "clock": self._clock,
            "fault": self._fault,
            "fly-faults": self._fly_faults,
            "kill": self._kill,
            "start": self._start,
            "stop": self._stop,
            "pause": self._pause,
            "disconnect": self._disconnect,
        }
        looks = [
            web.get("/control/state", self._state),
            web.get("/control/log", self._log),
            web.get("/control/fly-calls", self._fly_calls),
            web.get("/control/events", self._events),
        ]
        return [web.post(f"/control/{name}", _answered(act)) for name, act in acts.items()] + looks

    async def _command(self, asked: Object) -> Object:
        where = {"channel": asked.get("channel"), "thread_ts": asked.get("thread_ts")}
        answer = await self._world.acts.command(_user(asked), _text(asked, "text"), **where)
        return self._remembered(asked, answer, _text(asked, "text"))

    async def _click(self, asked: Object) -> Object:
        where = {name: asked[name] for name in _CLICK if asked.get(name) is not None}
        confirm = asked.get("confirm") is True
        answer = await self._world.acts.click(_user(asked), value=asked.get("value"), confirm=confirm, **where)
        return self._remembered(asked, answer, str(asked.get("label") or asked.get("action_id") or "a click"))

    async def _submit(self, asked: Object) -> Object:
        values = asked.get("values") or {}
        if not isinstance(values, dict):
            raise misuse("values belong in an object by block_id")
        view = self._world.workspace.modals.top(_user(asked))
        answer = await self._world.acts.submit(_user(asked), values, view_id=asked.get("view_id"))
        return self._remembered(asked, answer, view["title"]["text"] if view else "a form")

    def _remembered(self, asked: Object, answer: Object, what: str) -> Object:
        if answer.get("ok") is True:
            self._world.team.did(_whose(asked.get("as")), what)
        return answer

    async def _close(self, asked: Object) -> Object:
        return await self._world.acts.close(_user(asked))

    async def _message(self, asked: Object) -> Object:
        channel, thread_ts = _text(asked, "channel"), asked.get("thread_ts")
        return await self._world.acts.message(_user(asked), _text(asked, "text"), channel=channel, thread_ts=thread_ts)

    async def _again(self, asked: Object) -> Object:
        return await self._world.acts.again(_user(asked), fresh=asked.get("fresh") is True)

    async def _person(self, asked: Object) -> Object:
        changes = {name: value for name, value in asked.items() if name in _PERSON}
        return self._world.acts.change_person(_user(asked), changes)

    async def _channel(self, asked: Object) -> Object:
        shared = asked.get("is_ext_shared") is True
        return self._world.acts.change_channel(str(asked.get("channel") or seed.CHANNEL_ID), shared=shared)

    async def _clock(self, asked: Object) -> Object:
        clock = self._world.clock
        if "at" in asked:
            clock.set(_moment(asked["at"]))
        else:
            clock.move(_number(asked, "seconds"))
        return {"ok": True, "now": clock.now().astimezone(OSLO).isoformat(), "offset_seconds": clock.offset_seconds}

    async def _fault(self, asked: Object) -> Object:
        try:
            self._world.faults.switch(_text(asked, "fault"), on=asked.get("on", True) is True, times=asked.get("times"))
        except UnknownFault as error:
            raise misuse("unknown_fault") from error
        return {"ok": True, "faults": self._world.faults.snapshot()}

    async def _fly_faults(self, asked: Object) -> Object:
        """Replace the plan of what goes wrong with which call of Fly.io's."""
        plan, lines = self._world.platform.plan, asked.get("faults")
        if not isinstance(lines, list):
            raise misuse("faults: a list of what goes wrong with which call; an empty one takes the plan back")
        try:
            plan.replace(*(PlannedFault.read(line) for line in lines))
        except Misplanned as error:
            raise misuse(str(error)) from error
        return {"ok": True}

    async def _kill(self, asked: Object) -> Object:
        child = self._bot(asked)
        if child.running:
            await child.kill()
        if not any(other.running for other in self._world.children):
            self._world.delivery.break_off()  # the dead hold no connection, even before the server notices
        if asked.get("restart") is True:
            await child.start()
        return {"ok": True, "bot": self._world.bot()}

    async def _stop(self, asked: Object) -> Object:
        code = await self._world.child.stop()
        return {"ok": True, "exit": code, "bot": self._world.bot()}

    async def _start(self, asked: Object) -> Object:
        await self._bot(asked).start()
        return {"ok": True, "bot": self._world.bot()}

    async def _pause(self, asked: Object) -> Object:
        self._bot(asked).pause(on=asked.get("on", True) is True)
        return {"ok": True, "bot": self._world.bot()}

    def _bot(self, asked: Object) -> Child:
        """The bot of that number; without one, the first."""
        bots = dict(enumerate(self._world.children, start=1))
        number = asked.get("bot", 1)
        if number not in bots:
            raise misuse("unknown_bot")
        return bots[number]

    async def _disconnect(self, asked: Object) -> Object:
        if asked.get("hard") is True:
            self._world.link.break_off()
        else:
            await self._world.link.disconnect(_text(asked, "reason"))
        return {"ok": True}

    async def _state(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(state(self._world, _whose(request.query.get("as", seed.JOHN.key))))
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)

    async def _log(self, request: web.Request) -> web.Response:
        return web.json_response({"slack": self._world.workspace.log, "fly": self._world.platform.log})

    async def _fly_calls(self, request: web.Request) -> web.Response:
        """The calls of Fly.io since the plan was made, and how often it struck."""
        plan = self._world.platform.plan
        return web.json_response({"struck": plan.struck, "calls": [asdict(call) for call in plan.calls]})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Tell whoever listens that something changed, not what: they look at the state again."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        seen: object = None
        silent = 0
        while not _gone(request):
            now, silent = self._world.fingerprint(), silent + 1
            if now != seen or silent > _KEEP_ALIVE_LOOKS:
                await stream.write(b"event: changed\ndata: {}\n\n" if now != seen else b": still here\n\n")
                seen, silent = now, 0
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
        return stream


def _answered(act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await act(await _asked(request)))
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)

    return answer


async def _asked(request: web.Request) -> Object:
    try:
        asked = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise misuse("invalid_json") from error
    if not isinstance(asked, dict):
        raise misuse("invalid_json")
    return asked


def _user(asked: Object) -> str:
    return _whose(asked.get("as")).id


def _whose(key: object) -> seed.Person:
    for person in seed.PEOPLE:
        if person.key == key:
            return person
    raise misuse("unknown_person")


def _text(asked: Object, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise misuse(f"missing: {name}")
    return value


def _number(asked: Object, name: str) -> float:
    value = asked.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise misuse(f"missing: {name}")
    return float(value)


def _moment(value: object) -> datetime:
    """A moment as ISO 8601; without a zone it is meant as the clock on the wall in Oslo."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise misuse("at wants a time in ISO 8601") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=OSLO)


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()
