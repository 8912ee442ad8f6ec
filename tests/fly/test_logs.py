"""Logs of an app: read page by page from a moment on, and known to be all or not."""

import json
from datetime import UTC, datetime, timedelta

import httpx

from fly.logs import MOST_PAGES_OF_AN_APP, FlyLogs
from fly.pacing import Pacing
from tests.fly.servers import READ_TOKEN, Fly, Naps, Odd, says

SINCE = datetime(2026, 11, 26, 1, 14, 3, 250_000, tzinfo=UTC)


def page(number: int, *messages: str) -> str:
    lines = [{"attributes": {"message": text, "level": "info", "instance": "1"}} for text in messages]
    return json.dumps({"data": lines, "meta": {"next_token": str(number)}})


def logs_at(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> FlyLogs:
    return FlyLogs(http, base_url=odd.base, token=READ_TOKEN, pacing=Pacing(sleep=naps))


async def test_every_page_is_read_until_there_is_nothing_more(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(says(page(1, "a", "b")), says(page(2, "c")), says(page(2)))

    heard = await logs_at(odd, http, naps).heard("drop-app", since=SINCE)

    assert ([line.message for line in heard.lines], heard.whole) == (["a", "b", "c"], True)
    assert [request.query.get("next_token") for request in odd.requests] == ["1795655643250000000", "1", "2"]
    assert "instance" not in odd.requests[0].query


async def test_a_log_that_never_ends_is_left_and_said_to_be_cut(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(*(says(page(number, "again")) for number in range(MOST_PAGES_OF_AN_APP + 5)))

    heard = await logs_at(odd, http, naps).heard("drop-app", since=SINCE)

    assert (len(heard.lines), heard.whole) == (MOST_PAGES_OF_AN_APP, False)


async def test_more_lines_than_a_page_has_are_all_read_with_their_level_and_machine(fly: Fly) -> None:
    began = fly.clock.now()
    runtime = fly.platform.apps["drop-app"].runtime
    for number in range(250):
        at = (began + timedelta(milliseconds=number + 1)).isoformat()
        line = {"timestamp": at, "message": f"line {number}", "level": "error", "instance": "9", "region": "arn"}
        runtime.log_lines.append(line)

    heard = await fly.logs.heard("drop-app", since=began)

    assert [line.message for line in heard.lines] == [f"line {number}" for number in range(250)]
    assert {(line.level, line.machine) for line in heard.lines} == {("error", "9")}
    assert heard.whole
