"""HTTP to Fly: one client for everything, and calls that are paced, judged, and repeated only where that is safe."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

import httpx

from checklist.errors import Ambiguous
from checklist.record import Json
from fly.connections import Connections
from fly.errors import Momentary, garbled, refused, unanswered
from fly.pacing import Pacing
from fly.tokens import authorization

PAUSES = (1.0, 2.0)  # seconds before the second and third try of a read
LASTING = (0.5, 1.0, 2.0, 4.0)  # and before the second to fifth try of a change that may come twice, as flyctl
LONGEST_PAUSE = 10.0
T = TypeVar("T")
Count = Callable[[str, str], None]  # is told of each call: its action, and the status of the answer or "none"


def uncounted(action: str, status: str) -> None:
    """Nobody counts."""


def http_client(*, agent: str = "drop-bot") -> httpx.AsyncClient:
    """The one client of the process. It keeps cookies, for Fly's `fly_flaps_affinity` lets us read our own writes.

    It follows no redirect and reads no proxy or password from the environment.
    """
    return httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(15, connect=5),
        headers={"User-Agent": agent},
        transport=Connections(verify=_trusted()),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that httpx ships: reading them takes longer than anything else at a start, so it is done once."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: what it asks for, and the action and machine (or app) by which Fly counts it."""

    action: str
    key: str
    path: str
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Json] | None = None
    nonce: str = ""
    seconds: float = 15.0  # how long an answer may take
    allowed: frozenset[int] = frozenset()  # statuses beside 2xx that the caller reads itself
    asks: bool = False  # a POST that changes nothing
    idempotent: bool = False  # a change that may come twice: it is sent again until it is clear what became of it

    @property
    def changes(self) -> bool:
        return self.method != "GET" and not self.asks

    @property
    def pauses(self) -> tuple[float, ...]:
        """How long to wait before each further try. An update or a create is never sent again."""
        if self.idempotent:
            return LASTING
        return () if self.changes else PAUSES


class FlyApi:
    """One of Fly's APIs under its root, with one header that lets us in."""

    def __init__(
        self, http: httpx.AsyncClient, *, root: str, header: str, pacing: Pacing, count: Count = uncounted
    ) -> None:
        self._http = http
        self._root = root
        self._header = header
        self._pacing = pacing
        self._count = count

    async def ask(self, call: Call, understand: Callable[[Json], T]) -> T:
        """The answer, understood. Raises Outage, Conflict or Ambiguous, as `send` does."""
        return understood(await self.send(call), understand, changes=call.changes)

    async def send(self, call: Call) -> httpx.Response:
        """What may be sent again is, while Fly is only busy. Raises Outage, Conflict; Ambiguous for a change."""
        for pause in call.pauses:
            try:
                return await self._once(call)
            except Momentary as busy:
                await self._pacing.sleep(min(pause if busy.after is None else busy.after, LONGEST_PAUSE))
            except Ambiguous:
                if not call.idempotent:
                    raise
                await self._pacing.sleep(pause)
        return await self._once(call)

    async def _once(self, call: Call) -> httpx.Response:
        await self._pacing.turn(call.action, call.key)
        try:
            response = await self._http.send(self._request(call))
        except httpx.HTTPError as error:
            self._count(call.action, "none")
            raise unanswered(error, changes=call.changes) from error
        self._count(call.action, str(response.status_code))
        if response.is_success or response.status_code in call.allowed:
            return response
        raise refused(response, changes=call.changes)

    def _request(self, call: Call) -> httpx.Request:
        headers = {"Authorization": self._header}
        if call.nonce:
            headers["fly-machine-lease-nonce"] = call.nonce
        return self._http.build_request(
            call.method,
            f"{self._root}{call.path}",
            params=dict(call.query) or None,
            json=dict(call.body) if call.body is not None else None,
            headers=headers,
            timeout=httpx.Timeout(call.seconds, connect=5),
        )


class MachinesApi(FlyApi):
    """Fly's Machines API under one base url (FLY_FLAPS_BASE_URL, without /v1) with one token."""

    def __init__(
        self, http: httpx.AsyncClient, *, base_url: str, token: str, pacing: Pacing, count: Count = uncounted
    ) -> None:
        root = f"{base_url.rstrip('/')}/v1"
        super().__init__(http, root=root, header=authorization(token), pacing=pacing, count=count)


def understood(response: httpx.Response, understand: Callable[[Json], T], *, changes: bool) -> T:
    """Raises Outage when the answer is not what it should be, Ambiguous when it answers a change."""
    try:
        return understand(response.json())
    except ValueError as error:
        raise garbled(response, changes=changes) from error
