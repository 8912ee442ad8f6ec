"""Fly's logs, of one machine or of an app, over an HTTP API that is "mostly stable: flyctl depends on it"."""

from datetime import UTC, datetime, timedelta

import httpx
from pydantic import BaseModel

from checklist.errors import Outage
from checklist.logs import Heard, LogLine
from checklist.words import MachineId
from fly.client import Call, Count, MachinesApi, uncounted
from fly.errors import SYSTEM
from fly.pacing import Pacing

MOST_PAGES = 10  # of a hundred lines each, of one machine
MOST_PAGES_OF_AN_APP = 30
UNREADABLE = "shows logs only to a token that may read the organisation: set FLY_READ_TOKEN"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Attributes(BaseModel):
    message: str = ""
    level: str = ""
    instance: str = ""


class _Line(BaseModel):
    attributes: _Attributes = _Attributes()


class _Meta(BaseModel):
    next_token: str | None = None


class _Page(BaseModel):
    data: list[_Line] = []
    meta: _Meta = _Meta()


class FlyLogs:
    """Reads with a token that may read the organisation (FLY_READ_TOKEN); Fly refuses deploy tokens here."""

    def __init__(
        self, http: httpx.AsyncClient, *, base_url: str, token: str, pacing: Pacing, count: Count = uncounted
    ) -> None:
        self._api = MachinesApi(http, base_url=f"{base_url.rstrip('/')}/api", token=token, pacing=pacing, count=count)

    async def lines(self, app: str, id: MachineId, *, since: datetime) -> tuple[str, ...]:
        """What the machine has written since then, the oldest first, up to a thousand lines. Raises Outage."""
        found, _ = await self._read(app, id, since.replace(microsecond=0), MOST_PAGES)
        return tuple(line.message for line in found if line.instance in {"", id})

    async def heard(self, app: str, *, since: datetime) -> Heard:
        """The port Logs: up to three thousand lines."""
        found, whole = await self._read(app, "", since, MOST_PAGES_OF_AN_APP)
        return Heard(lines=tuple(map(_line, found)), whole=whole)

    async def _read(self, app: str, id: str, since: datetime, pages: int) -> tuple[list[_Attributes], bool]:
        """The lines from a moment on, page by page, and whether these were all."""
        token, found = str(_nanoseconds(since)), list[_Attributes]()
        for _ in range(pages):
            page = await self._page(app, id, token)
            found += [line.attributes for line in page.data]
            if not page.data or page.meta.next_token in {None, "", token}:
                return found, True
            token = page.meta.next_token or token
        return found, False

    async def _page(self, app: str, id: str, token: str) -> _Page:
        query = {**({"instance": id} if id else {}), "next_token": token}
        call = Call(action="logs", key=app, path=f"/apps/{app}/logs", query=query)
        return await self._api.ask(call, _Page.model_validate)


class NoLogs:
    """In place of FlyLogs, where there is no token that may read them."""

    async def lines(self, app: str, id: MachineId, *, since: datetime) -> tuple[str, ...]:
        raise Outage(SYSTEM, UNREADABLE)

    async def heard(self, app: str, *, since: datetime) -> Heard:
        raise Outage(SYSTEM, UNREADABLE)


def _nanoseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def _line(read: _Attributes) -> LogLine:
    return LogLine(level=read.level, message=read.message, machine=MachineId(read.instance))
