"""The log of requests: what came, what was answered, and whether it changed anything."""

import json
import time
from collections.abc import Callable

from aiohttp import web

from sandbox.clock import Clock
from sandbox.fly.documents import Body, Json

NONCE = "fly-machine-lease-nonce"


class Journal:
    """Entries in the order in which requests came; one that is still waiting has no status yet."""

    def __init__(self, clock: Clock, next_n: Callable[[], int]) -> None:
        self._clock = clock
        self._next_n = next_n
        self.entries: list[Json] = []

    def opened(self, request: web.Request, raw: bytes) -> Json:
        """The entry of a request that has just come; `closed` completes it."""
        nonce = request.headers.get(NONCE)
        entry: Json = {
            "n": self._next_n(),
            "at": self._clock.now().isoformat(),
            "t": time.time(),
            "method": request.method,
            "path": request.path,
            "query": {key: ",".join(request.query.getall(key)) for key in request.query},
            "headers": {NONCE: nonce} if nonce else {},
            "body": _readable(raw),
            "status": None,
            "response": None,
            "applied": False,
        }
        self.entries.append(entry)
        return entry


def closed(entry: Json, *, status: int | None, response: Body, applied: bool) -> None:
    """Note the answer; a status of None is a connection that was cut."""
    entry.update(status=status, response=response, applied=applied)


def _readable(raw: bytes) -> object:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
