"""Fly's logs of one machine, over an HTTP API that is "mostly stable: flyctl depends on it"."""

from datetime import datetime

import httpx
from pydantic import BaseModel

from checklist.words import MachineId
from fly.client import Call, Count, MachinesApi, uncounted
from fly.pacing import Pacing

MOST_PAGES = 10  # of a hundred lines each
_BILLION = 1_000_000_000


class _Attributes(BaseModel):
    message: str = ""
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
        token, found = str(int(since.timestamp()) * _BILLION), list[str]()
        for _ in range(MOST_PAGES):
            page = await self._page(app, id, token)
            found += [line.attributes.message for line in page.data if line.attributes.instance in {"", id}]
            if not page.data or page.meta.next_token in {None, "", token}:
                break
            token = page.meta.next_token or token
        return tuple(found)

    async def _page(self, app: str, id: MachineId, token: str) -> _Page:
        query = {"instance": id, "next_token": token}
        call = Call(action="logs", key=app, path=f"/apps/{app}/logs", query=query)
        return await self._api.ask(call, _Page.model_validate)
