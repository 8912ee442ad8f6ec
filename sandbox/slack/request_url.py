"""Signed HTTP: deliveries to the app's Request URL (Slack: Verifying requests from Slack, Events API)."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Coroutine, Mapping, Sequence
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import aiohttp

from sandbox.slack.link import NotConnected
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace

_ACK_SECONDS = 3.0
_EVENT_RETRY_SECONDS = (0.0, 60.0, 300.0)
_LOOK_AGAIN_SECONDS = 0.1
_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_HTTP_TIMEOUT, _NO_CONNECTION, _HTTP_ERROR = "http_timeout", "connection_failed", "http_error"


class Undelivered(Exception):
    """The app did not answer as it should; the word is Slack's for the reason."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again  # whether the app would like to be asked again


class RequestUrl:
    """POSTs to one URL, each signed. Commands and interactions are sent once, events up to four times."""

    def __init__(
        self,
        workspace: Workspace,
        url: str,
        secret: str,
        *,
        patience: float = _ACK_SECONDS,
        retries: Sequence[float] = _EVENT_RETRY_SECONDS,
    ) -> None:
        self._workspace = workspace
        self._url = url
        self._secret = secret
        self.patience = patience  # seconds that an ack may take
        self.retries = retries  # seconds before each further try of an event
        self._verified = False
        self._reachable = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession

    @property
    def connections(self) -> int:
        """1 while the app's URL is verified and something listens there."""
        return int(self._verified and self._reachable)

    async def open(self) -> None:
        """Begin to look whether the app is there, and have its URL verified as soon as it is."""
        self._session = aiohttp.ClientSession(headers={"User-Agent": _AGENT})
        self._begin(self._watch())

    async def deliver(self, kind: str, payload: Object) -> Object | None:
        """One request: what the answer says, or None after 3 seconds. Raises NotConnected when it was no answer."""
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        entry = self._workspace.record("deliver", kind, {"payload": payload})
        try:
            return await self._post(urlencode(form), _FORM, entry)
        except Undelivered as failed:
            if failed.reason == _HTTP_TIMEOUT:
                return None
            raise NotConnected from failed

    def send_event(self, event: Object) -> None:
        """Tell the app what happened; an event is sent again when it is not acked."""
        self._begin(self._send_event(event))

    def break_off(self) -> None:
        """From now on nobody listens, until somebody is seen there again."""
        self._reachable = False

    async def close(self) -> None:
        """End, and forget the events still to be sent."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    def _begin(self, work: Coroutine[object, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        """Until cancelled: the platform itself would not look, but whoever plays here waits for the app."""
        while True:
            self._reachable = await self._listens()
            if self._reachable and not self._verified:
                await self._verify()
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _listens(self) -> bool:
        where = urlsplit(self._url)
        try:
            _, writer = await asyncio.open_connection(where.hostname, where.port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return True

    async def _verify(self) -> None:
        """Nothing is delivered to a URL that has not echoed a challenge (Slack: url_verification)."""
        challenge = secrets.token_hex(16)
        asked = {"type": "url_verification", "token": "legacy", "challenge": challenge}
        with contextlib.suppress(Undelivered):
            answer = await self._post(json.dumps(asked), _JSON, {})
            self._verified = challenge in (answer.get("challenge"), answer.get("text"))

    async def _send_event(self, event: Object) -> None:
        retry: dict[str, str] = {}
        for attempt, pause in enumerate((0.0, *self.retries)):
            await asyncio.sleep(pause)
            entry = self._workspace.record("deliver", "events_api", {"payload": event, "headers": retry})
            try:
                await self._post(json.dumps(event), _JSON, entry, retry)
            except Undelivered as failed:
                if not failed.again:
                    return
                retry = {"X-Slack-Retry-Num": str(attempt + 1), "X-Slack-Retry-Reason": failed.reason}
            else:
                return

    async def _post(self, body: str, kind: str, entry: Object, more: Mapping[str, str] | None = None) -> Object:
        """The answer as an object; a plain text is its `text`. Raises Undelivered."""
        data = body.encode()
        headers = signed(data, self._secret, int(time.time())) | {"Content-Type": kind} | dict(more or {})
        try:
            async with (
                asyncio.timeout(self.patience),
                self._session.post(self._url, data=data, headers=headers, allow_redirects=False) as response,
            ):
                entry["status"] = response.status
                entry["response"] = answer = _understood(response, await response.text())
                return answer
        except TimeoutError as error:
            raise Undelivered(_HTTP_TIMEOUT) from error
        except aiohttp.ClientError as error:
            entry["status"] = _NO_CONNECTION  # the person is told at once, as by Slack
            raise Undelivered(_NO_CONNECTION) from error


def signed(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """The two headers by which the app knows Slack (Slack: Verifying requests from Slack)."""
    basis = b"v0:%d:%b" % (timestamp, body)
    signature = hmac.new(secret.encode(), basis, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={signature}"}


def _understood(response: aiohttp.ClientResponse, text: str) -> Object:
    if response.status != HTTPStatus.OK:
        raise Undelivered(_HTTP_ERROR, again=response.headers.get("X-Slack-No-Retry") != "1")
    if not text:
        return {}
    if response.content_type != _JSON:
        return {"text": text}
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise Undelivered(_HTTP_ERROR) from error
    return answer if isinstance(answer, dict) else {}
