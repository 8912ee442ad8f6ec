"""What a token of Fly's is good for, and what time it is at Fly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import BaseModel

from checklist.errors import Outage
from fly.client import Call, MachinesApi, understood
from fly.errors import SYSTEM
from fly.pacing import Pacing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a token opens. Apps that it does not name may still be among those of its organisation."""

    organisations: tuple[str, ...]
    apps: tuple[str, ...]


class _Token(BaseModel):
    org_slug: str = ""
    apps: list[str] | None = None


class _Tokens(BaseModel):
    tokens: list[_Token]


class FlyAccount:
    """One token, asked about itself."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, token: str, pacing: Pacing) -> None:
        self._api = MachinesApi(http, base_url=base_url, token=token, pacing=pacing)

    async def reach(self) -> Reach:
        """Raises Outage; "token rejected" among its words when Fly does not know the token."""
        found = understood(await self._asked(), _Tokens.model_validate, changes=False).tokens
        return Reach(
            organisations=tuple(sorted({token.org_slug for token in found})),
            apps=tuple(sorted({app for token in found for app in token.apps or ()})),
        )

    async def now(self) -> datetime:
        """Fly's clock, to the second. Raises Outage."""
        return told_time(SYSTEM, (await self._asked()).headers)

    async def _asked(self) -> httpx.Response:
        return await self._api.send(Call(action="token", key="current", path="/tokens/current"))


def told_time(system: str, headers: Mapping[str, str]) -> datetime:
    """The Date header of an answer, in UTC. Raises Outage when there is none."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError) as error:
        raise Outage(system, "did not say what time it is") from error
