"""Bolt, watched: each of Slack's requests has an id, is timed and counted; an event that came before is only acked."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from structlog.contextvars import bound_contextvars

from bot.metrics import Metrics
from bot.replays import Replays

EVENT_SECONDS = 3600.0  # Slack tries an event again after a minute and after five
BROKEN = 500
DOORS = {"block_actions": "click", "view_submission": "submission", "event_callback": "event"}
log = structlog.get_logger()


class WatchedApp(AsyncApp):
    """The app through which every request goes, whichever way it came."""

    def __init__(self, *, metrics: Metrics, **bolt: Any) -> None:  # Any: what Bolt's own app takes
        super().__init__(**bolt)
        self._metrics = metrics
        self._events = Replays(EVENT_SECONDS)
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Bolt's answer; a plain ack for an event that was answered before."""
        event = _event(req.body)
        if event and not self._events.first(event):
            self._metrics.repeats.labels("event").inc()
            return BoltResponse(status=200)
        request = uuid.uuid4().hex[:12]
        answered = False
        self._taken(1)
        try:
            with bound_contextvars(request=request):
                response = await self._timed(req)
                answered = response.status < BROKEN
                return response
        finally:
            self._taken(-1)
            if not answered:
                self._events.forget(event)

    async def finished(self, *, within: float) -> None:
        """Wait until nothing is in hand, but no longer than that."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._idle.wait()

    def _taken(self, change: int) -> None:
        self._in_hand += change
        if self._in_hand:
            self._idle.clear()
        else:
            self._idle.set()

    async def _timed(self, req: AsyncBoltRequest) -> BoltResponse:
        began, door = time.perf_counter(), _door(req.body)
        response = await super().async_dispatch(req)
        seconds = time.perf_counter() - began
        self._metrics.acks.labels(door).observe(seconds)
        line = {"door": door, "status": response.status, "ms": round(seconds * 1000, 1)}
        asyncio.get_running_loop().call_soon(partial(log.info, "answered", **line))  # once the ack is out
        return response


def _door(body: Mapping[str, Any]) -> str:
    return "command" if "command" in body else DOORS.get(str(body.get("type", "")), "other")


def _event(body: Mapping[str, Any]) -> str:
    return str(body.get("event_id", "")) if body.get("type") == "event_callback" else ""
