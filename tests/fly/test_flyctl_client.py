"""What flyctl and fly-go ask of calls, under the names of their tests: what is sent again, and as whom."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext

import httpx
import pytest

from checklist.errors import Ambiguous, Outage
from checklist.record import Json
from checklist.words import MachineId
from fly.errors import unanswered
from fly.fleet import FlyFleet
from fly.tokens import authorization, password
from tests.fly.servers import Handler, Naps, Odd, fleet_at, hangs_up, releases_at, says

APP, ID = "drop-app", MachineId("148e21ea7d0089")
MACHINE = '{"id":"148e21ea7d0089","instance_id":"01A","state":"started","config":{"guest":{}},"image_ref":{}}'


def ends(*, well: bool) -> AbstractContextManager[object]:
    return nullcontext() if well else pytest.raises(Outage)


# The Go row, the answer to the first call, how often it is asked then, and whether it ends well.
ANSWERS = {
    "nil is not retryable": (says("{}"), 1, True),
    "flaps 408 is retryable": (says(status=408), 2, True),
    "flaps 429 is retryable": (says(status=429), 2, True),
    "flaps 502 is retryable": (says(status=502), 2, True),
    "flaps 503 is retryable": (says(status=503), 2, True),
    "flaps 400 is not retryable": (says(status=400), 1, False),
    "flaps 404 is not retryable": (says(status=404), 1, False),
    "connection reset is retryable": (hangs_up, 2, True),
    "unrelated error is not retryable": (says("machine is misconfigured", status=422), 1, False),
}


@pytest.mark.parametrize("row", ANSWERS)
async def test_what_may_come_twice_is_sent_again_only_after_what_passes(odd: Odd, oddly: FlyFleet, row: str) -> None:
    """TestIsTransientFlapsError."""
    first, asked, well = ANSWERS[row]
    odd.answer(first, says("{}"))

    with ends(well=well):
        await oddly.cordon(APP, ID, nonce="")

    assert len(odd.requests) == asked


async def test_a_call_that_is_broken_off_is_not_sent_again(odd: Odd, http: httpx.AsyncClient) -> None:
    """TestIsTransientFlapsError/context canceled is not retryable."""

    class Cancelled(Naps):
        async def __call__(self, seconds: float) -> None:
            raise asyncio.CancelledError

    odd.answer(says(status=503))

    with pytest.raises(asyncio.CancelledError):
        await fleet_at(odd.base, http, Cancelled()).cordon(APP, ID, nonce="")

    assert len(odd.requests) == 1


# The Go row, what httpx says, and whether that is certain not to have arrived.
LOST: dict[str, tuple[httpx.HTTPError, bool]] = {
    "connection reset matches": (httpx.ReadError("Connection reset by peer"), False),
    "connection refused matches": (httpx.ConnectError("connection refused"), True),
    "network unreachable matches": (httpx.ConnectError("network is unreachable"), True),
    "no such host matches": (httpx.ConnectError("no such host"), True),
    "eof matches": (httpx.RemoteProtocolError("Server disconnected without sending a response."), False),
    "context deadline exceeded": (httpx.ReadTimeout("read"), False),
}


@pytest.mark.parametrize("row", LOST)
def test_an_answer_that_was_lost_is_told_from_a_call_that_never_left(row: str) -> None:
    """TestHasTransientNetworkSubstring: by the kind of the error, and never by its words."""
    error, never_left = LOST[row]

    assert isinstance(unanswered(error, changes=True), Ambiguous) is not never_left
    assert unanswered(error, changes=False).retry


Asks = Callable[[FlyFleet], Awaitable[object]]


async def reads(fleet: FlyFleet) -> object:
    return await fleet.machine(APP, ID)


async def changes(fleet: FlyFleet) -> object:
    config: dict[str, Json] = {"image": "registry.fly.io/drop-app:v4", "guest": {"cpus": 1}}
    return await fleet.update(APP, ID, config=config, current_version="01A", nonce="", launch=True)


# The Go test, what is asked, what is answered, how often it is asked then, and whether it ends well.
RESETS: dict[str, tuple[Asks, tuple[Handler, ...], int, bool]] = {
    "TestFlaps_GetRetriesOnConnReset": (reads, (hangs_up, hangs_up, says(MACHINE)), 3, True),
    "TestFlaps_GetGivesUpAfterMaxRetries": (reads, (hangs_up,), 3, False),
    "TestFlaps_PostDoesNotRetry": (changes, (hangs_up, says(MACHINE)), 1, False),
    "TestFlaps_GetDoesNotRetryNonConnReset": (reads, (says(status=500), says(MACHINE)), 1, False),
}


@pytest.mark.parametrize("go_test", RESETS)
async def test_a_read_is_repeated_when_the_connection_is_cut_and_a_change_is_not(
    odd: Odd, oddly: FlyFleet, go_test: str
) -> None:
    asks, answers, asked, well = RESETS[go_test]
    odd.answer(*answers)

    with ends(well=well):
        await asks(oddly)

    assert len(odd.requests) == asked


DATA = '{"data":{"app":{"id":"a1","currentRelease":null}}}'
# The Go test, whether it is a query, what is answered, how often it is asked then, and whether it ends well.
GRAPHQL: dict[str, tuple[bool, tuple[Handler, ...], int, bool]] = {
    "TestRunWithContext_RetriesQueryOnConnReset": (True, (hangs_up, hangs_up, says(DATA)), 3, True),
    "TestRunWithContext_GivesUpAfterMaxRetries": (True, (hangs_up,), 3, False),
    "TestRunWithContext_DoesNotRetryMutation": (False, (hangs_up, says(DATA)), 1, False),
    "TestRunWithContext_DoesNotRetryNonConnReset": (True, (says(status=500), says(DATA)), 1, False),
    "TestGenqlient_RetriesQueryOnConnReset": (True, (hangs_up, says(DATA)), 2, True),
    "TestGenqlient_DoesNotRetryMutation": (False, (hangs_up,), 1, False),
}


@pytest.mark.parametrize("go_test", GRAPHQL)
async def test_a_query_is_repeated_when_the_connection_is_cut_and_a_mutation_is_not(
    odd: Odd, http: httpx.AsyncClient, naps: Naps, go_test: str
) -> None:
    is_query, answers, asked, well = GRAPHQL[go_test]
    graphql = releases_at(odd.base, http, naps).graphql
    odd.answer(*answers)

    with ends(well=well):
        await (graphql.query if is_query else graphql.mutate)("whatever", "{ app { id } }", {})

    assert len(odd.requests) == asked


async def test_each_app_has_its_own_cookie(odd: Odd, oddly: FlyFleet) -> None:
    """TestFlapsClientPersistsPathScopedCookiesPerApp, TestNewWithOptionsSetsCookieJar."""
    for app in ("app-a", "app-b"):
        odd.answer(says(MACHINE, Set_Cookie=f"fly_flaps_affinity=node-of-{app}; Path=/v1/apps/{app}"))
        await oddly.machine(app, ID)
    for app in ("app-a", "app-b"):
        await oddly.machine(app, ID)

    assert [one.headers.get("Cookie", "") for one in odd.requests] == [
        "",
        "",
        "fly_flaps_affinity=node-of-app-a",
        "fly_flaps_affinity=node-of-app-b",
    ]


# Where flyctl sends a user's token beside the macaroons, to GraphQL, ours goes with the macaroons alone.
TOKENS = [
    ("foobar", "foobar"),
    ("Bearer foobar", "foobar"),
    ("FlyV1 foobar", "foobar"),
    ("Bearer FlyV1 foobar", "foobar"),
    ("FlyV1 Bearer foobar", "foobar"),
    ("BEARER FLYV1 foobar", "foobar"),
    ("fm2_foobar,foobar", "fm2_foobar"),
    ("foobar,fm2_foobar", "fm2_foobar"),
    ("fm2_foobar", "fm2_foobar"),
]


@pytest.mark.parametrize(("pasted", "token"), TOKENS)
def test_a_token_is_taken_without_its_scheme_however_it_is_spelled(pasted: str, token: str) -> None:
    """TestAuthorizationHeader."""
    assert password(pasted) == token
    assert authorization(pasted) == f"{'FlyV1' if token.startswith('fm2_') else 'Bearer'} {token}"
