"""http.probe: one GET of the app itself, judged by its status and its JSON."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx

from checklist.errors import Outage
from checklist.kinds import HttpProbe
from checklist.marks import Outcome, Verdict
from checklist.record import Json
from checks.origins import Origins
from checks.verdicts import could_not_tell, failed, inconclusive, passed

LONGEST_BODY = 64 * 1024
SHOWN = 512  # bytes of the body that the evidence keeps
BETWEEN_TRIES = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One answer. `body` is at most 64 KiB; `whole` says whether that is all of it."""

    url: str
    status: int
    body: bytes
    whole: bool
    milliseconds: int

    def evidence(self) -> dict[str, Json]:
        return {
            "url": self.url,
            "status": self.status,
            "body_sha256": hashlib.sha256(self.body).hexdigest(),
            "body": self.body[:SHOWN].decode(errors="replace"),
            "latency_ms": self.milliseconds,
        }


class HttpChecks:
    """Asks only the configured origins, follows no redirect, and reads no more than 64 KiB."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        origins: Origins,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._origins = origins
        self._sleep = sleep
        self._monotonic = monotonic

    async def probe(self, params: HttpProbe) -> Verdict:
        """The first pass of up to `tries` answers, or else the last answer."""
        url = self._origins.allowed(params.url)
        if url is None:
            return inconclusive(f"not a configured origin: {params.url}", {"url": params.url})
        verdict = await self._answer(url, params)
        for _ in range(params.tries - 1):
            if verdict.outcome is Outcome.PASSED:
                break
            await self._sleep(BETWEEN_TRIES)
            verdict = await self._answer(url, params)
        return verdict

    async def _answer(self, url: httpx.URL, params: HttpProbe) -> Verdict:
        try:
            return judged(await self._get(url, params.timeout.total_seconds()), params)
        except Outage as outage:
            return could_not_tell(outage)

    async def _get(self, url: httpx.URL, seconds: float) -> Seen:
        try:
            async with asyncio.timeout(seconds):
                return await self._read(url, seconds)
        except TimeoutError as error:
            raise Outage(str(url), f"no answer in {seconds:g} s", retry=True) from error
        except httpx.HTTPError as error:
            raise Outage(str(url), f"no answer: {type(error).__name__} {error}".strip(), retry=True) from error

    async def _read(self, url: httpx.URL, seconds: float) -> Seen:
        began = self._monotonic()
        # Uncompressed, so that the limit is a limit: a small answer could unpack to a huge one.
        headers = {"Accept-Encoding": "identity"}
        async with self._http.stream("GET", url, headers=headers, timeout=seconds, follow_redirects=False) as response:
            body = await _start_of(response)
        return Seen(
            url=str(url),
            status=response.status_code,
            body=body[:LONGEST_BODY],
            whole=len(body) <= LONGEST_BODY,
            milliseconds=round((self._monotonic() - began) * 1000),
        )


async def _start_of(response: httpx.Response) -> bytes:
    """The body, cut once it is longer than a probe reads."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LONGEST_BODY:
            break
    return body


def judged(seen: Seen, params: HttpProbe) -> Verdict:
    """What the answer makes of the check."""
    if seen.status != params.status:
        moved = ", and redirects are not followed" if 300 <= seen.status < 400 else ""
        return failed(f"{seen.url} answered {seen.status}, not {params.status}{moved}", seen.evidence())
    if not params.json_subset and not params.json_has_keys:
        return passed(f"{seen.url} answered {seen.status} in {seen.milliseconds} ms", seen.evidence())
    if not seen.whole:
        return inconclusive(f"{seen.url} answered more than {LONGEST_BODY // 1024} KiB", seen.evidence())
    return _by_json(seen, params)


def _by_json(seen: Seen, params: HttpProbe) -> Verdict:
    try:
        content: Json = json.loads(seen.body)
    except (ValueError, RecursionError):
        return failed(f"{seen.url} did not answer JSON", seen.evidence())
    wrong = [*differences(params.json_subset, content), *_missing(content, params)]
    if wrong:
        return failed(f"{seen.url}: {'; '.join(wrong)}", seen.evidence())
    return passed(f"{seen.url} answered {seen.status} as expected in {seen.milliseconds} ms", seen.evidence())


def differences(expected: object, content: object, path: str = "") -> list[str]:
    """Where the content does not hold what is expected. Objects may hold more; everything else must be equal."""
    if isinstance(expected, Mapping) and isinstance(content, Mapping):
        return [
            line
            for key, value in expected.items()
            for line in differences(value, content.get(key, _ABSENT), f"{path}.{key}" if path else key)
        ]
    if type(expected) is type(content) and expected == content:
        return []
    return [f"{path or 'the answer'} is {_shown(content)}, not {_shown(expected)}"]


class _Absent:
    """What stands where the content has no such key."""


_ABSENT = _Absent()


def _shown(value: object) -> str:
    return "absent" if value is _ABSENT else json.dumps(value, default=str)[:80]


def _missing(content: Json, params: HttpProbe) -> list[str]:
    place: Json = content
    for step in params.at.split(".") if params.at else ():
        place = place.get(step) if isinstance(place, dict) else None
    keys = place if isinstance(place, dict) else {}
    where = f" under {params.at}" if params.at else ""
    return [f"no {key}{where}" for key in params.json_has_keys if key not in keys]
