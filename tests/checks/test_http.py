"""http.probe against the Drop app of the sandbox, and against answers that it would not give."""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from checklist.kinds import HttpProbe
from checklist.marks import Outcome, Verdict
from checks.http import HttpChecks, differences
from checks.origins import Origins
from tests.fly.servers import Fly, Naps, Odd, hangs_up, says


async def probe(http: httpx.AsyncClient, naps: Naps, base: str, path: str = "/api/health", **params: object) -> Verdict:
    checks = HttpChecks(http, Origins([base]), sleep=naps)
    return await checks.probe(HttpProbe.model_validate({"kind": "http.probe", "url": f"{base}{path}", **params}))


async def test_a_healthy_app_passes_with_what_it_said_as_evidence(fly: Fly) -> None:
    verdict = await probe(
        fly.http, fly.naps, f"{fly.base}/production", json={"status": "ok", "db": "connected", "version": "0.4.2"}
    )

    assert verdict.outcome is Outcome.PASSED
    body = str(verdict.evidence["body"])
    assert '"status": "ok"' in body
    assert verdict.evidence["body_sha256"] == hashlib.sha256(body.encode()).hexdigest()
    assert verdict.evidence["status"] == 200
    assert verdict.evidence["url"] == f"{fly.base}/production/api/health"
    assert isinstance(verdict.evidence["latency_ms"], int)


async def test_a_sick_app_fails(fly: Fly) -> None:
    fly.faults.switch("unhealthy-app", on=True)

    verdict = await probe(fly.http, fly.naps, f"{fly.base}/production", json={"status": "ok"})

    assert verdict.outcome is Outcome.FAILED
    assert "answered 503, not 200" in verdict.reason


async def test_another_version_fails_and_the_reason_shows_both(fly: Fly) -> None:
    verdict = await probe(fly.http, fly.naps, f"{fly.base}/production", json={"version": "0.5.0"})

    assert verdict.outcome is Outcome.FAILED
    assert 'version is "0.4.2", not "0.5.0"' in verdict.reason


@pytest.mark.parametrize(("keys", "outcome"), [(["RSD", "PKR"], Outcome.PASSED), (["RSD", "USD"], Outcome.FAILED)])
async def test_keys_are_looked_for_where_the_check_says(fly: Fly, keys: list[str], outcome: Outcome) -> None:
    verdict = await probe(fly.http, fly.naps, f"{fly.base}/staging", "/api/rates", json_has_keys=keys, at="rates")

    assert verdict.outcome is outcome
    assert ("no USD under rates" in verdict.reason) == (outcome is Outcome.FAILED)


async def test_an_app_that_cannot_be_reached_is_inconclusive_and_named(http: httpx.AsyncClient, naps: Naps) -> None:
    verdict = await probe(http, naps, "http://127.0.0.1:1")

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.evidence["system"] == "http://127.0.0.1:1/api/health"


async def test_an_app_that_hangs_up_is_inconclusive(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(hangs_up)

    assert (await probe(http, naps, odd.base)).outcome is Outcome.INCONCLUSIVE


async def test_an_app_that_never_finishes_its_answer_is_inconclusive(
    odd: Odd, http: httpx.AsyncClient, naps: Naps
) -> None:
    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(20):
            await response.write(b".")
            await asyncio.sleep(0.005)
        return response

    odd.answer(drips)

    verdict = await probe(http, naps, odd.base, timeout=timedelta(seconds=0.03))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "no answer in 0.03 s" in verdict.reason


async def test_another_origin_is_never_asked(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    checks = HttpChecks(http, Origins(["https://getdrop.no"]), sleep=naps)

    verdict = await checks.probe(HttpProbe(url=f"{odd.base}/api/health"))

    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason.startswith("not a configured origin")
    assert odd.requests == []


async def test_a_redirect_fails_and_is_not_followed(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(says(status=302, Location="http://169.254.169.254/"))

    verdict = await probe(http, naps, odd.base)

    assert verdict.outcome is Outcome.FAILED
    assert "302, not 200, and redirects are not followed" in verdict.reason
    assert len(odd.requests) == 1


async def test_no_more_than_64_kib_are_read(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(says('{"status":"ok","more":"' + "x" * 200_000 + '"}'))

    whole = await probe(http, naps, odd.base)
    judged = await probe(http, naps, odd.base, json={"status": "ok"})

    assert whole.outcome is Outcome.PASSED
    assert len(str(whole.evidence["body"])) == 512
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert "more than 64 KiB" in judged.reason


async def test_an_answer_without_an_end_is_left_after_64_kib(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    async def pours(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await response.write(b"." * 4096)
        return response

    odd.answer(pours)

    assert (await probe(http, naps, odd.base, timeout=timedelta(seconds=2))).outcome is Outcome.PASSED


async def test_an_answer_is_asked_for_uncompressed(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(says())

    await probe(http, naps, odd.base)

    assert odd.requests[0].headers["Accept-Encoding"] == "identity"
    assert "Authorization" not in odd.requests[0].headers


@pytest.mark.parametrize("body", ["", "ok", "<html>", "{", "[" * 10_000])
async def test_what_is_not_json_fails_where_json_is_asked_for(
    odd: Odd, http: httpx.AsyncClient, naps: Naps, body: str
) -> None:
    odd.answer(says(body))

    verdict = await probe(http, naps, odd.base, json={"status": "ok"})

    assert verdict.outcome is Outcome.FAILED
    assert "did not answer JSON" in verdict.reason


async def test_the_first_pass_of_several_tries_counts(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(says(status=503), hangs_up, says("{}"), says(status=500))

    verdict = await probe(http, naps, odd.base, tries=5)

    assert verdict.outcome is Outcome.PASSED
    assert len(odd.requests) == 3
    assert naps.taken == [1.0, 1.0]


async def test_after_the_last_try_the_last_answer_counts(odd: Odd, http: httpx.AsyncClient, naps: Naps) -> None:
    odd.answer(hangs_up, says(status=500))

    verdict = await probe(http, naps, odd.base, tries=2)

    assert verdict.outcome is Outcome.FAILED
    assert len(odd.requests) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_everything_holds_itself(value: JsonValue) -> None:
    assert differences(value, value) == []


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3), st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_more_than_was_expected_is_no_difference(
    expected: Mapping[str, JsonValue], more: Mapping[str, JsonValue]
) -> None:
    assert differences(expected, {**more, **expected}) == []


@pytest.mark.parametrize(
    ("expected", "content"),
    [(1, True), (0, False), ("1", 1), (None, False), ([1], [1, 2]), ({"a": None}, {}), ({}, []), ({"a": {}}, {"a": 1})],
)
def test_what_only_looks_alike_is_a_difference(expected: object, content: object) -> None:
    assert differences(expected, content)
