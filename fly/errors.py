"""What an answer of Fly's, or its absence, means: an outage, a conflict, or a change whose fate is unknown."""

import re

import httpx

from checklist.errors import Ambiguous, Conflict, Gone, Outage

SYSTEM = "Fly"
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_CUT = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)
_TOKEN = re.compile(r"(fm1r|fm1a|fm2|fo1)_[\w+/=.-]+")
_MOST = 300  # characters of an answer that are worth repeating


class Momentary(Outage):
    """Over in a moment: a read may be asked again at once, or `after` this many seconds."""

    def __init__(self, system: str, advice: str, *, after: float | None = None) -> None:
        super().__init__(system, advice, retry=True)
        self.after = after


def unanswered(error: httpx.HTTPError, *, changes: bool, system: str = SYSTEM) -> Outage:
    """No answer came. What was never sent did not happen; a change that was sent may have."""
    if isinstance(error, _NOT_SENT):
        return Momentary(system, f"could not be reached: {_named(error)}")
    if changes:
        return Ambiguous(system, f"the answer was lost: {_named(error)}")
    if isinstance(error, _CUT):
        return Momentary(system, f"the connection was cut: {_named(error)}")
    return Outage(system, f"did not answer in time: {_named(error)}", retry=True)


def refused(response: httpx.Response, *, changes: bool, system: str = SYSTEM) -> Outage:
    """An answer that is not the one asked for."""
    status, advice = response.status_code, _told(response)
    if status in {401, 403}:
        return Outage(system, f"token rejected: {advice}")
    if status in {409, 412}:
        return Conflict(system, advice)
    if status == 404:
        return Gone(system, advice)
    if status == 429:
        return Momentary(system, advice, after=_seconds(response.headers.get("retry-after", "")))
    if status == 408 or status >= 500 or status < 400:
        return _undecided(status, advice, changes=changes, system=system)
    return Outage(system, advice)


def garbled(response: httpx.Response, *, changes: bool, system: str = SYSTEM) -> Outage:
    """The answer was a success, but cannot be read."""
    advice = f"the answer cannot be understood: {_told(response)}"
    return Ambiguous(system, advice) if changes else Outage(system, advice, retry=True)


def _undecided(status: int, advice: str, *, changes: bool, system: str) -> Outage:
    if changes:
        return Ambiguous(system, advice)
    if status in {502, 503}:
        return Momentary(system, advice)
    return Outage(system, advice, retry=True)


def _told(response: httpx.Response) -> str:
    """Status, Fly's own words without any token, and the number under which Fly finds the request."""
    words = _without_tokens(_words(response)).strip()[:_MOST]
    number = response.headers.get("fly-request-id", "")
    return f"{response.status_code}" + (f" {words}" if words else "") + (f" (request {number})" if number else "")


def _words(response: httpx.Response) -> str:
    """`message`, else `error`, else the bare text (fly-go flaps.go `handleAPIError`)."""
    try:
        content = response.json()
    except ValueError:
        return response.text
    if not isinstance(content, dict):
        return response.text
    return str(content.get("message") or content.get("error") or response.text)


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,4}(\.\d+)?", text) else None


def _named(error: httpx.HTTPError) -> str:
    return _without_tokens(f"{type(error).__name__} {error}".strip())


def _without_tokens(text: str) -> str:
    return _TOKEN.sub(r"\1_…", text)
